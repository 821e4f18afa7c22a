"""Steered prompts: seven layouts of one conversation, golden strings, and five families of chat templates."""

from __future__ import annotations

from typing import Any

import pytest
from family_templates import FAMILIES, WITHOUT_SYSTEM_ROLE
from trl_templates import tokenizer_for

from duologue.corpora.strategies import EXTENDED, Strategy
from duologue.dialogue import Turn
from duologue.errors import InputError
from duologue.models.chat_template import fit_template
from duologue.models.request import Message
from duologue.prompts.steering import LAYOUTS, WORDINGS, Layout, steered_prompt

CALM = Strategy("Calm Talk", "Speak in a calm tone.", ("Let us breathe.", "One thing at a time."))
TOLD = (
    "You are a good friend who listens to a person in distress. Continue the conversation by one turn with the "
    '"Calm Talk" strategy (Speak in a calm tone.), and keep it short. Answer in the form\nassistant: <your turn>'
)
SAID = ["I lost my job.", "When was that?", "Last week.", "How do you feel?", "Awful, I cannot sleep.", "Since then?",
        "Yes, every night."]  # fmt: skip


def history(length: int = 7) -> list[Turn]:
    return [Turn("system" if number % 2 else "user", SAID[number]) for number in range(length)]


def chat(first: int, length: int = 7) -> list[Message]:
    return [Message("assistant" if n % 2 else "user", SAID[n]) for n in range(first, length)]


def old_lines(count: int) -> str:
    lines = [f"{'assistant' if n % 2 else 'user'}: {SAID[n]}" for n in range(count)]
    return "\n".join(["The conversation so far:", *lines])


@pytest.mark.parametrize(
    ("layout", "system", "first"),
    [
        ("standard", TOLD, 0),
        ("c1_hf", f"{old_lines(6)}\n\n{TOLD}", 6),
        ("c3_hf", f"{old_lines(4)}\n\n{TOLD}", 4),
        ("c5_hf", f"{old_lines(2)}\n\n{TOLD}", 2),
        ("c1_hl", f"{TOLD}\n\n{old_lines(6)}", 6),
        ("c3_hl", f"{TOLD}\n\n{old_lines(4)}", 4),
        ("c5_hl", f"{TOLD}\n\n{old_lines(2)}", 2),
    ],
)
def test_each_layout_word_for_word(layout: Layout, system: str, first: int) -> None:
    prompt = steered_prompt(history(), CALM, layout, "current")
    assert list(prompt.messages) == [Message("system", system), *chat(first)]
    folded = steered_prompt(history(), CALM, layout, "current", system_role=False)
    opening, *others = chat(first)
    assert list(folded.messages) == [Message("user", f"{system}\n\n{opening.content}"), *others]


@pytest.mark.parametrize("length", [1, 3, 5])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_short_history_is_told_once_and_without_an_empty_header(layout: Layout, length: int) -> None:
    prompt = steered_prompt(history(length), CALM, layout)
    every = "\n".join(message.content for message in prompt.messages)
    assert all(every.count(said) == 1 for said in SAID[:length])
    if layout == "standard" or int(layout[1]) >= length:
        assert prompt == steered_prompt(history(length), CALM, "standard")
        assert "so far" not in every


def test_every_wording_word_for_word() -> None:
    situation = "I lost my job."
    told = {
        wording: steered_prompt(history(1), CALM, "standard", wording, situation=situation).messages[0].content
        for wording in WORDINGS
    }
    assert told == {
        "expert": "You are an expert in emotional support, and a person in distress is talking to you. What troubles "
        'this person: "I lost my job." Write the next turn of the conversation, and follow the "Calm Talk" strategy '
        "in it. What this strategy means: Speak in a calm tone. For example: 'Let us breathe.' 'One thing at a time.' "
        "Keep it to one paragraph. Answer in the form\nassistant: <your turn>",
        "friend": "You are the best friend of the person you are talking to: warm, natural, and never stiff. You know "
        'what has happened: "I lost my job." In your next message, use the "Calm Talk" strategy. Speak in a calm '
        "tone. For example: 'Let us breathe.' 'One thing at a time.' Write no more than a friend would.",
        "short": 'You give emotional support. The person\'s situation: "I lost my job." Reply with the "Calm Talk" '
        "strategy. Speak in a calm tone. One or two sentences.",
        "current": TOLD,
        "training": "You are an AI expert in emotional support. The user comes to you in distress. Answer with the "
        '"Calm Talk" strategy [Speak in a calm tone.] and keep it short.',
    }


