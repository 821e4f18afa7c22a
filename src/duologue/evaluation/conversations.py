"""The control report: everything that Duologue measures on grown conversations, in one score.

    score = score_conversations(dialogues, restyled=styled, reference=corpus, tests=HeldOutRuns.of({"test": lines}))
    score.control["disposition"].verdict

Which parts there are depends on what is given; a model as judge is asked by `control_judge`.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from duologue.dialogue import Dialogue
from duologue.errors import InputError
from duologue.evaluation.contamination import ContaminationScore, HeldOutRuns, score_contamination
from duologue.evaluation.control import KINDS, PERMUTATIONS, ControlScore, score_control
from duologue.evaluation.corpus_comparison import Comparison, compare_corpora
from duologue.evaluation.diversity import DiversityScore, score_diversity
from duologue.evaluation.label_words import trait_of
from duologue.evaluation.restyle_fidelity import RestyleScore, score_restyle_fidelity
from duologue.evaluation.turn_taking import LIMIT, TurnTakingScore, score_turn_taking
from duologue.measures.embeddings import Embedder


class ConversationsScore(msgspec.Struct, frozen=True):
    """The parts of the report.

    Attributes:
        conversations: how many there are.
        control: `disposition` and `motivation`, those of them that the conversations have.
        judged: the same by a model; empty without a judge.
        diversity: of the conversations.
        turn_taking: of the conversations.
        restyle: None without restyled conversations.
        restyled_control: as `control`, of the restyled conversations.
        contamination: None without test sets.
        comparison: None without a reference corpus.
    """

    conversations: int
    control: dict[str, ControlScore]
    judged: dict[str, ControlScore]
    diversity: DiversityScore
    turn_taking: TurnTakingScore
    restyle: RestyleScore | None
    restyled_control: dict[str, ControlScore]
    contamination: ContaminationScore | None
    comparison: Comparison | None


def score_conversations(
    dialogues: Iterable[Dialogue],
    embedder: Embedder | None = None,
    *,
    restyled: Iterable[Dialogue] | None = None,
    reference: Iterable[Dialogue] | None = None,
    tests: HeldOutRuns | None = None,
    judged: dict[str, ControlScore] | None = None,
    limit: int = LIMIT,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> ConversationsScore:
    """Score conversations.

    Args:
        dialogues: grown from seeds, with their motivation and disposition among the facts.
        embedder: the packaged MiniLM by default.
        restyled: the same conversations in another style.
        reference: a corpus to compare with.
        tests: test sets that must not stand in the conversations.
        judged: what `control_judge` found.
        limit: most characters of a message.
        permutations: how often labels are shuffled.
        seed: of all random choices.

    Raises:
        InputError: no conversation has more than one message, or no dialogue of the reference corpus has.
        MissingExtra: the extra `evaluate` or `data` is not installed.
    """
    embedder = embedder or Embedder()
    ours, styled = _conversations(dialogues, "the dialogues"), list(restyled or ())
    theirs = None if reference is None else _conversations(reference, "the reference corpus")
    return ConversationsScore(
        conversations=len(ours),
        control=_control(ours, permutations, seed),
        judged=judged or {},
        diversity=score_diversity(ours, embedder, seed=seed),
        turn_taking=score_turn_taking(ours, limit=limit, seed=seed),
        restyle=score_restyle_fidelity(styled, ours, embedder, limit=limit, seed=seed) if styled else None,
        restyled_control=_control(styled, permutations, seed),
        contamination=None if tests is None else score_contamination([*ours, *styled], tests, seed=seed),
        comparison=None if theirs is None else compare_corpora(ours, theirs, embedder, limit=limit, seed=seed),
    )


def _conversations(dialogues: Iterable[Dialogue], where: str) -> list[Dialogue]:
    found = list(dialogues)
    if not any(len(dialogue.turns) > 1 for dialogue in found):
        raise InputError(
            "no dialogue has more than one message", where=where, mend="give conversations, not the seeds alone"
        )
    return found


def _control(dialogues: list[Dialogue], permutations: int, seed: int) -> dict[str, ControlScore]:
    return {
        kind: score_control(dialogues, kind, permutations=permutations, seed=seed)
        for kind in KINDS
        if any(trait_of(dialogue, kind) for dialogue in dialogues)
    }
