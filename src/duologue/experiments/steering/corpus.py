"""Stage `corpus`: conversations to learn from, for the classifier, and to be continued.

Of the sample, what is learnt from speaks in phrases of the split `train`, which the embedded model knows by heart; what
is continued is of `test`. The classifier learns from `val` and `test`, other conversations than those continued: other
phrases than the model speaks in, and enough of them to know a strategy by more than a few wordings. For it the world
writes replies by every strategy at a few points of each conversation; a file has its gold turns.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from itertools import chain, count
from typing import Any

from duologue.corpora import formats
from duologue.corpora.continuation_points import points
from duologue.corpora.conversation_splits import conversation_splits
from duologue.corpora.esconv.corpus import dialogue_from_native
from duologue.corpora.problems import stop_at
from duologue.corpora.strategies import BY_COLLECTION
from duologue.corpora.strategy_labels import STRATEGY
from duologue.corpora.worlds.splits import Split
from duologue.corpora.worlds.support.moves import Collection
from duologue.corpora.worlds.support.sample import Sample, sample
from duologue.dialogue import Branch, Dialogue, Problem, Turn, derived_id, write
from duologue.errors import InputError
from duologue.experiments.stages import Work
from duologue.experiments.steering.settings import CorpusSettings, FileConversations, SampleConversations

TRAIN, CLASSIFIER, TEST = "train.jsonl", "classifier.jsonl", "test.jsonl"
_POINTS = 2
"""Points of a conversation at which the world writes a reply by every strategy."""


def corpus(work: Work, settings: CorpusSettings, collection: Collection) -> dict[str, Any]:
    """Write the three files.

    Args:
        work: the stage's folder.
        settings: where conversations come from.
        collection: whose strategies the sample has.

    Raises:
        InputError: the file cannot be used, or leaves a part without conversations.
    """
    if settings.file is None:
        parts, odd = _sampled(settings.sample, collection), 0
    else:
        parts, odd = _read(settings.file)
    written = {name.removesuffix(".jsonl"): write(work.folder / name, parts[name]) for name in parts}
    return {"conversations": written, "odd": odd}


def _sampled(settings: SampleConversations, collection: Collection) -> dict[str, Iterable[Dialogue]]:
    def drawn(split: Split, n: int, start: int = 0) -> Iterator[Sample]:
        return sample(n, settings.seed, split, start, collection)

    half = settings.classifier // 2
    to_tell = chain(drawn("val", settings.classifier - half), drawn("test", half, settings.test))

    return {
        TRAIN: map(_dialogue, count(), drawn("train", settings.train)),
        CLASSIFIER: map(_with_replies, count(), to_tell),
        TEST: map(_dialogue, count(), drawn("test", settings.test)),
    }


def _read(settings: FileConversations) -> tuple[dict[str, Iterable[Dialogue]], int]:
    odd: list[Problem] = []
    read = list(formats.read(settings.path, settings.format, on_problem=odd.append))
    if not read:
        raise InputError("no conversation", where=str(settings.path), mend="check the file and its format")
    split = conversation_splits((dialogue.id for dialogue in read), dev=0, test=settings.test, seed=settings.seed)
    parts = {name: [each for each in read if split[each.id] == name] for name in ("train", "test")}
    if not any(points(parts["test"])):
        raise InputError("no test conversation can be continued", where="corpus.file.test", mend="ask for more")
    return {TRAIN: parts["train"], CLASSIFIER: parts["train"], TEST: parts["test"]}, len(odd)


def _dialogue(number: int, one: Sample) -> Dialogue:
    return dialogue_from_native(f"support-{one.split}-{number}", one.native, "kept", stop_at("the support world"))


def _with_replies(number: int, one: Sample) -> Dialogue:
    """The conversation with a branch for every strategy at some of its points, where the seeker has told enough."""
    dialogue, rng = _dialogue(number, one), random.Random(f"classifier/{one.split}/{number}")
    places = [place for place in one.heard if one.told(place)]
    for place in sorted(rng.sample(places, min(_POINTS, len(places)))):
        for name in BY_COLLECTION[one.collection]:
            turn = Turn("system", one.reply(place, name, rng))
            branch = derived_id(dialogue.id, f"{place}", name)
            dialogue.branches.append(Branch(branch, place, [turn], labels={STRATEGY: [name]}))
    return dialogue
