"""One row of Abg-CoQA and the conversations that it holds; `abg_coqa` says what is what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from duologue.corpora.actions import ACTION, ANSWER, CLARIFY, INTENT, REFERENCES
from duologue.corpora.clarification_points import GOAL_TYPE
from duologue.corpora.merge_patch import patch_between, patched
from duologue.corpora.problems import UnreadableDialogue
from duologue.dialogue import Dialogue, Grounding, Turn
from duologue.errors import InputError

FORMAT = "abg-coqa"
ROW = "row"
"""The fact that names a conversation's row."""
GUESS = "guess"
"""The label with an answer that takes the question one way without asking."""

_ASKED = ("clarification_turn", "clarification_turn_2")
_AMBIGUOUS, _CLEAR = "ambiguous", "non_ambiguous"
_FURTHER = "org_ans_{}"


def conversations(key: str, row: Any) -> list[Dialogue]:
    """The conversations of a row: one, or one for each reply to what was asked back.

    Raises:
        UnreadableDialogue: a field has another form, or the row is called clear and asked back, or the reverse.
    """
    story, history, target = _parts(key, row)
    asked = [_asked_back(key, name, row.get(name)) for name in _ASKED if row.get(name)]
    if row.get("ambiguity") == (_CLEAR if asked else _AMBIGUOUS):
        what = "something is" if asked else "nothing is"
        raise UnreadableDialogue(key, "ambiguity", f"it says '{row['ambiguity']}', but {what} asked back")
    before = [turn for number, each in enumerate(history, start=1) for turn in _exchange(each, number)]
    question, answer = _exchange(target, len(history) + 1, {"span_start": -1, "span_end": -1})
    if not asked:
        answer.labels[ACTION] = [ANSWER]
        made = [_dialogue(key, key, story, [*before, question, answer])]
    else:
        questions = [back["question"] for back in asked]
        made = []
        for annotator, back in enumerate(asked, start=1):
            for number, branch in enumerate(back["answers"], start=1):
                others = [other for other in questions if other != back["question"]]
                asks = Turn("system", back["question"], labels={ACTION: [CLARIFY], GUESS: [target["answer"]]})
                if others:
                    asks.labels[REFERENCES] = others
                turns = [*before, question, asks, Turn("user", branch["clr_ans"]), _answer(branch)]
                dialogue = _dialogue(f"{key}#{annotator}.{number}", key, story, turns)
                meant = branch.get(INTENT)
                told = meant if isinstance(meant, str) and meant else _told(back["question"], branch["clr_ans"])
                dialogue.facts[INTENT] = told
                own = patch_between(_branch(dialogue), branch)
                dialogue.native[FORMAT] = {"annotator": annotator} | ({"branch": own} if own else {})
                made.append(dialogue)
    rest = patch_between(row_of(key, made), row)
    for dialogue in made:
        dialogue.native.setdefault(FORMAT, {})
        if rest:
            dialogue.native[FORMAT]["rest"] = rest
    return made


