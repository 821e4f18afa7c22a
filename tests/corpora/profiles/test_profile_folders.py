from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duologue.corpora.profiles.experiment_folder import read_experiment
from duologue.corpora.profiles.folder import read_profiles, write_profile_text
from duologue.corpora.profiles.pairing import Pairing, paired
from duologue.corpora.profiles.profile import Profile, Trait
from duologue.dialogue import Dialogue, Turn
from duologue.errors import InputError


def folder(path: Path, pairs: str | None = None) -> Path:
    write_profile_text(path, "motivations", Trait("venting", "The user wants\nto be heard."))
    write_profile_text(path, "motivations", Trait("curiosity", "The user wants to know."))
    write_profile_text(path, "dispositions", Trait("calm", "The user is slow to anger."))
    write_profile_text(path, "dispositions", Trait("brisk", "The user is in a hurry."))
    if pairs is not None:
        (path / "pairs.yaml").write_text(pairs)
    return path


def test_a_folder_of_texts(tmp_path: Path) -> None:
    found = read_profiles(folder(tmp_path))
    assert [each.name for each in found.motivations] == ["curiosity", "venting"]
    assert found.motivations[1].text == "The user wants to be heard."
    assert [each.name for each in found.pairs] == [
        "curiosity-brisk", "curiosity-calm", "venting-brisk", "venting-calm",
    ]  # fmt: skip


def test_allowed_pairs_and_texts_in_one_file(tmp_path: Path) -> None:
    folder(tmp_path, "venting: [calm]\ncuriosity: [calm, brisk, calm]\n")
    (tmp_path / "dispositions.yaml").write_text("dry: The user jokes without smiling.\n")
    found = read_profiles(tmp_path)
    assert [each.name for each in found.pairs] == ["curiosity-brisk", "curiosity-calm", "venting-calm"]
    assert [each.name for each in found.dispositions] == ["brisk", "calm", "dry"]


@pytest.mark.parametrize(
    ("pairs", "told"),
    [
        ("venting: [rude]\n", "no disposition 'rude'"),
        ("boredom: [calm]\n", "no motivation 'boredom'"),
        ("venting: calm\n", "'venting' has no list of dispositions"),
        ("[venting]\n", "found list"),
        ("venting: [calm\n", "no YAML"),
    ],
)
def test_pairs_that_cannot_be_used(tmp_path: Path, pairs: str, told: str) -> None:
    with pytest.raises(InputError, match=r"pairs\.yaml") as caught:
        read_profiles(folder(tmp_path, pairs))
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_folders_without_what_is_needed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no motivations"):
        read_profiles(tmp_path)
    folder(tmp_path)
    (tmp_path / "dispositions/calm.md").write_text(" \n")
    with pytest.raises(InputError, match="'calm' has no text"):
        read_profiles(tmp_path)


def experiment(root: Path, generate: str = "As {}, because {}: reply to {}", path: str = "") -> Path:
    """The published layout: datasets/inst-templates/expt3, paths relative to notebooks/."""
    here = root / "datasets/inst-templates/expt3"
    for kind in ("motivations", "dispositions"):
        (here / kind).mkdir(parents=True)
    (here / "motivations/distrust.txt").write_text("Wants proof.")
    (here / "dispositions/cynical.txt").write_text("Expects\nthe worst.")
    base = "../datasets/inst-templates/expt3"
    setup = {
        "llm": "some/model",
        "user_profiles": [
            {
                "motivation": "distrust",
                "path": path or f"{base}/motivations/distrust.txt",
                "dispositions": [{"name": "cynical", "path": f"{base}/dispositions/cynical.txt"}],
            }
        ],
    }
    (here / "expt-setup.json").write_text(json.dumps(setup))
    (here / "conv-gen.txt").write_text(generate)
    (here / "conv-restyle.txt").write_text("Casually: {}")
    return here


@pytest.mark.parametrize("notebooks", [True, False])
def test_the_published_experiment_folder(tmp_path: Path, notebooks: bool) -> None:
    here = experiment(tmp_path)
    if notebooks:
        (tmp_path / "notebooks").mkdir()
    found = read_experiment(here)
    assert found.model == "some/model"
    [pair] = found.profiles.pairs
    assert (pair.name, pair.disposition.text) == ("distrust-cynical", "Expects the worst.")
    filled = found.instruction(disposition="D", motivation="M", message="{ok}")
    assert filled == "As D, because M: reply to {ok}"
    assert found.restyle == "Casually: {}"


def test_the_older_template_has_two_slots(tmp_path: Path) -> None:
    found = read_experiment(experiment(tmp_path, "{} replies to {}"))
    assert found.instruction(disposition="D", motivation="M", message="S") == "D replies to S"


@pytest.mark.parametrize(
    ("generate", "told"),
    [
        ("only {}", "expected 2 or 3 slots {}, found 1"),
        ("{} {} {} {} {}", "found 5"),
        ("{} and {", "braces do not match"),
        ("{0.__class__} {1} {2}", "braces do not match"),
    ],
)
def test_templates_that_cannot_be_filled(tmp_path: Path, generate: str, told: str) -> None:
    with pytest.raises(InputError, match=r"conv-gen\.txt") as caught:
        read_experiment(experiment(tmp_path, generate))
    assert told in str(caught.value)


def test_a_profile_text_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no file \.\./gone\.txt"):
        read_experiment(experiment(tmp_path, path="../gone.txt"))


PAIRS = [Profile(Trait(str(number), "m"), Trait("d", "d")) for number in range(5)]


def seeds(count: int) -> list[Dialogue]:
    return [Dialogue(f"s{number}", [Turn("user", "hm")]) for number in range(count)]


@given(st.integers(0, 30), st.sampled_from(["cross", "sample", "balanced"]), st.integers(1, 7), st.integers(0, 3))
def test_pairings(count: int, how: Pairing, each: int, seed: int) -> None:
    found = list(paired(seeds(count), PAIRS, how, each=each, seed=seed))
    share = 5 if how == "cross" else min(each, 5)
    assert [dialogue.id for dialogue, _ in found] == [dialogue.id for dialogue in seeds(count) for _ in range(share)]
    assert len({(dialogue.id, profile.name) for dialogue, profile in found}) == len(found)
    uses = [sum(profile == pair for _, profile in found) for pair in PAIRS]
    if how == "balanced":
        assert max(uses) - min(uses) <= 1
    if how == "sample":  # neither the order nor the number of seeds changes what a seed is paired with
        again = list(paired(reversed(seeds(count)), PAIRS, how, each=each, seed=seed))
        assert sorted((d.id, p.name) for d, p in again) == sorted((d.id, p.name) for d, p in found)
