"""`duologue evaluate steering BRANCHES --classifier DIR`: do replies follow the strategy that was asked for?

duologue evaluate steering runs/*/dialogues.jsonl --classifier runs/classifier --attention runs/a/attention.jsonl
duologue evaluate steering dialogues.jsonl --predictability
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter, validators

from duologue.cli.steering_tables import show_correlation, show_following, show_predictability
from duologue.cli.strategy_source import read_replies
from duologue.corpora.strategy_labels import Several
from duologue.dialogue import read_rows, write_rows
from duologue.errors import InputError
from duologue.evaluation.steering.correlation import correlate
from duologue.evaluation.steering.following import recognise, score_following
from duologue.evaluation.steering.sra_row import SRARow
from duologue.files import write_json
from duologue.models.text_classifier import TextClassifier

_AtLeastOne = Annotated[int, Parameter(validator=validators.Number(gte=1))]


def steering(
    *branches: str,
    format: str = "duologue",
    classifier: str | None = None,
    rows: Path | None = None,
    attention: tuple[Path, ...] = (),
    mode: Literal["response_mean", "first_token"] = "response_mean",
    span: str = "strategy_name",
    predictability: Annotated[bool, Parameter(negative=())] = False,
    shortest: _AtLeastOne = 1,
    longest: _AtLeastOne = 3,
    stop_words: Annotated[bool, Parameter(negative=())] = False,
    embeddings: str = "minilm",
    several: Several = "first",
    seed: int = 0,
    json: Path | None = None,
) -> int:
    """Replies that were told to follow a strategy: do they, and can it be read off their words?

    Parameters
    ----------
    branches
        Dialogues whose branches have strategies (`duologue synthesize continuation`), a file for each layout; or a
        corpus with gold strategies.
    format
        Their format.
    classifier
        Following: what a classifier of `duologue train classifier` recognises against what was asked for, in total, per
        strategy, layout and depth (utterances before the reply).
    rows
        Write a row for each reply here (JSONL): asked for, recognised, probability.

    Attention:
        `attention.jsonl` of `duologue attend` on the same branches, repeated for several: also correlate SRA with
        following.
    mode
        Which SRA: of all tokens of the reply, or of the first.
    span
        Of which part of the prompt, e.g. `strategy_name`, `strategy_description`, `instruction`.
    predictability
        How far strategies can be told from the words of replies, by logistic regression on n-grams and on sentence
        embeddings, on conversations that it has not seen; for each layout too, where there are several.
    shortest
        Words of the shortest n-gram.
    longest
        Words of the longest.
    stop_words
        Leave English stop words out of the n-grams.
    embeddings
        Model of meanings: the packaged `minilm`, any sentence-transformers folder, or `none`.
    several
        What a gold turn with several strategies counts as.
    seed
        Of the folds and the bootstrap.
    json
        Write everything here.
    """
    if classifier is None and not predictability:
        raise InputError(
            "nothing to evaluate", where="--classifier", mend="give --classifier DIR, --predictability, or both"
        )
    if classifier is None and (rows is not None or attention):
        raise InputError("--rows and --attention need following", mend="give --classifier DIR")
    if longest < shortest:
        raise InputError(f"no n-grams of {shortest} to {longest} words", where="--longest", mend="give a larger one")
    read = read_replies(branches, format, several)
    result: dict[str, Any] = {"problems": read.odd}
    if classifier is not None:
        judge = TextClassifier.load(classifier)
        found = recognise(read.replies, judge)
        result["following"] = score_following(found, classifier=judge.fingerprint, seed=seed)
        show_following(result["following"])
        if rows is not None:
            write_rows(rows, found)
        if attention:
            measured = (row for path in attention for row in read_rows(path, SRARow))
            result["correlation"] = correlate(found, measured, mode=mode, span=span, seed=seed)
            show_correlation(result["correlation"])
    if predictability:
        result["predictability"] = _predictability(read.replies, shortest, longest, stop_words, embeddings, seed)
        show_predictability(result["predictability"])
    if json is not None:
        write_json(json, result)
    return read.status()


def _predictability(
    replies: list[Any], shortest: int, longest: int, stop_words: bool, embeddings: str, seed: int
) -> dict[str, list[Any]]:
    """Layout (or `all`) -> what was found with each kind of features."""
    from duologue.evaluation.steering.predictability import NGrams, predictability
    from duologue.measures.embeddings import Embedder

    features: list[Any] = [NGrams(shortest, longest, stop_words)]
    if embeddings != "none":
        features.append(Embedder(embeddings, progress=sys.stderr.isatty()))
    layouts = sorted({reply.layout for reply in replies if reply.layout is not None})
    parts = {"all": replies}
    if len(layouts) > 1:
        parts |= {layout: [reply for reply in replies if reply.layout == layout] for layout in layouts}
    return {name: [predictability(own, each, seed=seed) for each in features] for name, own in parts.items()}
