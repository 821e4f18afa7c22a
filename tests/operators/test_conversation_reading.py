"""The strict outcome: turns, or the gate that an answer failed with its raw text."""

from __future__ import annotations

import ast

import pytest
from conversation_strategies import SPEAKERS

from duologue.operators.conversation_reading import read_conversation
from duologue.operators.gates import Verdict
from duologue.prompts.ask import Answer

SEED = "The moon is hollow!"
GOOD = "SocBot: Why so?\n\nUser: Everyone says it.\n\nSocBot: Who is everyone?\n\nUser: My aunt *shrugs*"


def test_turns_of_a_good_answer() -> None:
    turns = read_conversation(Answer(f"User: {SEED}\n\n{GOOD}", "k", "stop"), speakers=SPEAKERS, least=4, seed=SEED)
    assert not isinstance(turns, Verdict)
    assert [turn.speaker for turn in turns] == ["system", "user", "system", "user"]
    assert turns[3].notes == ["shrugs"]


def test_an_unfinished_last_message_is_left_out() -> None:
    cut = Answer(f"{GOOD}\n\nSocBot: Well, your", "k", "length")
    turns = read_conversation(cut, speakers=SPEAKERS, least=4)
    assert not isinstance(turns, Verdict)
    assert turns[-1].text == "My aunt"
    assert isinstance(read_conversation(cut, speakers=SPEAKERS, least=5), Verdict)


@pytest.mark.parametrize(
    ("text", "gate", "evidence"),
    [
        ("", "unparsed", "no line begins with a speaker's name"),
        ("I can't help with that.", "unparsed", "no line begins with a speaker's name"),
        ("Al: One.\nBo: Two.\nAl: Three.\nBo: Four.", "unparsed", "(but with 'Al, Bo')"),
        (f"User: {SEED}", "seed-repeated-only", "nothing but the seed message"),
        (f"{GOOD}\n\nNarrator: They part.", "unknown-speaker", "messages by Narrator"),
        ("SocBot: One.\n\nSocBot: Two.", "one-sided", "only the system speaks"),
        ("SocBot: One.\n\nUser: Two.", "too-few-turns", "2 of at least 4 turns"),
        ("SocBot:", "too-few-turns", "0 of at least 4 turns"),
        (f"User: Hello.\n\n{GOOD}", "wrong-opening", "the user speaks first, not the system"),
        (f"{GOOD}\n\nSocBot: no no no no no", "loop", "'no' 4 times running"),
        (
            f"{GOOD}\n\nSocBot: Well, who said so then?\n\nUser: Well who said SO, then",
            "loop",
            "turns 4 and 5 both say",
        ),
    ],
)
def test_gates(text: str, gate: str, evidence: str) -> None:
    outcome = read_conversation(Answer(text, "k", "stop"), speakers=SPEAKERS, least=4, seed=SEED, opens="system")
    assert isinstance(outcome, Verdict)
    assert (outcome.gate, outcome.passed) == (gate, False)
    assert evidence in outcome.evidence
    assert ast.literal_eval(outcome.evidence.split(" in the answer ")[-1]) == text, "the raw text is kept whole"


def test_short_answers_may_come_again() -> None:
    text = "SocBot: Why so?\n\nUser: I see.\n\nSocBot: And that?\n\nUser: I see.\n\nSocBot: Really?\n\nUser: I see."
    assert not isinstance(read_conversation(Answer(text, "k", "stop"), speakers=SPEAKERS, least=6), Verdict)
