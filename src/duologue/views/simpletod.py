"""SimpleToD: a dialogue as text, one example per system turn, the same for training and for asking.

    <|context|> <|user|> U1 <|system|> S1 <|user|> U2 <|endofcontext|> <|belief|> B <|endofbelief|> <|action|> A
    <|endofaction|> <|response|> R <|endofresponse|>

(one line; spec/tod.md §1.8). The history is lexicalised on both sides, R is delexicalised. Three variants: `simpletod`
leaves insertions out, `interference` renders backstory and reaction, `fusedchat` takes derived dialogues whose chitchat
turns are marked by `labels["fusedchat"]`; a chitchat system turn has a response only.

    for example in simpletod_examples(dialogue, "interference"): print(example.prompt + example.completion)
    parse_completion(reply.text).state

`markers="special"` are the published tokens, to be added to a tokenizer (`special_tokens()`). `markers="plain"` are the
tags of the newer sibling format, `<belief> … </belief>`, which any tokenizer writes as ordinary text: no new rows in
the embedding, so they suit a small LoRA and models with tied embeddings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from duologue.dialogue import Act, BeliefState, Dialogue, Speaker, Turn
from duologue.views.belief import parse_belief, render_belief
from duologue.views.delexicalise import PLACEHOLDERS, delexicalise

Variant: TypeAlias = Literal["simpletod", "interference", "fusedchat"]
MarkerStyle: TypeAlias = Literal["special", "plain"]
CHITCHAT = frozenset({"prepended", "appended", "chitchat"})
"""Values of `labels["fusedchat"]` that mark a chitchat turn; `rewritten` and `original` turns are task-oriented."""


class Markers(NamedTuple):
    """The pieces of text that separate the parts of an example."""

    context: str
    end_context: str
    user: str
    system: str
    belief: str
    end_belief: str
    action: str
    end_action: str
    response: str
    end_response: str


MARKERS: dict[MarkerStyle, Markers] = {
    "special": Markers(
        "<|context|>",
        "<|endofcontext|>",
        "<|user|>",
        "<|system|>",
        "<|belief|>",
        "<|endofbelief|>",
        "<|action|>",
        "<|endofaction|>",
        "<|response|>",
        "<|endofresponse|>",
    ),
    "plain": Markers(
        "<context>",
        "</context>",
        "<user>",
        "<system>",
        "<belief>",
        "</belief>",
        "<action>",
        "</action>",
        "<response>",
        "</response>",
    ),
}


class SimpleTodExample(msgspec.Struct, frozen=True):
    """One example: `completion` is what a model learns to write after `prompt`; their concatenation is the layout.

    `turn` is the index of the system turn in its dialogue; `dropped` are the oldest turns that are not in the prompt,
    for it would be too long with them.
    """

    dialogue: str
    turn: int
    prompt: str
    completion: str
    dropped: tuple[str, ...] = ()


class SimpleTodOutput(NamedTuple):
    """What a model wrote, taken apart.

    Attributes:
        state: the belief state; None where it wrote none (as after chitchat).
        action: the action text; None where it wrote none.
        response: the delexicalised response, empty where it is missing.
        note: what is wrong with the text, None where nothing is.
    """

    state: BeliefState | None
    action: str | None
    response: str
    note: str | None


def special_tokens() -> list[str]:
    """The tokens that `markers="special"` adds to a tokenizer: ten markers and 26 placeholders."""
    return [*MARKERS["special"], *PLACEHOLDERS]


def simpletod_examples(
    dialogue: Dialogue,
    variant: Variant = "simpletod",
    *,
    markers: MarkerStyle = "special",
    max_prompt_tokens: int | None = None,
    count_tokens: Callable[[str], int] | None = None,
) -> Iterator[SimpleTodExample]:
    """Yield one example per system turn of a dialogue's trunk.

    Args:
        dialogue: its user turns carry the belief states, its system turns acts and spans.
        variant: which of the three published renderings.
        markers: special tokens or plain text.
        max_prompt_tokens: drop whole turns, oldest first, until the prompt has at most so many tokens; the newest turn
            always stays.
        count_tokens: the tokens of a text, where `max_prompt_tokens` is given.
    """
    history: list[tuple[Speaker, str]] = []
    state: BeliefState = {}
    for index, turn in enumerate(dialogue.turns):
        if turn.speaker == "tool":
            continue
        if turn.speaker == "user":
            state = turn.state if turn.state is not None else state
        else:
            first = _first_kept(history, markers, max_prompt_tokens, count_tokens)
            dropped = tuple(f"{speaker}: {text}" for speaker, text in history[:first])
            prompt = _prompt(history[first:], markers)
            yield SimpleTodExample(dialogue.id, index, prompt, _completion(turn, state, variant, markers), dropped)
        history.append((turn.speaker, spoken_text(turn, variant)))


def simpletod_prompt(
    history: Sequence[tuple[Speaker, str]],
    *,
    markers: MarkerStyle = "special",
    max_prompt_tokens: int | None = None,
    count_tokens: Callable[[str], int] | None = None,
) -> str:
    """The context that a model is given: the turns so far, the newest last.

    With special markers it ends in the layout's space; with plain ones that space opens the completion, because
    tokenizers join a space to the word that follows it.
    """
    return _prompt(history[_first_kept(history, markers, max_prompt_tokens, count_tokens) :], markers)


def render_completion(state: BeliefState, action: str, response: str, markers: MarkerStyle = "special") -> str:
    """What follows a prompt: belief, action and response between their markers."""
    mark = MARKERS[markers]
    parts = [mark.belief, render_belief(state), mark.end_belief, mark.action, action, mark.end_action]
    return _lead(markers) + " ".join(part for part in [*parts, mark.response, response, mark.end_response] if part)


def render_action(acts: Sequence[Act]) -> str:
    """System acts as text, `domain intent slot` joined by `, `; those about a name come first."""
    ordered = sorted(acts, key=lambda act: act.slot != "name")
    return ", ".join(
        " ".join([act.domain, act.intent, *([act.slot] if act.slot and act.slot != "none" else [])]).lower()
        for act in ordered
    )


def spoken_text(turn: Turn, variant: Variant) -> str:
    """A turn as it stands in the history: with insertions for `interference`, chitchat in ASCII for `fusedchat`."""
    text = turn.said if variant == "interference" else turn.text
    return _ascii(text) if variant == "fusedchat" and is_chitchat(turn) else " ".join(text.split())


def response_text(turn: Turn, variant: Variant) -> str:
    """A system turn as a model learns to write it: delexicalised, for `interference` with its insertions."""
    if variant == "fusedchat" and is_chitchat(turn):
        return _ascii(turn.text)
    response = delexicalise(turn.text, turn.spans)
    if variant == "interference":
        response = msgspec.structs.replace(turn, text=response).said
    return " ".join(response.split())


def is_chitchat(turn: Turn) -> bool:
    """Whether FusedChat added this turn as chitchat."""
    return not CHITCHAT.isdisjoint(turn.labels.get("fusedchat", []))


def parse_completion(raw: str, markers: MarkerStyle = "special") -> SimpleTodOutput:
    """Take apart what a model wrote after a prompt; nothing in it is too odd to be read.

    Args:
        raw: the completion, with or without the end marker at which generation stopped. What stands before the end of a
            context is ignored.
        markers: the markers that the model writes.
    """
    mark = MARKERS[markers]
    raw = raw.rpartition(mark.end_context)[2]
    belief = _between(raw, mark.belief, mark.end_belief, mark)
    action = _between(raw, mark.action, mark.end_action, mark)
    response = _between(raw, mark.response, mark.end_response, mark)
    parsed = None if belief is None else parse_belief(belief)
    notes = []
    if parsed is not None and parsed.malformed:
        notes.append(f"{parsed.malformed} malformed belief item{'s' if parsed.malformed > 1 else ''}")
    if not response:
        notes.append("no response")
    return SimpleTodOutput(None if parsed is None else parsed.state, action, response or "", "; ".join(notes) or None)


def _completion(turn: Turn, state: BeliefState, variant: Variant, markers: MarkerStyle) -> str:
    response = response_text(turn, variant)
    if variant == "fusedchat" and is_chitchat(turn):
        mark = MARKERS[markers]
        return f"{_lead(markers)}{mark.response} {response} {mark.end_response}"
    return render_completion(state, render_action(turn.acts or []), response, markers)


def _first_kept(
    history: Sequence[tuple[Speaker, str]],
    markers: MarkerStyle,
    max_prompt_tokens: int | None,
    count_tokens: Callable[[str], int] | None,
) -> int:
    """Index of the oldest turn in the prompt; the newest is always in it."""
    if (
        max_prompt_tokens is None
        or count_tokens is None
        or count_tokens(_prompt(history, markers)) <= max_prompt_tokens
    ):
        return 0
    high = max(len(history) - 1, 0)
    low = min(1, high)
    while low < high:  # the first start at which the rest fits
        middle = (low + high) // 2
        fits = count_tokens(_prompt(history[middle:], markers)) <= max_prompt_tokens
        low, high = (low, middle) if fits else (middle + 1, high)
    return low


def _prompt(history: Sequence[tuple[Speaker, str]], markers: MarkerStyle) -> str:
    mark = MARKERS[markers]
    turns = [" ".join([mark.user if speaker == "user" else mark.system, *text.split()]) for speaker, text in history]
    return " ".join([mark.context, *turns, mark.end_context]) + (" " if markers == "special" else "")


def _lead(markers: MarkerStyle) -> str:
    return " " if markers == "plain" else ""


def _between(raw: str, start: str, end: str, mark: Markers) -> str | None:
    """The text after a marker, up to its end marker or else the next marker of any kind; None without the marker."""
    _, found, rest = raw.partition(start)
    if not found:
        return None
    stops = [place for each in (end, *mark) if (place := rest.find(each)) >= 0]
    return " ".join(rest[: min(stops, default=len(rest))].split())


def _ascii(text: str) -> str:
    return " ".join(text.encode("ascii", "ignore").decode().split())
