"""Seeds on real messages: read and written back, near-duplicates against all pairs, scrubbing, language."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from duologue.corpora import seeds
from duologue.dialogue import Dialogue, Turn, check
from duologue.measures.near_duplicates import NearDuplicates, Shingles, shingles
from duologue.operators import Skipped
from duologue.operators.scrub import found, scrub
from duologue.operators.seed_filters import SeedOptions, chosen_seeds

SIZES = {"emotion_val": 374, "sentiment_val": 2000}


@pytest.fixture(scope="module")
def messages(data_dir: Path) -> list[str]:
    return [seed.turns[0].text for name in SIZES for seed in seeds.read(data_dir / "seeds" / f"{name}.txt")]


@pytest.mark.parametrize("name", SIZES)
def test_every_message_is_read_and_written_back(data_dir: Path, tmp_path: Path, name: str) -> None:
    source = data_dir / "seeds" / f"{name}.txt"
    read = list(seeds.read(source))
    assert len({seed.id for seed in read}) == SIZES[name]
    assert not [problem for seed in read for problem in check(seed)]
    assert seeds.write(tmp_path / "out.txt", read) == SIZES[name]
    assert (tmp_path / "out.txt").read_bytes() == source.read_bytes()
    said = [(seed.id, seed.turns) for seed in read]
    for kind in ("tsv", "csv.gz", "jsonl.zst", "json", "parquet"):
        seeds.write(tmp_path / f"out.{kind}", read)
        assert [(seed.id, seed.turns) for seed in seeds.read(tmp_path / f"out.{kind}")] == said


def retweeted(text: str, rng: random.Random) -> str:
    """A message as it comes back: cited, cut, with a word gone, another one there, other case or punctuation."""
    words = text.split()
    changes: list[Callable[[], str]] = [
        lambda: f"RT @user: {text}",
        lambda: text[: max(20, len(text) * rng.randint(5, 9) // 10)] + "…",
        lambda: text.replace(",", "").replace("'", "") + "!!",
        lambda: text.lower(),
        lambda: " ".join(word for word in words if rng.random() < 0.9),
        lambda: " ".join(rng.choice(words) if rng.random() < 0.1 else word for word in words),
        lambda: f"{text} #{rng.choice(words)}",
    ]
    return rng.choice(changes)()


def repeated_by_comparing_all(texts: list[str], kind: Shingles, threshold: float) -> set[int]:
    """The numbers of the texts that repeat an earlier one that was kept, with no hashing at all."""
    kept: dict[int, int] = {}  # how many shingles it has
    holding: defaultdict[str, list[int]] = defaultdict(list)
    repeated = set()
    for number, text in enumerate(texts):
        own = shingles(text, kind)
        shared = Counter(other for shingle in own for other in holding[shingle])
        if any(both / (len(own) + kept[other] - both) >= threshold for other, both in shared.items()):
            repeated.add(number)
            continue
        kept[number] = len(own)
        for shingle in own:
            holding[shingle].append(number)
    return repeated


@pytest.mark.parametrize("kind", ["characters", "words"])
def test_near_duplicates_are_those_that_comparing_all_finds(messages: list[str], kind: Shingles) -> None:
    rng = random.Random(11)
    texts = [each for text in messages for each in (text, *(retweeted(text, rng) for _ in range(rng.randint(0, 2))))]
    rng.shuffle(texts)
    for threshold in (0.5, 0.8):
        expected = repeated_by_comparing_all(texts, kind, threshold)
        seen = NearDuplicates(threshold, kind, seed=3)
        got = {number for number, text in enumerate(texts) if seen.add(str(number), text)}
        precision, recall = len(got & expected) / len(got), len(got & expected) / len(expected)
        print(f"{kind} {threshold}: {len(expected)} of {len(texts)}, precision {precision:.4f}, recall {recall:.4f}")
        assert len(expected) > 500
        # A text that was missed is kept, so that it can be repeated in its turn.
        assert precision >= 0.99
        assert recall >= 0.98


def test_the_messages_themselves_hardly_repeat_one_another(messages: list[str]) -> None:
    given = [Dialogue(str(number), [Turn("user", text)]) for number, text in enumerate(messages)]
    made = chosen_seeds(given, SeedOptions(near_duplicates=0.8))
    passed_over = {int(each.id) for each in made if isinstance(each, Skipped)}
    assert passed_over == repeated_by_comparing_all(messages, "characters", 0.8)
    assert len(passed_over) == 2


def test_scrubbing_leaves_no_handle_and_no_link(messages: list[str]) -> None:
    scrubbed = [scrub(text) for text in messages]
    changed = [number for number, text in enumerate(messages) if scrubbed[number] != text]
    assert len(changed) == 28
    assert not [text for text in scrubbed if found(text)]
    # Told without our patterns: an @ belongs to the placeholder, or to a time; nothing looks like a link.
    words = [word for text in scrubbed for word in text.split()]
    with_at = {word for word in words if re.search(r"@\w", word.replace("@user", ""))}
    assert with_at == {"8th@4pm"}
    assert not [word for word in words if "http" in word.lower() or "www." in word.lower()]


def test_nearly_all_messages_are_taken_for_the_english_that_they_are(messages: list[str]) -> None:
    given = [Dialogue(str(number), [Turn("user", text)]) for number, text in enumerate(messages)]
    made = list(chosen_seeds(given, SeedOptions(language="en")))
    skipped = [each for each in made if isinstance(each, Skipped)]
    assert len(skipped) < 0.01 * len(messages)
    foreign = next(each for each in skipped if messages[int(each.id)].startswith('"Kapan sih lo'))
    assert foreign.evidence.startswith("jv")
