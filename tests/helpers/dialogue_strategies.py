"""Hypothesis strategies for whole dialogues: insertions, states, acts, spans inside their text, branches.

@given(dialogue=dialogues())
def test_…(dialogue): assert not list(check(dialogue))
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from duologue.dialogue import Act, Branch, Dialogue, DomainGoal, Goal, Grounding, Insertion, Origin, Span, Turn

words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=20)
said = words.filter(lambda text: bool(text.strip()))
names = st.sampled_from(["area", "name", "bookday", "stars", "price"])
domains = st.sampled_from(["hotel", "train", "taxi"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | words,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(words, inner, max_size=2),
    max_leaves=4,
)
states = st.dictionaries(
    domains, st.dictionaries(names, st.lists(said, min_size=1, max_size=2), max_size=2), max_size=2
)
acts = st.builds(Act, domains, st.sampled_from(["inform", "request"]), st.none() | names, st.none() | words)
insertions = st.builds(
    Insertion, st.sampled_from(["backstory", "reaction"]), said, st.sampled_from(["before", "after"]), st.none() | words
)
origins = st.builds(Origin, words, words, words, st.lists(words, max_size=2), st.integers(0, 9), st.none() | words)
goals = st.builds(
    Goal,
    st.dictionaries(
        domains,
        st.builds(DomainGoal, st.dictionaries(names, words, max_size=2), st.lists(names), st.none() | st.just({})),
        max_size=2,
    ),
    st.lists(words, max_size=2),
)


@st.composite
def turns(draw: st.DrawFn, speaker: str | None = None) -> Turn:
    """A sound turn: its spans lie inside its text, a state only on a user turn."""
    who: Any = speaker or draw(st.sampled_from(["user", "system", "tool"]))
    text = draw(said)
    spans = []
    for _ in range(draw(st.integers(0, 2))):
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        spans.append(Span(draw(names), text[start:end], start, end, draw(st.none() | domains)))
    return Turn(
        who,
        text,
        draw(st.lists(insertions, max_size=2)),
        draw(st.none() | states) if who == "user" else None,
        draw(st.none() | st.lists(acts, max_size=2)),
        spans,
        draw(st.dictionaries(domains, st.lists(st.dictionaries(names, words, max_size=1), max_size=1), max_size=1)),
        draw(st.dictionaries(names, st.lists(words, max_size=2), max_size=1)),
        draw(st.none() | st.tuples(words, st.integers(0, 9))),
        draw(st.dictionaries(words, json_values, max_size=1)),
    )


@st.composite
def dialogues(draw: st.DrawFn, max_turns: int = 5, branching: bool = True, alternating: bool = False) -> Dialogue:
    """A sound dialogue: unique branch ids, branches that start inside their parent path.

    Args:
        draw: given by hypothesis.
        max_turns: of the trunk; branches have at most two.
        branching: whether it may have branches, up to three and nested.
        alternating: user and system take turns, the user first.
    """
    count = draw(st.integers(1, max_turns))
    speakers = ["user", "system"] * count if alternating else [None] * count
    trunk = [draw(turns(speaker)) for speaker in speakers[:count]]
    made = Dialogue(
        draw(words),
        trunk,
        draw(st.none() | goals),
        draw(st.none() | st.builds(Grounding, st.none(), st.lists(words, max_size=1), st.none() | words)),
        draw(st.none() | words),
        draw(st.dictionaries(words, json_values, max_size=2)),
        draw(st.just({}) | st.just({"user": "seeker", "system": "supporter"})),
        [],
        draw(st.none() | origins),
        draw(st.dictionaries(words, json_values, max_size=1)),
    )
    parents: list[tuple[Dialogue | Branch, int]] = [(made, len(trunk))]
    for number in range(draw(st.integers(0, 3)) if branching else 0):
        parent, length = draw(st.sampled_from(parents))
        at = draw(st.integers(0, length))
        branch = Branch(
            f"{made.id}#{number}",
            at,
            draw(st.lists(turns(), min_size=1, max_size=2)),
            draw(st.dictionaries(names, st.lists(words, max_size=1), max_size=1)),
            draw(st.dictionaries(names, st.floats(allow_nan=False, allow_infinity=False), max_size=1)),
            draw(st.none() | goals),
            draw(st.none() | origins),
        )
        parent.branches.append(branch)
        parents.append((branch, at + len(branch.turns)))
    return made
