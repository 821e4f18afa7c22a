"""Filters of seeds: each passes over what it should, says why, and keeps the rest as it was."""

from __future__ import annotations

import builtins
import re
from pathlib import Path
from typing import Annotated, Any

import pytest
from cyclopts import App, Parameter
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from duologue.corpora import seeds
from duologue.dialogue import Dialogue, Turn, check, write
from duologue.errors import InputError, MissingExtra, explain
from duologue.operators import OperatorOptions, Skipped
from duologue.operators.scrub import KINDS
from duologue.operators.seed_filters import SeedOptions, chosen_seeds, scrubbed


def seed(id: str, text: str) -> Dialogue:
    return Dialogue(id, [Turn("user", text)])


SEEDS = [
    seed("a", "@ann_b Rain again, so we stay at home https://t.co/x1"),
    seed("b", "no"),
    seed("c", "@bo Rain again, so we stay at home!"),
    seed("d", "Regen schon wieder, wir bleiben heute zu Hause"),
    seed("e", "The sun came out and nobody believed it would stay out for so long"),
    seed("f", "The sun came out and nobody believed it would stay out for so long"),
]


def chosen(**options: Any) -> dict[str, str]:
    """What becomes of each seed: its text, or why it is passed over."""
    made = chosen_seeds(SEEDS, SeedOptions(**options))
    return {
        each.id: f"{each.reason}: {each.evidence}" if isinstance(each, Skipped) else each.turns[0].text for each in made
    }


def test_without_options_everything_stays_as_it_is() -> None:
    assert list(chosen_seeds(iter(SEEDS), SeedOptions())) == SEEDS


def test_lengths() -> None:
    found = chosen(min_words=2, max_words=9, max_characters=48)
    assert found["b"] == "too short: 1 words"
    assert found["e"] == "too long: 14 words"
    assert found["a"] == "too long: 53 characters"
    assert found["c"] == SEEDS[2].turns[0].text


def test_language_is_told_by_the_prose_alone() -> None:
    found = chosen(language="en")
    assert found.pop("d").startswith("another language: de (")
    assert found == {each.id: each.turns[0].text for each in SEEDS if each.id != "d"}
    assert chosen(language="de")["a"].startswith("another language: en (")


def test_a_near_duplicate_names_the_one_that_it_repeats() -> None:
    assert chosen(near_duplicates=0.95)["f"] == "near-duplicate: repeats e (1.00)"
    assert chosen(near_duplicates=0.95)["c"] == SEEDS[2].turns[0].text
    assert chosen(near_duplicates=0.6, shingles="words", scrub=("handles", "links"))["c"].startswith(
        "near-duplicate: repeats a (0."
    )


def test_only_what_is_kept_can_be_repeated() -> None:
    twice = [seed("a", "so long a message"), seed("b", "so long a message"), seed("c", "short"), seed("d", "short")]
    made = list(chosen_seeds(twice, SeedOptions(min_words=2, near_duplicates=1)))
    reasons = [each.reason if isinstance(each, Skipped) else "kept" for each in made]
    assert reasons == ["kept", "near-duplicate", "too short", "too short"]


def test_of_what_was_scrubbed_nothing_is_left(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("id,text,author\n1,@ann rain,ann\n2,sun,bob\n", "utf-8")
    found = list(chosen_seeds(seeds.read(path), SeedOptions(scrub=("handles",))))
    assert [each.turns[0].text for each in found if isinstance(each, Dialogue)] == ["@user rain", "sun"]
    assert write(tmp_path / "s.jsonl", (each for each in found if isinstance(each, Dialogue))) == 2
    assert not {"ann", "bob"} & set(re.findall(r"\w+", (tmp_path / "s.jsonl").read_text()))
    assert seeds.write(tmp_path / "again.csv", seeds.read(path)) == 2
    assert (tmp_path / "again.csv").read_text("utf-8") == path.read_text("utf-8")


@given(st.text(), st.lists(st.sampled_from(KINDS), unique=True))
def test_scrubbing_changes_a_copy_and_only_once(text: str, kinds: list[Any]) -> None:
    before = seed("a", text)
    after = scrubbed(before, tuple(kinds))
    assert before == seed("a", text)
    assert scrubbed(after, tuple(kinds)) == after
    assert [problem.what for problem in check(after)] == [problem.what for problem in check(before)]


def test_an_empty_seed_is_passed_over() -> None:
    assert list(chosen_seeds([Dialogue("a", []), seed("b", " ")], SeedOptions(scrub=("links",)))) == [
        Skipped("a", "empty"),
        Skipped("b", "empty"),
    ]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"near_duplicates": 1.5}, "near_duplicates: input should be less than or equal to 1, found 1.5"),
        ({"near_duplicates": 0}, "near_duplicates: input should be greater than 0, found 0"),
        ({"scrub": ("names",)}, "scrub.0: input should be 'links', 'emails', 'handles' or 'phones', found 'names'"),
        ({"min_words": 9, "max_words": 3}, "min_words 9 is more than max_words 3"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError) as refused:
        SeedOptions(**options)
    assert explain(refused.value) == told


class GrowOptions(OperatorOptions, SeedOptions):
    """Options of an operator that takes seeds."""


def test_the_options_are_flags_of_an_operator_that_inherits_them() -> None:
    app = App(result_action="return_value")

    @app.default
    def grow(*, options: Annotated[GrowOptions | None, Parameter(name="*")] = None) -> GrowOptions | None:
        return options

    flags = "--scrub links --scrub handles --near-duplicates .8 --language en --min-words 3 --draws 2"
    assert app(flags.split(), exit_on_error=False) == GrowOptions(
        scrub=("links", "handles"), near_duplicates=0.8, language="en", min_words=3, draws=2
    )


def test_unknown_languages_and_missing_packages_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="unknown language 'xx'"):
        chosen(language="xx")
    original = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.startswith(("datasketch", "py3langid")):
            raise ImportError(name)
        return original(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    for options in ({"language": "en"}, {"near_duplicates": 0.8}):
        with pytest.raises(MissingExtra, match=r"pip install 'duologue\[data\]'"):
            chosen(**options)
