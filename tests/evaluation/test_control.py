"""Control: recovered where the disposition decides the words, not where labels are shuffled, and never by its name."""

from __future__ import annotations

import asyncio
import math
import random
from collections import Counter

import pytest
from grown_talk import grown

from duologue.dialogue import Dialogue
from duologue.evaluation.control import ABOVE, NOT_ABOVE, cases_of, score_control
from duologue.evaluation.control_judge import judge_control
from duologue.evaluation.held_out import HeldOutClassifier
from duologue.measures.naming import the_one_named
from duologue.prompts.ask import Answer, Sampling
from duologue.prompts.render import render

pytest.importorskip("sklearn")

PHRASES = {
    "amiable": ["thank you so much", "what a lovely idea", "how kind"],
    "cynical": ["nobody ever helps", "they only want money", "nothing will change"],
    "passive": ["if you say so", "maybe", "whatever you think"],
}
NOISE = ["the", "train", "was", "late", "bread", "while", "rained", "old", "bridge", "near", "our", "market"]


def talk(*, tells: bool, seeds: int = 30, seed: int = 1) -> list[Dialogue]:
    """One conversation a seed; its user says phrases of the disposition, or only what everybody says."""
    rng = random.Random(seed)
    found = []
    for number in range(seeds):
        disposition = sorted(PHRASES)[number % 3]
        said = []
        for _ in range(3):
            words = rng.sample(NOISE, 5)
            said += ["And then?", " ".join([*([rng.choice(PHRASES[disposition])] if tells else []), *words])]
        found.append(grown(number, said, disposition=disposition, motivation="venting"))
    return found


def test_what_decides_the_words_is_recovered() -> None:
    score = score_control(talk(tells=True), "disposition", permutations=5)
    assert score.accuracy is not None
    assert score.accuracy.value > 90
    assert score.verdict == ABOVE
    assert (score.conversations, score.seeds, len(score.rows)) == (30, 30, 30)
    assert score.chance["most_frequent"] == pytest.approx(100 / 3)
    assert score.chance["uniform"] == pytest.approx(100 / 3)
    assert score.chance["other_trait"] == pytest.approx(100 / 3)
    assert score.permuted is not None
    assert score.permuted.highest < score.accuracy.value
    assert score.permuted.p == pytest.approx(1 / 6)


def test_figures_are_those_of_the_rows() -> None:
    score = score_control(talk(tells=False), "disposition", permutations=0)
    right = [row for row in score.rows if row.predicted == row.true]
    assert score.accuracy is not None
    assert score.accuracy.value == pytest.approx(100 * len(right) / 30)
    assert all(row.margin is not None and (row.margin > 0) == (row.predicted == row.true) for row in score.rows)
    recalled = Counter(row.true for row in right)
    assert score.recall == pytest.approx({name: 10.0 * recalled[name] for name in PHRASES})
    assert sum(count for row in score.confusion.values() for count in row.values()) == 30
    assert score.confusion["amiable"].get("amiable", 0) == recalled["amiable"]


def test_shuffled_labels_are_not_recovered() -> None:
    dialogues = talk(tells=True, seeds=60)
    facts = [dialogue.facts for dialogue in dialogues]
    random.Random(5).shuffle(facts)
    for dialogue, fact in zip(dialogues, facts, strict=True):
        dialogue.facts = fact
    score = score_control(dialogues, "disposition", permutations=0)
    assert score.accuracy is not None
    assert score.accuracy.interval is not None
    assert score.accuracy.interval.low < 100 / 3 < score.accuracy.interval.high
    assert score.verdict == NOT_ABOVE


def test_a_user_who_only_names_the_profile_shows_nothing() -> None:
    """Name, a word of the text, and other forms of both are removed, in every conversation."""
    dialogues = []
    for number in range(30):
        name, text, said = (
            ("cynical", "The user expects doubts.", "Cynicism! I am cynical, doubting"),
            ("passive", "The user follows.", "Passively I followed. Passive!"),
        )[number % 2]
        dialogues.append(grown(number, ["So?", f"{said} {NOISE[number % 7]}"], disposition=name, text=text))
    score = score_control(dialogues, "disposition", permutations=0)
    told = {word for row in score.rows for words in row.evidence for word in words.split()}
    assert not told & {"cynicism", "cynical", "doubting", "passively", "passive", "followed"}


