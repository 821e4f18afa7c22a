"""One message of ESConv in its two layouts, and the turn it becomes.

    original    {"speaker": "seeker" | "supporter", "annotation": {"strategy": …} or {"feedback": …}, "content": …}
    lines       {"text": …, "speaker": "usr" | "sys", "strategy": …, "feedback": …}

FailedESConv has `speaker` and `listener` in the original layout; MultiESC has lines with `all_strategy`, the strategies
of the messages that it merged. A turn's `native["esconv"]` keeps what its text and labels do not say: `text` as it
stood where spaces were made regular, `labels` under other names, and the difference in all other keys (`rest`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from duologue.corpora.esconv.labels import canonical, strategies, unknown
from duologue.corpora.merge_patch import patch_between, patched
from duologue.corpora.problems import UnreadableDialogue
from duologue.dialogue import Speaker, Turn

FORMAT = "esconv"
Layout = Literal["original", "lines"]
Whitespace = Literal["kept", "regular"]

SEEKER_SUPPORTER = {"user": "seeker", "system": "supporter"}
NAMES: dict[Layout, dict[str, str]] = {"original": SEEKER_SUPPORTER, "lines": {"user": "usr", "system": "sys"}}
_SPEAKERS: dict[str, Speaker] = {
    "seeker": "user", "speaker": "user", "usr": "user",
    "supporter": "system", "listener": "system", "sys": "system",
}  # fmt: skip
_TEXT: dict[Layout, str] = {"original": "content", "lines": "text"}


def layout_of(message: Any) -> Layout | None:
    """Which layout a message has; None for none."""
    if not isinstance(message, dict):
        return None
    return next((layout for layout, key in _TEXT.items() if isinstance(message.get(key), str)), None)


def text_of(message: Any) -> str:
    """What a message says, whatever its layout; empty where it says nothing."""
    layout = layout_of(message)
    return message[_TEXT[layout]] if layout else ""


def regular(text: str) -> str:
    """A text with single spaces between words and none around them."""
    return " ".join(text.split())


def turn_from_native(dialogue: str, index: int, message: Any, whitespace: Whitespace) -> Turn:
    """One message as a turn.

    Raises:
        UnreadableDialogue: it has no text or no known speaker.
    """
    layout = layout_of(message)
    if layout is None:
        raise UnreadableDialogue(dialogue, f"dialog[{index}]", "expected a message with content or text")
    speaker = _SPEAKERS.get(str(message.get("speaker")))
    if speaker is None:
        known = ", ".join(_SPEAKERS)
        raise UnreadableDialogue(
            dialogue, f"dialog[{index}], speaker", f"{message.get('speaker')!r} is none of {known}"
        )
    text = message[_TEXT[layout]]
    native_labels, feedback = _annotated(message, layout)
    labels = {"strategy": strategies(native_labels)} if strategies(native_labels) else {}
    if feedback is not None:
        labels["feedback"] = [feedback]
    turn = Turn(speaker, text if whitespace == "kept" else regular(text), labels=labels)
    kept: dict[str, Any] = {}
    if turn.text != text:
        kept["text"] = text
    if native_labels != labels.get("strategy", []):
        kept["labels"] = native_labels
    turn.native = {FORMAT: kept}
    rest = patch_between(turn_to_native(turn, layout, {speaker: message["speaker"]}), message)
    if rest:
        kept["rest"] = rest
    turn.native = {FORMAT: kept} if kept else {}
    return turn


def turn_to_native(turn: Turn, layout: Layout, names: dict[str, str], *, as_read: bool = True) -> dict[str, Any]:
    """One turn as a message; what was kept of the message it was read from gives way where the turn was changed.

    Args:
        turn: the turn.
        layout: of the message.
        names: of the speakers.
        as_read: whether this is the layout that the turn was read in.
    """
    kept = turn.native.get(FORMAT, {})
    labels = turn.labels.get("strategy", [])
    native_labels = kept.get("labels", [])
    if strategies(native_labels) == labels:
        labels = native_labels or labels
    text = kept.get("text", "")
    if regular(text) != turn.said:
        text = turn.said
    marks: dict[str, Any] = {"strategy": labels[0]} if labels else {}
    if len(labels) > 1:
        marks["all_strategy"] = list(labels)
    marks |= {name: values[0] for name, values in turn.labels.items() if name == "feedback" and values}
    if layout == "original":
        native: dict[str, Any] = {"speaker": names[turn.speaker], "annotation": marks, "content": text}
    else:
        native = {"text": text, "speaker": names[turn.speaker], **marks}
    written = patched(native, kept.get("rest", {})) if as_read else native
    says_so = strategies(_annotated(written, layout)[0]) == turn.labels.get("strategy", [])
    return written if says_so else native


def unknown_labels(message: dict[str, Any], layout: Layout) -> Iterator[str]:
    """What is wrong with a message's strategies."""
    labels, _ = _annotated(message, layout)
    yield from (unknown(label) for label in labels if canonical(label) is None)


def _annotated(message: dict[str, Any], layout: Layout) -> tuple[list[str], str | None]:
    """The strategies of a message in the words of its file, and the seeker's feedback."""
    marks = message.get("annotation") if layout == "original" else message
    if not isinstance(marks, dict):
        return [], None
    several, one, feedback = marks.get("all_strategy"), marks.get("strategy"), marks.get("feedback")
    if isinstance(several, list) and all(isinstance(label, str) for label in several):
        labels = [*several]
    else:
        labels = [one] if isinstance(one, str) and one else []
    return labels, None if feedback is None else str(feedback)
