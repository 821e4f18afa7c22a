"""ConvoGen's folder; its files are typed from the published layout, no real one is here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duologue.corpora import formats
from duologue.corpora.convogen import read, write
from duologue.dialogue import Dialogue, Origin, Problem, Speaker, Turn, check
from duologue.errors import InputError

PLAIN = {
    "tweet_id": 1203,
    "disposition": "Expects the worst.",
    "motivation": "Wants proof.",
    "tweet": "they closed the old mill",
    "conv": "User: They closed the old mill!\n\nSocBot: Who told you?\n\nUser (sighs): Everybody.\n\n"
    "SocBot: And *who* first?",
}
STYLED = {
    "tweet_id": 1203,
    "restyled_conv": "User: they closed the mill\n\nSocBot: who says??\n\nUser: everyone smh\n\nSocBot: & who first",
}


def folder(root: Path, plain: object = PLAIN, styled: object = STYLED) -> Path:
    for name, value in (("conversations", plain), ("restyled-conversations", styled)):
        (root / name).mkdir()
        (root / name / "6f2a.json").write_text(json.dumps(value))
    return root


def native(root: Path) -> dict[str, object]:
    return {str(path.relative_to(root)): json.loads(path.read_text()) for path in sorted(root.rglob("*.json"))}


def test_a_folder_is_read_and_written_back_equal(tmp_path: Path) -> None:
    source = folder(tmp_path)
    plain, styled = formats.read(source, "convogen")
    assert [turn.text for turn in plain.turns] == [
        "they closed the old mill", "Who told you?", "Everybody.", "And *who* first?",
    ]  # fmt: skip
    assert plain.turns[0].source == ("1203", 0)
    assert plain.turns[2].labels == {"notes": ["sighs"]}
    assert plain.facts["motivation"] == {"name": "", "text": "Wants proof."}
    assert styled.origin is not None
    assert styled.origin.parent == plain.id == "6f2a"
    assert [turn.source for turn in styled.turns] == [("6f2a", at) for at in range(4)]
    assert [problem for each in (plain, styled) for problem in check(each)] == []
    assert [each.id for each in formats.read(source, "convogen", restyled=False)] == [plain.id]
    assert formats.write(tmp_path / "again", [plain, styled], "convogen") == 2
    assert native(tmp_path / "again") == {
        "conversations/6f2a.json": PLAIN, "restyled-conversations/6f2a.json": STYLED,
    }  # fmt: skip


def test_changed_turns_are_written_and_the_old_text_is_not(tmp_path: Path) -> None:
    plain, _ = read(folder(tmp_path))
    plain.turns[1].text = "Says who?"
    write(tmp_path / "again", [plain])
    [(_, written)] = native(tmp_path / "again").items()
    assert isinstance(written, dict)
    assert "SocBot: Says who?\n\nUser (sighs): Everybody." in written["conv"]


POOL = ("oh", "well", "the", "mill", "is", "closed", "who", "told", "you", "never", "again")
WORDS = st.lists(st.sampled_from(POOL), min_size=1, max_size=9)


@settings(deadline=None, max_examples=40)
@given(st.lists(WORDS.map(" ".join), min_size=2, max_size=9), st.sampled_from(["s1", "a/b c", "d~1f2e3d4c"]))
def test_what_duologue_grew_comes_back(tmp_path_factory: pytest.TempPathFactory, said: list[str], name: str) -> None:
    speakers: list[Speaker] = ["user", "system"] * 5
    turns = [
        Turn(speaker, f"{text}, number {at}.") for at, (speaker, text) in enumerate(zip(speakers, said, strict=False))
    ]
    turns[0].source = ("seed 7", 0)
    facts = {
        "motivation": {"name": "venting", "text": "To be heard."},
        "disposition": {"name": "calm", "text": "Calm."},
    }
    grown = Dialogue(name, turns, facts=facts, roles={"user": "User", "system": "SocBot"})
    styled = Dialogue(
        f"{name}~styled",
        [Turn(turn.speaker, turn.text.lower(), source=(name, at)) for at, turn in enumerate(turns)],
        facts=facts | {"style": "casual"},
        origin=Origin("restyle", parent=name),
    )
    root = tmp_path_factory.mktemp("grown")
    assert write(root, [grown, styled]) == 2
    back, back_styled = read(root)
    assert (back.id, [turn.text for turn in back.turns]) == (name, [turn.text for turn in turns])
    assert back.turns[0].source == ("seed 7", 0)
    assert [turn.text for turn in back_styled.turns] == [turn.text for turn in styled.turns]
    assert [turn.source for turn in back_styled.turns] == [(name, at) for at in range(len(turns))]


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder conversations here"):
        list(read(tmp_path))
    odd = folder(tmp_path, PLAIN | {"conv": "I would rather not."}, {"tweet_id": 1203})
    with pytest.raises(InputError, match="6f2a, conv: no line begins with a speaker's name"):
        list(read(odd))
    problems: list[Problem] = []
    assert list(read(odd, on_problem=problems.append)) == []
    assert [problem.where for problem in problems] == ["conv", "restyled-conversations"]
    assert all(problem.what.endswith("; left out") for problem in problems)


def test_two_dialogues_of_one_name_are_refused(tmp_path: Path) -> None:
    plain, _ = read(folder(tmp_path))
    with pytest.raises(InputError, match=r"two dialogues would be conversations/6f2a\.json"):
        write(tmp_path / "again", [plain, plain])
    with pytest.raises(InputError, match="does not begin with a user's message"):
        write(tmp_path / "other", [Dialogue("x", [Turn("system", "Hello.")])])
