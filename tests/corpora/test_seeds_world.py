"""The seeds world: varied, steered by its profiles, held out between splits, casual without loss, the same for all."""

from __future__ import annotations

import random
import re
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duologue.corpora.worlds.names import split_of
from duologue.corpora.worlds.phrases import expand, partition
from duologue.corpora.worlds.seeds import Sample, casual, sample
from duologue.corpora.worlds.seeds.cast import draw_cast, kinds, names, shortened, turned
from duologue.corpora.worlds.seeds.conversation import FUNCTIONS, STAGES
from duologue.corpora.worlds.seeds.message import write_message
from duologue.corpora.worlds.seeds.phrases import DISPOSITIONS, LISTS, load_voice, pools
from duologue.corpora.worlds.seeds.profiles import pairs, paraphrases, shipped, shipped_text
from duologue.corpora.worlds.splits import SPLITS, Split
from duologue.corpora.worlds.voice import fill

SEED = 3
MOTIVATIONS = [trait.name for trait in shipped().motivations]
NAMES = (*MOTIVATIONS, *DISPOSITIONS)


@pytest.fixture(scope="module")
def training() -> list[Sample]:
    return list(sample(2_000, SEED, "train"))


@pytest.fixture(scope="module")
def testing() -> list[Sample]:
    return list(sample(300, SEED, "test"))


def texts(item: Sample) -> list[str]:
    return [item.message, *(line.text for line in item.lines)]


def user_lines(item: Sample) -> list[str]:
    return [line.text for line in item.lines if line.speaker == "user"]


def words(text: str) -> set[str]:
    return {word for word in re.findall(r"[a-z]+", text.lower()) if len(word) > 3}


# What makes the world worth learning from.


def test_conversations_are_distinct(training: list[Sample]) -> None:
    assert len({tuple(texts(item)[1:]) for item in training}) >= 0.99 * len(training)


def test_there_are_more_than_a_million_messages() -> None:
    voice, known, rng, count = load_voice("train"), names(SEED, "train"), random.Random(1), 6_000
    drawn: Counter[str] = Counter()
    for _ in range(count):
        tone = rng.choice(("neg", "pos", "claim"))
        drawn[write_message(rng, voice, draw_cast(rng, known, voice, rng.choice(kinds(tone)), tone))] += 1
    # Chao's lower bound (1984) from those seen once and twice, for the names of one seed alone.
    once, twice = (sum(times == wanted for times in drawn.values()) for wanted in (1, 2))
    least = len(drawn) + once * (once - 1) / (2 * (twice + 1))
    print(f"at least {least:,.0f} messages")
    assert least > 1_000_000


@pytest.mark.slow
@pytest.mark.parametrize(("trait", "least"), [("disposition", 0.8), ("motivation", 0.6)])
def test_the_profile_shows_in_the_users_words(
    training: list[Sample], testing: list[Sample], trait: str, least: float
) -> None:
    text = pytest.importorskip("sklearn.feature_extraction.text")
    linear = pytest.importorskip("sklearn.linear_model")
    told = [name for name in NAMES] + [shipped_text(name) for name in NAMES]
    told += [each for split in SPLITS for own in paraphrases(split).values() for each in own]
    stop = set(re.findall(r"\w+", " ".join(told).lower()))

    def features(item: Sample) -> str:
        return " ".join(w for line in user_lines(item) for w in re.findall(r"\w+", line.lower()) if w not in stop)

    tfidf = text.TfidfVectorizer(sublinear_tf=True)
    known = tfidf.fit_transform(map(features, training[:1_000]))
    model = linear.LogisticRegression(C=10, max_iter=1_000).fit(known, [getattr(s, trait) for s in training[:1_000]])
    guessed = model.predict(tfidf.transform(map(features, testing)))
    right = sum(a == getattr(s, trait) for a, s in zip(guessed, testing, strict=True)) / len(testing)
    print(f"{trait} recovered on the test split: {right:.1%}")
    assert right > least


def delexicalised(item: Sample) -> list[str]:
    """The user's lines with the world's values replaced, so that only the phrases are compared."""
    cast = item.cast
    values = {value.lower() for value in (*cast.details, *cast.facts, *cast.claims, cast.topic, shortened(cast.topic))}
    values |= {value.lower() for value in (*cast.slots.values(), cast.friend, cast.feeling)}
    values |= {turned(value) for value in values}
    pattern = re.compile("|".join(map(re.escape, sorted(values, key=len, reverse=True))))
    return [re.sub(r"\W+", " ", pattern.sub("*", line.lower())) for line in user_lines(item)]


@pytest.mark.slow
def test_few_test_lines_occur_in_training(training: list[Sample], testing: list[Sample]) -> None:
    seen = {line for item in training for line in delexicalised(item)}
    lines = [line for item in testing for line in delexicalised(item)]
    share = sum(line in seen for line in lines) / len(lines)
    print(f"test user lines that training has, values aside: {share:.1%}")
    assert share <= 0.6


