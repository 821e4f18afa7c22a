"""`Dialogue` -> a native MultiWOZ 2.1 dialogue.

Everything is rendered from the schema; what `native` keeps is used only where it still says what the schema says, so a
dialogue that was changed since it was read is written as it is now.

    dialogue_to_native(dialogue)["log"][1]["metadata"]["hotel"]["semi"]["area"]
"""

from __future__ import annotations

from typing import Any

import msgspec

from duologue.corpora.multiwoz.acts import acts_of, native_acts
from duologue.corpora.multiwoz.goal import native_goal
from duologue.corpora.multiwoz.layout import PUBLISHED, Layout
from duologue.corpora.multiwoz.metadata import MetadataCodec
from duologue.corpora.multiwoz.spans import native_spans, spans_of
from duologue.dialogue import Act, Dialogue, Span, Turn
from duologue.errors import InputError

FORMAT = "multiwoz21"
"""The name of the format, and its key in `native`."""


def dialogue_to_native(dialogue: Dialogue, layout: Layout | None = None) -> dict[str, Any]:
    """Make `{goal, log}` of a dialogue's trunk, in its own layout or in another one.

    Raises:
        InputError: its turns do not alternate between user and system.
    """
    own = layout_of(dialogue)
    chosen = layout or own
    kept: dict[str, Any] = dialogue.native.get(FORMAT, {})
    native: dict[str, Any] = {}
    if dialogue.goal is not None:
        native["goal"] = native_goal(dialogue.goal, kept.get("goal"))
    elif "goal" not in kept.get("missing", ()):
        native["goal"] = {}
    codec = MetadataCodec(chosen.values == "lists")
    same_values = chosen.values == own.values
    same_names = (chosen.names, chosen.spans) == (own.names, own.spans)
    log = []
    for index, turn in enumerate(dialogue.turns):
        if turn.speaker != ("user", "system")[index % 2]:
            raise InputError(
                f"turn {index} is by the {turn.speaker}; in MultiWOZ 2.1 user and system take turns, the user first",
                where=f"dialogue {dialogue.id}",
                mend="write another format",
            )
        before = dialogue.turns[index - 1] if index % 2 else None
        log.append(_native_turn(turn, before, codec, chosen, same_values, same_names))
    native["log"] = log
    native.update(kept.get("extra", {}))
    return native


def layout_of(dialogue: Dialogue) -> Layout:
    """The layout a dialogue was read in; the published one where it comes from elsewhere."""
    kept = dialogue.native.get(FORMAT, {}).get("layout")
    return msgspec.convert(kept, Layout) if kept else PUBLISHED


def _native_turn(
    turn: Turn, before: Turn | None, codec: MetadataCodec, layout: Layout, same_values: bool, same_names: bool
) -> dict[str, Any]:
    kept: dict[str, Any] = turn.native.get(FORMAT, {})
    missing = kept.get("missing", ())
    canonical = layout.names == "canonical"
    native: dict[str, Any] = {"text": turn.said}

    patch = kept.get("metadata", {}) if same_values else {}
    if before is None:
        metadata = patch
    elif before.state is None and not turn.booked:
        metadata = {}
    else:
        metadata = codec.write(before.state or {}, turn.booked, patch)
    if metadata or "metadata" not in missing:
        native["metadata"] = metadata

    raw_acts = kept.get("dialog_act")
    if same_names and "dialog_act" in kept and _acts_or_none(raw_acts) == turn.acts:
        native["dialog_act"] = raw_acts
    elif turn.acts or "dialog_act" not in missing:
        native["dialog_act"] = native_acts(turn.acts, canonical_names=canonical)

    raw_spans = kept.get("span_info")
    shift = _shift(turn)
    if same_names and "span_info" in kept and not shift and _spans_or_none(turn, raw_spans, layout) == turn.spans:
        native["span_info"] = raw_spans
    elif turn.spans or "span_info" not in missing:
        native["span_info"] = native_spans(turn.said, turn.spans, layout.spans, canonical_names=canonical, shift=shift)
    native.update(kept.get("extra", {}))
    return native


def _shift(turn: Turn) -> int:
    """How many characters of what is said stand before the turn's own text."""
    after = sum(len(insertion.text) + 1 for insertion in turn.insertions if insertion.where == "after")
    return len(turn.said) - len(turn.text) - after if turn.insertions else 0


def _acts_or_none(raw: Any) -> list[Act] | None:
    try:
        return acts_of(raw)
    except TypeError:
        return None


def _spans_or_none(turn: Turn, raw: Any, layout: Layout) -> list[Span]:
    try:
        return spans_of(turn.text, raw, layout.spans)[0] if isinstance(raw, list) else []
    except TypeError:
        return []