@pytest.mark.parametrize("wording", WORDINGS)
def test_without_a_strategy_or_a_situation_nothing_is_said_of_them(wording: Any) -> None:
    prompt = steered_prompt(history(1), None, "standard", wording)
    told = prompt.messages[0].content
    assert "strategy" not in told
    assert "None" not in told
    assert "  " not in told
    assert '"' not in told
    assert {span.name for span in prompt.spans} == {"instruction", "history", "last_user_turn", "turn:0"}


@pytest.mark.parametrize("system_role", [True, False])
@pytest.mark.parametrize("wording", WORDINGS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_parts_are_where_they_are_said_to_be(layout: Layout, wording: Any, system_role: bool) -> None:
    strategy = EXTENDED["Offer Hope"]
    prompt = steered_prompt(history(), strategy, layout, wording, system_role=system_role, situation="Offer Hope!")
    assert prompt.parts("strategy_name") == ['"Offer Hope"']
    (description,) = prompt.parts("strategy_description")
    assert description.startswith(strategy.description)
    assert [prompt.parts(f"turn:{number}") for number in range(8)] == [*([said] for said in SAID), []]
    assert prompt.parts("last_user_turn") == [SAID[-1]]
    (instruction,) = prompt.parts("instruction")
    assert instruction in steered_prompt(history(), strategy, "standard", wording, situation="Offer Hope!").parts(
        "instruction"
    )
    kept = 7 if layout == "standard" else int(layout[1])
    older = old_lines(7 - kept).split("\n")[1:]
    assert prompt.parts("history") == [*(["\n".join(older)] if older else []), *SAID[7 - kept :]]


@pytest.mark.parametrize("length", [1, 3, 7])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_is_told_everything_once(family: str, layout: Layout, length: int) -> None:
    tokenizer = tokenizer_for(FAMILIES[family])
    for system_role in (True, False):
        prompt = steered_prompt(history(length), CALM, layout, system_role=system_role)
        messages = [{"role": message.role, "content": message.content} for message in prompt.messages]
        text = fit_template(messages, tokenizer).render(messages, prompt=True)
        assert text.count(TOLD) == 1
        assert all(text.count(said) == 1 for said in SAID[:length])


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("family", WITHOUT_SYSTEM_ROLE)
def test_what_a_template_folds_by_itself_is_what_we_fold(family: str, layout: Layout) -> None:
    tokenizer = tokenizer_for(FAMILIES[family])

    def rendered(system_role: bool) -> str:
        prompt = steered_prompt(history(), CALM, layout, system_role=system_role)
        messages = [{"role": message.role, "content": message.content} for message in prompt.messages]
        return fit_template(messages, tokenizer).render(messages, prompt=True)

    assert rendered(True) == rendered(False)


def test_a_template_that_tells_the_instruction_late_can_be_given_it_first() -> None:
    tokenizer = tokenizer_for(FAMILIES["mistral-late"])
    prompt = steered_prompt(history(), CALM, "standard", system_role=False)
    messages = [{"role": message.role, "content": message.content} for message in prompt.messages]
    text = fit_template(messages, tokenizer).render(messages, prompt=True)
    assert text.index(TOLD) < text.index(SAID[0])


@pytest.mark.parametrize(
    "turns",
    [[], history(2), history()[1:], [Turn("user", "Hi"), Turn("user", "there"), Turn("user", "you")],
     [Turn("user", "Hi"), Turn("tool", "{}"), Turn("user", "there")]],
)  # fmt: skip
def test_a_history_that_does_not_alternate_is_refused(turns: list[Turn]) -> None:
    with pytest.raises(InputError, match="from user to user"):
        steered_prompt(turns, CALM)


def test_a_character_that_marks_parts_is_refused_where_it_stands() -> None:
    with pytest.raises(InputError, match=r"turn 2: a character that stands for no text \(U\+FDD0\)"):
        steered_prompt([*history(2), Turn("user", "odd \ufdd0 one")], CALM)
