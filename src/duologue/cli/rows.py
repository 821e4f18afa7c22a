"""`duologue rows SRC --out FILE`: branches of dialogues as rows to train on elsewhere.

duologue rows runs/c1/dialogues.jsonl --out chats.jsonl
duologue rows runs/c1/dialogues.jsonl --kind preference --out pairs.jsonl
duologue rows runs/contrast/dialogues.jsonl --kind contrast --out pairs.jsonl
duologue rows runs/chats.jsonl --kind votes --out pairs.jsonl
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from duologue.cli.results import list_problems
from duologue.corpora import formats
from duologue.dialogue import Problem, write_rows
from duologue.errors import InputError
from duologue.files import write_json
from duologue.operators.clarifying.pairs import gold_rows, pairs, release_rows
from duologue.prompts.steered_rows import Against, chat_rows, preference_rows
from duologue.prompts.steering_options import SteeringOptions
from duologue.systems.voted import voted


def rows(
    source: str,
    /,
    *,
    out: Path,
    kind: Literal["messages", "preference", "contrast", "nine-fields", "gold", "votes"] = "messages",
    format: str = "duologue",
    against: Against = "other",
    seed: int = 0,
    json: Path | None = None,
    prompt_characters: int | None = None,
    steering: Annotated[SteeringOptions | None, Parameter(name="*")] = None,
) -> int:
    """Write replies by a strategy as chats or preference pairs, or pairs that contrast asking and answering.

    Args:
        source: Dialogues with branches (`synthesize continuation`, `synthesize contrast`), or with labelled turns of
            the supporter.
        out: JSONL rows: `id`, `strategy` and `messages`; or `prompt`, `chosen` and `rejected`, and what is known of
            them; or the nine plain texts of the released code of ACT.
        kind: Of strategies: chats that end with the reply, or pairs of a reply by the strategy and one that was written
            otherwise. Of `synthesize contrast`: TRL's conversational preference rows, or the release's nine fields. Of
            conversations with gold actions (`gold`): chats that begin with the prompt of `synthesize simulate`. Of
            transcripts of `chat` and the studio (`votes`): the reply that a person preferred, and the other.
        format: Format of the dialogues.
        against: Of pairs, the reply that is rejected: one by another strategy, drawn, or the one without a strategy.
        seed: Of the draws.
        json: Write the count here.
        prompt_characters: Of `contrast` and `gold`: most characters of a prompt.
        steering: How a strategy is told.
    """
    problems: list[Problem] = []
    dialogues = formats.read(source, format, on_problem=problems.append)
    options = steering or SteeringOptions()
    made: Iterable[Any]
    if kind == "contrast":
        made = pairs(dialogues, characters=prompt_characters)
    elif kind == "nine-fields":
        made = release_rows(dialogues)
    elif kind == "gold":
        made = gold_rows(dialogues, characters=prompt_characters)
    elif kind == "votes":
        made = voted(dialogues)
    elif kind == "preference":
        made = preference_rows(dialogues, options, against=against, seed=seed)
    else:
        made = chat_rows(dialogues, options)
    count = write_rows(out, made)
    if not count:
        mend = _mend(kind) + (", with --unconditional" if kind == "preference" and against == "unconditional" else "")
        raise InputError("there is no reply to make a row of", where=source, mend=mend)
    print(f"{count} rows written to {out}")
    if json is not None:
        write_json(json, {"rows": count})
    return list_problems(problems, "odd places in the dialogues")


def _mend(kind: str) -> str:
    if kind == "gold":
        return "give conversations with gold actions (`synthesize actions` names them)"
    if kind == "votes":
        return "give transcripts with votes between replies that differ (`chat --versus`, or the studio's chats/)"
    operator = "contrast" if kind in ("contrast", "nine-fields") else "continuation"
    return f"give what `synthesize {operator}` made"