def row_of(key: str, made: Sequence[Dialogue]) -> dict[str, Any]:
    """The row of conversations that differ in what is asked back and replied only.

    Raises:
        InputError: a conversation of another form.
    """
    asked = _by_annotator(key, made)
    first = made[0]
    target, _ = _target(first)
    turns = first.turns[: target + 1]
    answer = first.turns[target + 1]
    said = answer.labels.get(GUESS, [first.turns[-1].said])[0] if asked else answer.said
    exchanges = [(turns[index], turns[index + 1].said) for index in range(0, target, 2)]
    row = {
        "id": key,
        "story": first.grounding.passages[0] if first.grounding and first.grounding.passages else "",
        "target_turn": _native_turn(turns[target], said, target // 2 + 1, {"span_start": -1, "span_end": -1}),
        "history_turns": [_native_turn(*each, number) for number, each in enumerate(exchanges, start=1)],
        "ambiguity": _AMBIGUOUS if asked else _CLEAR,
        "clarification_turn": {},
    } | dict(zip(_ASKED, asked, strict=False))
    return patched(row, first.native.get(FORMAT, {}).get("rest", {}))


def _by_annotator(key: str, made: Sequence[Dialogue]) -> list[dict[str, Any]]:
    """What each annotator asked back, with the replies and the answers that they lead to; empty for a clear row."""
    asked: dict[Any, dict[str, Any]] = {}
    for dialogue in made:
        at, clarified = _target(dialogue)
        if clarified:
            asks, kept = dialogue.turns[at + 1], dialogue.native.get(FORMAT, {})
            back = asked.setdefault(kept.get("annotator", asks.said), {"question": asks.said, "answers": []})
            back["answers"].append(patched(_branch(dialogue), kept.get("branch", {})))
    clear = sum(not _target(dialogue)[1] for dialogue in made)
    if len(asked) > len(_ASKED) or (clear and len(made) > 1):
        mend = "give a row one clear conversation, or ambiguous ones with one or two questions"
        raise InputError(f"{len(made)} conversations that make no row", where=f"row {key}", mend=mend)
    return list(asked.values())


def _branch(dialogue: Dialogue) -> dict[str, Any]:
    """A reply with the answers that it leads to, and with the intent where question and reply do not tell it."""
    asks, reply, answer = dialogue.turns[-3:]
    further = enumerate(answer.labels.get(REFERENCES, []), start=2)
    texts = {_FURTHER.format(number): text for number, text in further}
    meant = dialogue.facts.get(INTENT, told := _told(asks.said, reply.said))
    return {"clr_ans": reply.said, "org_ans": answer.said} | texts | ({INTENT: meant} if meant != told else {})


def _told(question: str, reply: str) -> str:
    """What question and reply tell of the intent."""
    return f"{question} {reply}"


def _dialogue(id: str, row: str, story: str, turns: list[Turn]) -> Dialogue:
    facts = {ROW: row, GOAL_TYPE: "similarity"}
    return Dialogue(id, turns, grounding=Grounding(passages=[story]), facts=facts)


def _exchange(native: dict[str, Any], number: int, beside: dict[str, Any] | None = None) -> tuple[Turn, Turn]:
    """A question and its answer; what else the corpus says of them stays with the question."""
    question = Turn("user", native["question"])
    rest = patch_between(_native_turn(question, native["answer"], number, beside), native)
    if rest:
        question.native = {FORMAT: rest}
    return question, Turn("system", native["answer"])


def _native_turn(question: Turn, answer: str, number: int, beside: dict[str, Any] | None = None) -> dict[str, Any]:
    plain = {"turn_id": number, "question": question.said, "answer": answer, "rationale": ""} | (beside or {})
    return patched(plain, question.native.get(FORMAT, {}))


def _answer(branch: dict[str, str]) -> Turn:
    further: list[str] = []
    while (name := _FURTHER.format(len(further) + 2)) in branch:
        further.append(branch[name])
    labels = {ACTION: [ANSWER]} | ({REFERENCES: further} if further else {})
    return Turn("system", branch["org_ans"], labels=labels)


def _target(dialogue: Dialogue) -> tuple[int, bool]:
    """The index of the target question, and whether it is asked back.

    Raises:
        InputError: the conversation is not questions and answers by turns with at most one clarification, at the end.
    """
    speakers = [turn.speaker for turn in dialogue.turns]
    actions = [turn.labels.get(ACTION) for turn in dialogue.turns]
    clarified = [CLARIFY] in actions
    target = len(speakers) - (4 if clarified else 2)
    by_turns = speakers == ["user", "system"] * (len(speakers) // 2)
    if target < 0 or not by_turns or (clarified and actions.index([CLARIFY]) != target + 1):
        raise InputError(
            "Abg-CoQA has questions and answers by turns, and one clarification, before the last answer",
            where=f"dialogue {dialogue.id}",
            mend="leave this dialogue out",
        )
    return target, clarified


def _parts(key: str, row: Any) -> tuple[str, list[dict[str, Any]], dict[str, Any]]:
    if not isinstance(row, dict) or not isinstance(row.get("story"), str):
        raise UnreadableDialogue(key, "story", "expected a text")
    given, pair = row.get("history_turns"), ("question", "answer")
    if not isinstance(given, list):
        raise UnreadableDialogue(key, "history_turns", "expected a list")
    history = [_texts(key, f"history_turns[{number}]", turn, pair) for number, turn in enumerate(given)]
    return row["story"], history, _texts(key, "target_turn", row.get("target_turn"), pair)


def _asked_back(key: str, name: str, back: Any) -> dict[str, Any]:
    native = _texts(key, name, back, ("question",))
    answers = native.get("answers")
    if not isinstance(answers, list) or not answers:
        raise UnreadableDialogue(key, f"{name}, answers", "expected a list of replies and answers")
    for number, branch in enumerate(answers):
        further = [field for field in branch if field.startswith("org_ans_")] if isinstance(branch, dict) else []
        _texts(key, f"{name}, answers[{number}]", branch, ("clr_ans", "org_ans", *further))
    return native


def _texts(key: str, where: str, native: Any, fields: Sequence[str]) -> dict[str, Any]:
    """An object with these texts."""
    if not isinstance(native, dict) or not all(isinstance(native.get(field), str) for field in fields):
        raise UnreadableDialogue(key, where, f"expected an object with the texts {', '.join(fields)}")
    return native