def test_the_parties_take_up_each_others_words(training: list[Sample]) -> None:
    taken, possible = 0, 0
    for item in training:
        for before, line in pairwise(item.lines):
            if line.speaker == "system":
                possible += 1
                taken += bool(words(line.text) & (words(before.text) | words(item.message)))
    assert taken / possible > 0.6


def test_socbot_opens_with_the_message(training: list[Sample]) -> None:
    shared = [bool(words(item.lines[0].text) & words(item.message)) for item in training]
    assert sum(shared) / len(shared) > 0.7


# What a conversation looks like.


def test_conversations_alternate_and_end_with_the_user(training: list[Sample]) -> None:
    for item in training:
        speakers = [line.speaker for line in item.lines]
        assert speakers == ["system", "user"] * (len(speakers) // 2)
        assert 3 <= len(speakers) // 2 <= 8
        assert (item.motivation, item.disposition) in pairs()
        assert (item.lines[0].stage, item.lines[-1].stage, item.lines[-1].function) == ("open", "close", "close")


def test_lines_are_clean(training: list[Sample], testing: list[Sample]) -> None:
    for item in (*training, *testing):
        for text in (*texts(item), *item.restyled, item.plan):
            assert not re.search(r"[{}<>|\n\t]|  | [.,?]|\( | \)", text), text
            assert not re.search(r"\b(an? (the|a|my|your)|the the)\b", text.lower()), text
        assert not re.search("|".join(NAMES), " ".join(texts(item)), re.IGNORECASE)


def test_the_same_slice_whoever_asks() -> None:
    assert list(sample(4, SEED, "val", start=3)) == list(sample(9, SEED, "val"))[3:7]
    assert next(sample(1, SEED, "val")).message != next(sample(1, SEED + 1, "val")).message


# Phrases, profiles and names.


def test_pools_are_large_and_partitioned() -> None:
    sizes = {name: len(own) for name, own in pools().items()}
    for name, own in pools().items():
        assert len(own) == len(set(own)), name
        if name not in LISTS and len(own) > 6:
            parts = {split: set(part) for split, part in partition(own).items()}
            for split in ("val", "test"):
                assert parts[split] - set().union(*(parts[other] for other in SPLITS if other != split)), name
    assert min(sizes[f"{name}.{function}"] for name in DISPOSITIONS for function in FUNCTIONS) >= 39
    for stage in STAGES[8]:
        assert sum(sizes[f"{motivation}.{stage}"] for motivation in MOTIVATIONS) >= 60


def test_every_phrase_can_be_filled() -> None:
    slots = "topic detail fact claim feeling person place brand show team dish hobby n day said last"
    values = {slot: slot for slot in slots.split()}
    for name, own in pools().items():
        if name not in LISTS:
            for phrase in own:
                for variant in expand(phrase):
                    assert not re.search(r"[<>{}()|]", fill(variant, values).text), (name, phrase)


def test_profiles_are_told_otherwise_in_each_split() -> None:
    assert sorted({name for pair in pairs() for name in pair}) == sorted(NAMES)
    assert len(pairs()) == len(set(pairs())) > 36
    told = {split: paraphrases(split) for split in SPLITS}
    for name in NAMES:
        own = [set(told[split][name]) for split in SPLITS]
        assert all(own)
        assert len(set.union(*own)) == sum(map(len, own))
        assert shipped_text(name).startswith("The user ")
        assert 2 <= len(re.findall(r"\.(?: |$)", shipped_text(name))) <= 4
        assert name not in " ".join([shipped_text(name), *set.union(*own)]).lower()


@pytest.mark.parametrize("split", SPLITS)
def test_names_belong_to_one_split(split: Split) -> None:
    for item in sample(50, SEED, split):
        assert split_of(item.cast.friend.lower()) == split


# The casual style.


def test_the_casual_version_keeps_names_numbers_and_order(training: list[Sample]) -> None:
    changed = 0
    for item in training:
        assert len(item.restyled) == len(item.lines) + 1
        for text, said in zip(texts(item), item.restyled, strict=True):
            assert len(said) <= 280
            assert re.findall(r"\d+", text) == re.findall(r"\d+", said)
            for name in (item.cast.friend, item.cast.place):
                whole = re.compile(rf"\b{name}\b", re.IGNORECASE)
                assert len(whole.findall(text)) == len(whole.findall(said)), (text, said)
            changed += text != said
    assert changed / sum(len(item.restyled) for item in training) > 0.9


@given(st.text(max_size=600), st.integers(0, 9), st.sampled_from(["", "neg", "pos", "claim"]))
def test_anything_can_be_said_casually(text: str, seed: int, tone: str) -> None:
    said = casual(text, random.Random(seed), tone)
    assert len(said) <= 280
    assert said == casual(text, random.Random(seed), tone)


def test_there_are_several_ways_to_say_it() -> None:
    text = "I do not know what is going on with the people at the office, please tell me because I am tired."
    assert len({casual(text, random.Random(seed)) for seed in range(20)}) > 10
