"""The published conversations: a folder with one JSON file each, plain and restyled side by side.

    conversations/NAME.json             {tweet_id, disposition, motivation, tweet, conv}
    restyled-conversations/NAME.json    {tweet_id, restyled_conv}

`conv` is what a model wrote, as text; it is parsed here (`conversation_text`), and kept as it is as long as the turns
are those that it holds. The message comes first. A restyled conversation is a dialogue of its own, derived from the
plain one, whose turns name their sources where both have the same number.

    for dialogue in read("datasets/inst-templates/expt3"): ...
    plain = list(read("datasets/inst-templates/expt3", restyled=False))
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import msgspec

from duologue.corpora.conversation_text import ParsedTurn, parse_conversation, render_conversation
from duologue.corpora.conversation_text.seed_echo import repeats
from duologue.corpora.conversation_text.speakers import NAMES, aliases
from duologue.corpora.conversation_text.turns import from_turn, to_turn
from duologue.corpora.problems import OnProblem, UnreadableDialogue, decoded
from duologue.dialogue import Dialogue, Origin, Turn, derived_id
from duologue.errors import InputError
from duologue.files import write_json

FORMAT = "convogen"
PLAIN, RESTYLED = "conversations", "restyled-conversations"
STYLE = "style"


class _Plain(msgspec.Struct):
    tweet_id: str | int
    disposition: str
    motivation: str
    tweet: str
    conv: str


class _Restyled(msgspec.Struct):
    tweet_id: str | int
    restyled_conv: str


def read(path: str | Path, *, on_problem: OnProblem | None = None, restyled: bool = True) -> Iterator[Dialogue]:
    """Stream the conversations of a folder by name, each followed by its restyled form where there is one.

    Args:
        path: the folder that holds `conversations`.
        on_problem: see the docstring of `corpora`.
        restyled: read restyled forms too.

    Raises:
        InputError: no such folder, or a file that cannot be used.
    """
    folder = Path(path)
    if not (folder / PLAIN).is_dir():
        raise InputError(f"no folder {PLAIN} here", where=str(folder), mend="give the experiment folder that holds it")

    def natives() -> Iterator[tuple[str, Any]]:
        for file in sorted((folder / PLAIN).glob("*.json")):
            name = unquote(file.stem)
            yield name, (name, file)
            if restyled and (folder / RESTYLED / file.name).exists():
                yield f"{name}, restyled", (name, folder / RESTYLED / file.name)

    lengths: dict[str, int] = {}

    def decode(key: str, native: Any, tell: OnProblem) -> Dialogue:
        name, file = native
        if file.parent.name == RESTYLED:
            return _restyled(name, _load(file, _Restyled), lengths.get(name, 0))
        dialogue = _plain(name, _load(file, _Plain))
        lengths.clear()
        lengths[name] = len(dialogue.turns)
        return dialogue

    return decoded(path, natives(), decode, on_problem)


def write(path: str | Path, dialogues: Iterable[Dialogue], *, draw: int | None = None, suffix_ids: bool = False) -> int:
    """Write each conversation, and each restyled one under the name of the conversation it comes from.

    Returns:
        How many were written.

    Raises:
        InputError: a dialogue begins with something else than a user's message, or two have one name.
    """
    folder, met, count = Path(path), set[Path](), 0
    for dialogue in dialogues:
        if draw is not None and dialogue.origin is not None and dialogue.origin.draw != draw:
            continue
        if not dialogue.turns or dialogue.turns[0].speaker != "user":
            raise InputError(
                "it does not begin with a user's message", where=f"dialogue {dialogue.id}", mend="leave it out"
            )
        place, native = _native(dialogue)
        file = folder / place
        if file in met:
            raise InputError(f"two dialogues would be {place}", where=f"dialogue {dialogue.id}", mend="give --draw N")
        met.add(file)
        file.parent.mkdir(parents=True, exist_ok=True)
        write_json(file, native)
        count += 1
    return count


def _plain(name: str, native: _Plain) -> Dialogue:
    turns = [Turn("user", native.tweet, source=(str(native.tweet_id), 0)), *_turns(name, native.conv, native.tweet)]
    facts = {
        "motivation": {"name": "", "text": native.motivation},
        "disposition": {"name": "", "text": native.disposition},
    }
    kept = {"tweet_id": native.tweet_id, "conv": native.conv}
    return Dialogue(name, turns, facts=facts, roles=dict(NAMES), native={FORMAT: kept})


def _restyled(name: str, native: _Restyled, length: int) -> Dialogue:
    turns = _turns(name, native.restyled_conv, None)
    aligned = len(turns) == length
    turns = [msgspec.structs.replace(turn, source=(name, at) if aligned else None) for at, turn in enumerate(turns)]
    kept = {"tweet_id": native.tweet_id, "conv": native.restyled_conv}
    return Dialogue(
        derived_id(name, RESTYLED),
        turns,
        facts={STYLE: ""},
        roles=dict(NAMES),
        origin=Origin("restyle", parent=name),
        native={FORMAT: kept},
    )


def _turns(name: str, text: str, seed: str | None) -> list[Turn]:
    said = _said(text, seed)
    if not said:
        raise UnreadableDialogue(name, "conv", "no line begins with a speaker's name")
    return list(map(to_turn, said))


def _said(text: str, seed: str | None) -> list[ParsedTurn]:
    """The messages of a text, without the user's that only repeats the seed."""
    turns = parse_conversation(text, speakers=aliases(NAMES)).turns
    return turns[1:] if seed and turns and turns[0].speaker == "user" and repeats(seed, turns[0].text) else turns


def _native(dialogue: Dialogue) -> tuple[Path, dict[str, Any]]:
    """The file of a dialogue within the folder, and what it holds."""
    kept = dialogue.native.get(FORMAT, {})
    first = dialogue.turns[0]
    source = first.source[0] if first.source is not None else dialogue.id
    if STYLE in dialogue.facts:
        parent = dialogue.origin.parent if dialogue.origin is not None else None
        name = parent or source
        tweet = kept.get("tweet_id", name)
        text = _text(dialogue.turns, kept, None)
        return Path(RESTYLED, f"{quote(name, safe='~ ')}.json"), {"tweet_id": tweet, "restyled_conv": text}
    facts = {trait: _trait(dialogue.facts.get(trait)) for trait in ("disposition", "motivation")}
    native = {"tweet_id": kept.get("tweet_id", source), **facts, "tweet": first.text}
    native["conv"] = _text(dialogue.turns[1:], kept, first.text)
    return Path(PLAIN, f"{quote(dialogue.id, safe='~ ')}.json"), native


def _text(turns: list[Turn], kept: dict[str, Any], seed: str | None) -> str:
    """The text of a conversation: the one that was read, while it still holds these turns."""
    text = kept.get("conv")
    said = list(map(from_turn, turns))
    if isinstance(text, str) and _said(text, seed) == said:
        return text
    return render_conversation(said, aliases(NAMES), notes=True)


def _trait(fact: Any) -> str:
    if isinstance(fact, dict):
        fact = fact.get("text")
    return fact if isinstance(fact, str) else ""


def _load(file: Path, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(file.read_bytes(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableDialogue(unquote(file.stem), file.parent.name, str(error)) from None
