"""A native MultiWOZ 2.1 dialogue -> `Dialogue`.

dialogue_from_native("MUL0001.json", {"goal": {...}, "log": [...]})
"""

from __future__ import annotations

from typing import Any

from duologue.corpora.multiwoz.acts import act_name, acts_of, native_acts
from duologue.corpora.multiwoz.goal import goal_of, goal_patch
from duologue.corpora.multiwoz.layout import PUBLISHED, Layout
from duologue.corpora.multiwoz.metadata import MetadataCodec, MetadataError
from duologue.corpora.multiwoz.slots import ACT_DOMAINS, DOMAINS
from duologue.corpora.multiwoz.spans import is_span, native_spans, reading_of, spans_of
from duologue.corpora.multiwoz.v21_encode import FORMAT
from duologue.corpora.problems import OnProblem, UnreadableDialogue
from duologue.dialogue import Dialogue, Problem, Turn

_TURN_KEYS = ("text", "metadata", "dialog_act", "span_info")
_STATE_DOMAINS = frozenset(DOMAINS)


def dialogue_from_native(key: str, native: Any, on_problem: OnProblem | None = None) -> Dialogue:
    """Make a dialogue of `{goal, log}`.

    Args:
        key: its id, with or without `.json`.
        native: as parsed from JSON; it is not changed.
        on_problem: told of what is odd; None raises an `InputError` instead.

    Raises:
        UnreadableDialogue: it is not laid out as a MultiWOZ 2.1 dialogue.
    """
    dialogue_id = key.removesuffix(".json")
    return _Reader(dialogue_id, key[len(dialogue_id) :], on_problem or _stop).dialogue(native)


def _stop(problem: Problem) -> None:
    raise UnreadableDialogue(problem.dialogue, problem.where, problem.what)


