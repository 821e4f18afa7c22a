"""`duologue evaluate conversations DIALOGUES`: the control report.

duologue evaluate conversations runs/talk/dialogues.jsonl --restyled runs/styled/dialogues.jsonl --json scores.json
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

from duologue.cli.conversation_tables import show_conversations
from duologue.cli.model_flags import ModelFlags
from duologue.cli.results import list_problems
from duologue.corpora import formats
from duologue.corpora.text_lines import text_lines
from duologue.dialogue import Dialogue, Problem
from duologue.errors import InputError
from duologue.evaluation.contamination import HeldOutRuns
from duologue.evaluation.control import KINDS, ControlScore
from duologue.evaluation.control_judge import judge_control
from duologue.evaluation.conversations import score_conversations
from duologue.evaluation.label_words import trait_of
from duologue.files import write_json
from duologue.prompts.ask import ModelAsk

_PLAIN = (".txt", ".txt.gz", ".txt.zst")


def conversations(
    dialogues: str,
    *,
    dialogues_format: str = "duologue",
    restyled: str | None = None,
    against_corpus: str | None = None,
    format: str = "duologue",
    test_set: tuple[str, ...] = (),
    test_format: str = "duologue",
    run: int | None = None,
    characters: int = 280,
    permutations: int = 100,
    judge: str | None = None,
    base_url: str | None = None,
    judge_ledger: Path | None = None,
    embeddings: str = "minilm",
    seed: int = 0,
    json: Path | None = None,
) -> int:
    """Grown conversations: are their profiles recoverable? are they varied? who talks? is a test set in them?

    Parameters
    ----------
    dialogues
        Conversations with their motivation and disposition, e.g. `dialogues.jsonl` of `duologue synthesize
        conversation`.
    dialogues_format
        Their format, and that of --restyled.
    restyled
        The same conversations in another style: also score restyle fidelity.
    against_corpus
        A reference corpus: also show diversity and turn-taking of both side by side.
    format
        The reference corpus's format.
    test_set
        Texts that must not stand in the conversations: lines of a .txt file, or the messages of dialogues. May be
        repeated.
    test_format
        Format of the test sets that are not .txt.
    run
        Words in a run that counts as contamination. Default: 13, fewer (8 at least) where test texts are short.
    characters
        Most characters of a message.
    permutations
        How often labels are shuffled for the baseline.
    judge
        Model that also says which profile fits: tiny, openai:NAME, hf:PATH[+ADAPTER].
    base_url
        Root of the judge's server.
    judge_ledger
        Folder that keeps the judge's answers, so that nothing is asked twice.
    embeddings
        Model that compares meanings: the packaged `minilm`, or any sentence-transformers folder.
    seed
        Of all random choices.
    json
        Write everything here, row by row.
    """
    from duologue.measures.embeddings import Embedder

    odd: list[Problem] = []

    def read(path: str, name: str) -> list[Dialogue]:
        return list(formats.read(path, name, on_problem=odd.append))

    if characters < 1 or permutations < 0 or (run is not None and run < 1):
        raise InputError("expected --characters and --run of at least 1, --permutations of at least 0")
    embedder = Embedder(embeddings)
    ours = read(dialogues, dialogues_format)
    tests = _test_sets(test_set, test_format, run, odd) if test_set else None
    styled = None if restyled is None else read(restyled, dialogues_format)
    reference = None if against_corpus is None else read(against_corpus, format)
    judged = {}
    if judge is not None:
        models = ModelFlags(model=[judge], base_url=base_url)
        judged = asyncio.run(_judged(ours, models, judge_ledger, seed))
    score = score_conversations(
        ours,
        embedder,
        restyled=styled,
        reference=reference,
        tests=tests,
        judged=judged,
        limit=characters,
        permutations=permutations,
        seed=seed,
    )
    show_conversations(score)
    if json is not None:
        write_json(json, {"problems": odd, "score": score})
    unmatched = score.restyle.unmatched if score.restyle is not None else []
    status = list_problems(unmatched, f"restyled conversations whose source is not in {dialogues}")
    return max(status, list_problems(odd, "odd places in the files"))


def _test_sets(paths: Sequence[str], format: str, run: int | None, odd: list[Problem]) -> HeldOutRuns:
    def texts(path: str) -> Iterator[str]:
        if path.endswith(_PLAIN):
            yield from (line for _, line in text_lines(path))
        else:
            for dialogue in formats.read(path, format, on_problem=odd.append):
                yield from (turn.said for turn in dialogue.turns)

    return HeldOutRuns.of({path: texts(path) for path in paths}, run)


async def _judged(
    dialogues: Sequence[Dialogue], models: ModelFlags, ledger: Path | None, seed: int
) -> dict[str, ControlScore]:
    async with models.open_desk(("judge",), ledger) as desk:
        name = desk.models["judge"].name
        return {
            kind: await judge_control(dialogues, kind, lambda _: ModelAsk(desk, seed=seed), by=name, seed=seed)
            for kind in KINDS
            if any(trait_of(dialogue, kind) for dialogue in dialogues)
        }
