"""The dialogue: turns, what they rest on, and other ways they could have gone on.

This is the one structure that every room shares (DESIGN §2). Three rules keep the rest simple: the text of a turn is
never edited (what is added is an `Insertion`); a dialogue is a tree (`turns` is the trunk, `branches` the
alternatives); whatever an operator makes carries its `Origin`.

    from duologue.dialogue import Dialogue, Turn
    Dialogue(id="d1", turns=[Turn("user", "A room up north?"), Turn("system", "For which day?")])
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

Speaker: TypeAlias = Literal["user", "system", "tool"]

BeliefState: TypeAlias = dict[str, dict[str, list[str]]]
"""domain -> slot -> acceptable alternatives, e.g. `{"hotel": {"area": ["centre", "center"]}}`.

Slots have MultiWOZ 2.2's names without the domain (`area`, `bookday`, `arriveby`); a slot nobody spoke of is absent,
a slot about which the user does not care holds `["dontcare"]`.
"""


class _Struct(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """Defaults are left out on disk; an unknown field on disk is an error."""


class _Frozen(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The same for what never changes."""


class Act(_Frozen, frozen=True):
    """A dialogue act, e.g. `Act("hotel", "inform", "area", "north")`; no slot and value for `general-bye`.

    A requested slot has the intent `request` and no value.
    """

    domain: str
    intent: str
    slot: str | None = None
    value: str | None = None


class Span(_Frozen, frozen=True):
    """A value that stands in the turn's text at characters `start` to `end` (exclusive).

    `slot` has the canonical name (`area`, `bookday`, `trainid`); `domain` and `intent` are those of the act that it
    belongs to, where the corpus says so.
    """

    slot: str
    value: str
    start: int
    end: int
    domain: str | None = None
    intent: str | None = None


class Insertion(_Frozen, frozen=True):
    """Text that an operator put before or after a turn's text; `by` is the key of the request that wrote it."""

    kind: str
    text: str
    where: Literal["before", "after"]
    by: str | None = None


class DomainGoal(_Struct):
    """What the user wants in one domain.

    Attributes:
        inform: constraints, slot -> value.
        request: slots whose values the user wants to hear.
        book: booking constraints, slot -> value; None where nothing is to be booked.
        fail_inform: constraints to try first, which nothing satisfies.
        fail_book: booking constraints to try first, which fail.
    """

    inform: dict[str, str] = {}
    request: list[str] = []
    book: dict[str, str] | None = None
    fail_inform: dict[str, str] = {}
    fail_book: dict[str, str] = {}


class Goal(_Struct):
    """The user's goal: per domain, and as the instruction that the crowd worker saw."""

    domains: dict[str, DomainGoal] = {}
    message: list[str] = []


class Grounding(_Struct):
    """What the answers rest on: a table, passages, or a database by name."""

    table: list[list[str]] | None = None
    passages: list[str] = []
    database: str | None = None


class Origin(_Frozen, frozen=True):
    """How a dialogue, branch or turn was made: enough to make it again.

    Attributes:
        operator: the operator's name.
        options: hash of its resolved options.
        model: fingerprint of the model (roles joined by `,` where there are several).
        requests: keys of the ledger's replies it was made from.
        draw: which of several draws it is.
        parent: id of the dialogue it was made from.
    """

    operator: str
    options: str = ""
    model: str = ""
    requests: list[str] = []
    draw: int = 0
    parent: str | None = None


class Turn(_Struct):
    """One turn.

    Attributes:
        speaker: `user`, `system` or `tool`.
        text: what was said in the corpus; never edited.
        insertions: what operators added.
        state: on user turns, the belief state that this turn makes true (cumulative).
        acts: dialogue acts; None where the corpus has no annotation for this turn.
        spans: values in the text.
        booked: on system turns, domain -> what has been booked so far (cumulative), each a dict such as
            `{"name": …, "reference": …}`.
        labels: strategies, actions, feedback and whatever else a corpus marks.
        source: (dialogue id, index) of the turn it was derived from; None for a turn read from its own corpus.
        native: per format, exactly what the schema does not model; only that format's writer reads it.
    """

    speaker: Speaker
    text: str
    insertions: list[Insertion] = []
    state: BeliefState | None = None
    acts: list[Act] | None = None
    spans: list[Span] = []
    booked: dict[str, list[dict[str, str]]] = {}
    labels: dict[str, list[str]] = {}
    source: tuple[str, int] | None = None
    native: dict[str, Any] = {}

    @property
    def said(self) -> str:
        """The text with its insertions, in the order in which they were made (later ones lie further out)."""
        said = self.text
        for insertion in self.insertions:
            pieces = (insertion.text, said) if insertion.where == "before" else (said, insertion.text)
            said = " ".join(piece for piece in pieces if piece)
        return said

    def inserted(self, kind: str) -> str | None:
        """The text of the first insertion of a kind, None when there is none."""
        return next((i.text for i in self.insertions if i.kind == kind), None)


class Branch(_Struct):
    """Another way the conversation could go on after the first `at` turns of its parent path."""

    id: str
    at: int
    turns: list[Turn]
    labels: dict[str, list[str]] = {}
    scores: dict[str, float] = {}
    goal: Goal | None = None
    origin: Origin | None = None
    branches: list[Branch] = []


class Dialogue(_Struct):
    """A conversation, what it rests on, and its alternatives.

    Attributes:
        id: unique in a corpus; a derived dialogue's id is its parent's plus a short hash (`derived_id`).
        turns: the trunk, i.e. the gold or observed conversation.
        goal: what the user wants.
        grounding: what the answers rest on.
        instruction: what a chat format calls the system message.
        facts: situation, profile, emotion, problem type, hidden intent, survey scores.
        roles: the corpus's own speaker names, e.g. `{"user": "seeker", "system": "supporter"}`.
        branches: other ways it could go on.
        origin: how an operator made it; None for a dialogue read from a corpus.
        native: per format, exactly what the schema does not model.
    """

    id: str
    turns: list[Turn]
    goal: Goal | None = None
    grounding: Grounding | None = None
    instruction: str | None = None
    facts: dict[str, Any] = {}
    roles: dict[str, str] = {}
    branches: list[Branch] = []
    origin: Origin | None = None
    native: dict[str, Any] = {}