class _Reader:
    """Reads one native dialogue; what is odd is told once for each domain and place."""

    def __init__(self, dialogue_id: str, suffix: str, on_problem: OnProblem) -> None:
        self._id = dialogue_id
        self._suffix = suffix
        self._tell = on_problem
        self._unknown: set[str] = set()

    def dialogue(self, native: Any) -> Dialogue:
        if not isinstance(native, dict):
            raise UnreadableDialogue(self._id, "dialogue", f"expected an object, found {type(native).__name__}")
        log = native.get("log")
        if not isinstance(log, list):
            found = "nothing" if log is None else type(log).__name__
            raise UnreadableDialogue(self._id, "log", f"expected a list of turns, found {found}")
        for index, turn in enumerate(log):
            if not isinstance(turn, dict):
                raise UnreadableDialogue(self._id, f"turn {index}", f"expected an object, found {type(turn).__name__}")
            if not isinstance(turn.get("text"), str):
                found = type(turn["text"]).__name__ if "text" in turn else "nothing"
                raise UnreadableDialogue(self._id, f"turn {index}, text", f"expected text, found {found}")
        if not log:
            self._say("log", "there are no turns")
        elif len(log) % 2:
            self._say("log", f"the number of turns ({len(log)}) is odd: no system turn answers the last user turn")
        layout = self._layout(log)
        dialogue = Dialogue(self._id, self._turns(log, layout))
        kept: dict[str, Any] = {}
        if layout != PUBLISHED:
            kept["layout"] = layout.to_native()
        self._read_goal(native, dialogue, kept)
        extra = {key: value for key, value in native.items() if key not in ("goal", "log")}
        if extra:
            kept["extra"] = extra
        if kept:
            dialogue.native[FORMAT] = kept
        return dialogue

    def _say(self, where: str, what: str) -> None:
        self._tell(Problem(self._id, where, what))

    def _layout(self, log: list[dict[str, Any]]) -> Layout:
        lists = False
        for turn in log[1::2]:
            metadata = turn.get("metadata")
            values = _some_values(metadata) if isinstance(metadata, dict) else []
            if values:
                lists = isinstance(values[0], list)
                break
        names = "canonical" if lists else "short"
        for turn in log:
            slot = _some_act_slot(turn.get("dialog_act"))
            if slot is not None:
                names = "canonical" if slot.islower() else "short"
                break
        annotated = [(turn["text"], turn["span_info"]) for turn in log if turn.get("span_info")]
        well_formed = [
            (text, [span for span in spans if is_span(span)]) for text, spans in annotated if isinstance(spans, list)
        ]
        return Layout(
            suffix=self._suffix,
            values="lists" if lists else "text",
            spans=reading_of(well_formed, "characters" if lists else "tokens"),
            names="canonical" if names == "canonical" else "short",
        )

    def _turns(self, log: list[dict[str, Any]], layout: Layout) -> list[Turn]:
        turns: list[Turn] = []
        codec = MetadataCodec(layout.values == "lists")
        for index, native in enumerate(log):
            turn = Turn("system" if index % 2 else "user", native["text"])
            kept: dict[str, Any] = {}
            if not turn.text.strip():
                self._say(f"turn {index}, text", "is empty")
            self._read_metadata(index, native, turn, turns, codec, kept)
            self._read_acts(index, native, turn, layout, kept)
            self._read_spans(index, native, turn, layout, kept)
            missing = [key for key in _TURN_KEYS if key not in native]
            if missing:
                kept["missing"] = missing
            if len(native) + len(missing) > len(_TURN_KEYS):
                kept["extra"] = {key: value for key, value in native.items() if key not in _TURN_KEYS}
            if kept:
                turn.native[FORMAT] = kept
            turns.append(turn)
        return turns

    def _read_metadata(
        self,
        index: int,
        native: dict[str, Any],
        turn: Turn,
        before: list[Turn],
        codec: MetadataCodec,
        kept: dict[str, Any],
    ) -> None:
        metadata = native.get("metadata")
        if not metadata and ("metadata" not in native or metadata == {}):
            return
        if not isinstance(metadata, dict):
            found = type(metadata).__name__
            raise UnreadableDialogue(self._id, f"turn {index}, metadata", f"expected an object, found {found}")
        if turn.speaker == "user":
            kept["metadata"] = metadata
            return
        try:
            before[-1].state, turn.booked, patch = codec.read(metadata)
        except MetadataError as error:
            raise UnreadableDialogue(self._id, f"turn {index}, metadata.{error.where}", error.what) from None
        for domain in metadata.keys() - _STATE_DOMAINS:
            self._unknown_domain(domain, f"turn {index}, metadata")
        if patch:
            kept["metadata"] = patch

    def _read_acts(self, index: int, native: dict[str, Any], turn: Turn, layout: Layout, kept: dict[str, Any]) -> None:
        raw = native.get("dialog_act")
        try:
            turn.acts = acts_of(raw)
        except TypeError as error:
            raise UnreadableDialogue(self._id, f"turn {index}, dialog_act", str(error)) from None
        if turn.acts is not None:
            for name in raw or ():
                domain = act_name(name)[0]
                if domain not in ACT_DOMAINS:
                    self._unknown_domain(domain, f"turn {index}, dialog_act {name}")
        if "dialog_act" in native and raw != native_acts(turn.acts, canonical_names=layout.names == "canonical"):
            kept["dialog_act"] = raw

    def _read_spans(self, index: int, native: dict[str, Any], turn: Turn, layout: Layout, kept: dict[str, Any]) -> None:
        raw = native.get("span_info")
        if not raw:
            if "span_info" in native and raw != []:
                kept["span_info"] = raw
            return
        if not isinstance(raw, list):
            found = type(raw).__name__
            raise UnreadableDialogue(self._id, f"turn {index}, span_info", f"expected a list, found {found}")
        try:
            turn.spans, outside = spans_of(turn.text, raw, layout.spans)
        except TypeError as error:
            raise UnreadableDialogue(self._id, f"turn {index}, span_info{error}", "is no span") from None
        for number in outside:
            _, _, value, start, end = raw[number]
            self._say(
                f"turn {index}, span_info[{number}]",
                f"the span {start} to {end} ({layout.spans}) of {value!r} lies outside its text",
            )
        canonical = layout.names == "canonical"
        if raw != native_spans(turn.text, turn.spans, layout.spans, canonical_names=canonical):
            kept["span_info"] = raw

    def _read_goal(self, native: dict[str, Any], dialogue: Dialogue, kept: dict[str, Any]) -> None:
        if "goal" not in native:
            kept["missing"] = ["goal"]
            return
        goal = native["goal"]
        if not isinstance(goal, dict):
            raise UnreadableDialogue(self._id, "goal", f"expected an object, found {type(goal).__name__}")
        if not goal:
            return
        try:
            dialogue.goal = goal_of(goal)
        except TypeError as error:
            raise UnreadableDialogue(self._id, "goal", str(error)) from None
        patch = goal_patch(goal, dialogue.goal)
        if patch:
            kept["goal"] = patch

    def _unknown_domain(self, domain: str, where: str) -> None:
        if domain not in self._unknown:
            self._unknown.add(domain)
            self._say(where, f"unknown domain {domain!r}")


def _some_values(metadata: dict[str, Any]) -> list[Any]:
    """The state values of the first domain that has any."""
    for entry in metadata.values():
        semi = entry.get("semi") if isinstance(entry, dict) else None
        if isinstance(semi, dict) and semi:
            return list(semi.values())
    return []


def _some_act_slot(acts: Any) -> str | None:
    """The first slot name in a turn's acts."""
    if isinstance(acts, dict):
        for pairs in acts.values():
            for pair in pairs if isinstance(pairs, list) else ():
                if isinstance(pair, list) and pair and isinstance(pair[0], str) and pair[0] != "none":
                    return pair[0]
    return None
