"""The replies of a dialogue with the prompts they answered."""

from __future__ import annotations

from duologue.corpora.strategies import ESCONV, EXTENDED
from duologue.dialogue import Branch, Dialogue, Turn
from duologue.evaluation.steering.replies import replies_of
from duologue.prompts.steering import steered_prompt

TURNS = [Turn("user", "I lost my job."), Turn("system", "When?"), Turn("user", "Last week.")]
KNOWN = {**EXTENDED, **ESCONV}


def test_a_branch_has_the_prompt_that_it_was_asked_with() -> None:
    labels = {"strategy": ["Offer Hope"], "layout": ["c1_hl"], "wording": ["expert"]}
    inner = Branch("b2", 4, [Turn("user", "Why?"), Turn("system", "Since.")], labels={})
    branch = Branch("b1", 3, [Turn("system", "It passes.", native={"continuation": {"raw": "Oh. It passes."}})],
                    labels=labels, branches=[inner])  # fmt: skip
    dialogue = Dialogue("d", TURNS, facts={"situation": "No job."}, branches=[branch])
    found, nested = replies_of(dialogue, KNOWN)
    expected = steered_prompt(TURNS, EXTENDED["Offer Hope"], "c1_hl", "expert", situation="No job.")
    assert found.prompt == expected
    assert (found.text, found.depth, found.layout, found.strategy) == ("Oh. It passes.", 3, "c1_hl", "Offer Hope")
    assert nested.problem == "the branch does not begin with a reply"


def test_what_cannot_be_asked_again_has_a_reason() -> None:
    def problem(turns: list[Turn], **labels: list[str]) -> str:
        (found,) = replies_of(
            Dialogue("d", turns, branches=[Branch("b", len(turns), [Turn("system", "Yes.")], labels=labels)]), KNOWN
        )
        assert found.prompt is None
        return found.problem

    assert problem(TURNS, layout=["c1_hf"], strategy=["Hypnosis"]) == "there is no strategy called Hypnosis"
    assert problem(TURNS, layout=["c2_hf"]) == "there is no layout c2_hf with the wording current"
    assert problem(TURNS[:2], layout=["c1_hf"]).startswith("a history goes from user to user")


def test_a_plain_dialogue_is_a_chat() -> None:
    (found,) = replies_of(
        Dialogue("d", [*TURNS, Turn("system", "Oh."), Turn("user", "Yes.")], instruction="Be kind."), KNOWN
    )
    assert found.prompt is not None
    assert [message.content for message in found.prompt.messages] == [
        "Be kind.",
        "I lost my job.",
        "When?",
        "Last week.",
    ]
    assert found.prompt.parts("history") == ["I lost my job.", "When?", "Last week."]
    assert found.prompt.parts("last_user_turn") == ["Last week."]
    assert found.text == "Oh."