def test_no_model_has_seen_the_seed_it_is_tested_on() -> None:
    """Each seed has a word of its own that decides the label: of no use for other seeds."""
    texts, labels, groups = [], [], []
    for number in range(40):
        for _ in range(3):
            texts.append(f"zz{number:02d}qq")
            labels.append("ab"[number % 2])
            groups.append(f"s{number}")
    classifier = HeldOutClassifier(texts, labels, groups)
    for fold in classifier._folds:
        assert not {groups[at] for at in fold.train} & {groups[at] for at in fold.test}
    tested = sorted(at for fold in classifier._folds for at in fold.test)
    assert tested == list(range(120))


def test_true_labels_give_the_same_accuracy_as_the_rows() -> None:
    """Shuffled labels are tried on rotated features, which must change nothing."""
    cases = cases_of(talk(tells=True, seeds=40, seed=3), "disposition")
    labels = [case.label if at % 3 else "passive" for at, case in enumerate(cases)]
    classifier = HeldOutClassifier([case.text for case in cases], labels, [case.seed for case in cases])
    right = sum(found.predicted == label for found, label in zip(classifier.predict(), labels, strict=True))
    assert 40 < 100 * right / 40 < 100
    assert classifier.accuracy(classifier.labels) == 100 * right / 40


def test_too_few_conversations_get_no_figure() -> None:
    score = score_control(talk(tells=True, seeds=9), "disposition")
    assert score.accuracy is None
    assert score.verdict.startswith("too few conversations: of 9 seeds")
    assert score.permuted is None
    one_label = score_control(talk(tells=True), "motivation")
    assert one_label.verdict == "too few conversations: fewer than two labels with at least 5 seeds"
    nothing = score_control([], "motivation")
    assert math.isnan(nothing.chance["uniform"])


def test_the_first_message_does_not_count() -> None:
    dialogues = talk(tells=False)
    for dialogue in dialogues:
        dialogue.turns[0].text = f"I feel {dialogue.facts['disposition']['name'][::-1]}"
    before = score_control(talk(tells=False), "disposition", permutations=0)
    assert score_control(dialogues, "disposition", permutations=0) == before


def test_the_order_of_dialogues_changes_nothing() -> None:
    dialogues = talk(tells=True)
    turned = random.Random(0).sample(dialogues, len(dialogues))
    ours = score_control(dialogues, "disposition", permutations=2)
    assert score_control(turned, "disposition", permutations=2) == ours


class Reader:
    """Answers as a judge who knows one phrase of each disposition."""

    def __init__(self) -> None:
        self.prompts: list[str] = []

    async def __call__(
        self, prompt: str, *, role: str = "", draw: int = 0, sampling: Sampling | None = None, **fields: object
    ) -> Answer:
        text = render(prompt, **fields)[-1].content
        self.prompts.append(text)
        said = text.partition("\n\n")[0]
        guesses = [name for name, phrases in PHRASES.items() if any(phrase in said for phrase in phrases)]
        return Answer(f"{guesses[0].title()}." if guesses else "Hard to say.", "key", "stop")


def test_a_judge_names_the_profile() -> None:
    dialogues = [*talk(tells=True, seeds=12), *talk(tells=False, seeds=24)[12:]]
    reader = Reader()
    score = asyncio.run(judge_control(dialogues, "disposition", lambda _: reader, by="reader"))
    assert score.by == "reader"
    assert score.accuracy is not None
    assert score.accuracy.value == 50.0
    assert score.confusion["passive"] == {"": 4, "passive": 4}
    assert all("SocBot: And then?" in prompt for prompt in reader.prompts)
    firsts = {prompt.partition("react?\n")[2].partition(":")[0] for prompt in reader.prompts}
    assert firsts == set(PHRASES)  # no profile always stands first


def test_an_answer_with_several_names_is_none() -> None:
    assert the_one_named("Sarcastic, I think", ["sarcastic", "passive"]) == "sarcastic"
    assert the_one_named("sarcastic or passive", ["sarcastic", "passive"]) is None
    assert the_one_named("passively", ["sarcastic", "passive"]) is None
