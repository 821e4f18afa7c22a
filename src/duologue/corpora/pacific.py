"""PACIFIC, questions about a table and passages of a financial report, some of which must be asked back first.

    for dialogue in read("validation.json"): print(dialogue.grounding.table, [turn.text for turn in dialogue.turns])

One JSON list of contexts: `table` (rows of cells), `paragraphs`, `questions` in their order. A context is a
conversation: its id is the table's `uid`, table and paragraphs are its grounding, each question is a user turn whose
intent is its `original_question`, each answer a system turn with an action (`pacific_answers`). Questions without an
answer (the public test file) are user turns only. The goal is compared by DROP F1.
Data: https://github.com/dengyang17/PACIFIC (MIT), Deng and others, 2022; none of it comes with Duologue.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from duologue.corpora.actions import INTENT
from duologue.corpora.children import native_ids
from duologue.corpora.clarification_points import GOAL_TYPE
from duologue.corpora.json_stream import read_list, write_list
from duologue.corpora.merge_patch import patch_between, patched
from duologue.corpora.pacific_answers import answer_record, answer_turn, spoken
from duologue.corpora.problems import OnProblem, UnreadableDialogue, decoded
from duologue.dialogue import Dialogue, Grounding, Problem, Turn
from duologue.errors import InputError

FORMAT = "pacific"
_ANSWERED = ("answer", "derivation", "answer_type", "scale", "req_clari")


def read(path: str | Path, *, on_problem: OnProblem | None = None) -> Iterator[Dialogue]:
    """Stream the conversations of a file.

    Raises:
        InputError: names the file, the conversation and the field.
    """
    natives = ((_key(native, number), native) for number, native in enumerate(read_list(path), start=1))
    return decoded(path, natives, dialogue_from_native, on_problem)


def write(path: str | Path, dialogues: Iterable[Dialogue], *, draw: int | None = None, suffix_ids: bool = False) -> int:
    """Write conversations as one JSON list and return how many.

    Raises:
        InputError: a conversation that is not questions and answers by turns.
    """
    chosen = native_ids(dialogues, draw=draw, suffix_ids=suffix_ids)
    return write_list(path, (dialogue_to_native(key, dialogue) for key, dialogue in chosen))


def dialogue_from_native(key: str, native: Any, tell: OnProblem) -> Dialogue:
    """One context as a conversation.

    Raises:
        UnreadableDialogue: table, paragraphs or questions have another form.
    """
    table, paragraphs, questions = _parts(key, native)
    turns: list[Turn] = []
    for index, record in enumerate(questions):
        where = f"questions[{index}]"
        if not isinstance(record, dict) or not isinstance(record.get("question"), str):
            raise UnreadableDialogue(key, where, "expected an object with a question")
        meant = record.get("original_question")
        asked = Turn("user", record["question"], labels={INTENT: [meant]} if isinstance(meant, str) and meant else {})
        exchange = [asked]
        said = spoken(record) if "answer" in record else None
        if said is not None:
            exchange.append(answer_turn(record, said))
        elif "answer" in record:
            tell(Problem(key, f"{where}, answer", f"cannot be said: {record['answer']!r}"))
        if not isinstance(record.get("req_clari", False), bool):
            tell(Problem(key, f"{where}, req_clari", f"expected true or false, found {record['req_clari']!r}"))
        rest = patch_between(_record(exchange, index), record)
        asked.native = {FORMAT: rest} if rest else {}
        turns += exchange
    grounding = Grounding(table=table, passages=[paragraph["text"] for paragraph in paragraphs])
    dialogue = Dialogue(key, turns, grounding=grounding, facts={GOAL_TYPE: "drop"})
    lists = ("questions", "paragraphs")
    rest = patch_between(_context(key, dialogue), {name: native[name] for name in native if name not in lists})
    own = [patch_between(*both) for both in zip(_paragraphs(key, dialogue), paragraphs, strict=True)]
    dialogue.native = {FORMAT: rest | ({"paragraphs": own} if any(own) else {})}
    return dialogue


def dialogue_to_native(key: str, dialogue: Dialogue) -> dict[str, Any]:
    """One conversation as a context.

    Raises:
        InputError: an answer without a question before it, or a turn of a tool.
    """
    exchanges: list[list[Turn]] = []
    for index, turn in enumerate(dialogue.turns):
        if turn.speaker == "user":
            exchanges.append([turn])
        elif turn.speaker == "system" and exchanges and len(exchanges[-1]) == 1:
            exchanges[-1].append(turn)
        else:
            where = f"dialogue {dialogue.id}, turn {index}"
            raise InputError("PACIFIC has questions and answers by turns", where=where, mend="leave this dialogue out")
    kept = dict(dialogue.native.get(FORMAT, {}))
    own: list[dict[str, Any]] = [*kept.pop("paragraphs", []), *[{}] * len(_passages(dialogue))]
    paragraphs = zip(_paragraphs(key, dialogue), own, strict=False)
    return patched(_context(key, dialogue), kept) | {
        "paragraphs": [patched(paragraph, rest) for paragraph, rest in paragraphs],
        "questions": [_question(exchange, index) for index, exchange in enumerate(exchanges)],
    }


def _question(exchange: list[Turn], index: int) -> dict[str, Any]:
    """A question as it was read, but for what was changed since."""
    fresh = _record(exchange, index)
    kept = exchange[0].native.get(FORMAT, {})
    whole = patched(fresh, kept)
    said = spoken(whole) if "answer" in whole else None
    if len(exchange) == 2 and (said is None or said.text != exchange[1].said):
        return patched(fresh, {name: value for name, value in kept.items() if name not in _ANSWERED})
    return whole


def _record(exchange: list[Turn], index: int) -> dict[str, Any]:
    """A question as the turns have it."""
    asked = exchange[0]
    answered = answer_record(exchange[1]) if len(exchange) == 2 else {}
    meant = asked.labels.get(INTENT, [asked.said])[0]
    return {"order": index + 1, "question": asked.said} | answered | {"original_question": meant}


def _context(key: str, dialogue: Dialogue) -> dict[str, Any]:
    """All but the lists."""
    table = dialogue.grounding.table if dialogue.grounding else None
    return {"table": {"uid": key, "table": table or []}}


def _paragraphs(key: str, dialogue: Dialogue) -> list[dict[str, Any]]:
    passages = enumerate(_passages(dialogue), start=1)
    return [{"uid": f"{key}-{order}", "order": order, "text": text} for order, text in passages]


def _passages(dialogue: Dialogue) -> list[str]:
    return dialogue.grounding.passages if dialogue.grounding else []


def _parts(key: str, native: Any) -> tuple[list[list[str]], list[dict[str, Any]], list[Any]]:
    if not isinstance(native, dict):
        raise UnreadableDialogue(key, "context", "expected an object with table, paragraphs, questions")
    table = native["table"].get("table") if isinstance(native.get("table"), dict) else None
    if not isinstance(table, list) or not all(
        isinstance(row, list) and all(isinstance(cell, str) for cell in row) for row in table
    ):
        raise UnreadableDialogue(key, "table", "expected rows of texts")
    paragraphs = native.get("paragraphs")
    if not isinstance(paragraphs, list) or not all(
        isinstance(item, dict) and isinstance(item.get("text"), str) for item in paragraphs
    ):
        raise UnreadableDialogue(key, "paragraphs", "expected objects with a text")
    questions = native.get("questions")
    if not isinstance(questions, list) or not questions:
        raise UnreadableDialogue(key, "questions", "expected a list of questions")
    return table, paragraphs, questions


def _key(native: Any, number: int) -> str:
    table = native.get("table") if isinstance(native, dict) else None
    uid = table.get("uid") if isinstance(table, dict) else None
    return uid if isinstance(uid, str) and uid else f"pacific-{number:06d}"
