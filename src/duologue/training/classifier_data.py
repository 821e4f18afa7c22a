"""What a strategy classifier learns from: texts with labels, divided by conversation.

    data = divided(dialogue_texts(read("train.json"), options), options, what="train.json")
    data.train[0].text, data.labels

Texts come from dialogues (`dialogue_texts`: gold turns, or branches that a model was told to write) or from JSONL rows
of `text` and `label`, with the `conversation` that they must not be split from where they have one (`row_texts`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from duologue.corpora.clarification_points import Instance, instances
from duologue.corpora.conversation_splits import conversation_splits
from duologue.corpora.strategy_replies import StrategyReply, conversation_of, strategy_replies
from duologue.dialogue import Dialogue, read_rows
from duologue.errors import InputError
from duologue.training.classifier_options import ClassifierOptions
from duologue.views.classification import classified_text, speaker_tokens_of


class LabelledText(NamedTuple):
    """A text to classify.

    Attributes:
        id: of the reply, or `FILE/LINE`.
        conversation: what it must not be split from.
        text: what the classifier reads.
        label: its class.
    """

    id: str
    conversation: str
    text: str
    label: str


class ClassifierData(NamedTuple):
    """Three parts that share no conversation, all labels in alphabetical order, and the tokens to add."""

    train: list[LabelledText]
    validation: list[LabelledText]
    test: list[LabelledText]
    labels: list[str]
    special_tokens: list[str]


class Texts(NamedTuple):
    """Texts and the special tokens that stand in them."""

    texts: list[LabelledText]
    special_tokens: list[str]


class Row(msgspec.Struct, forbid_unknown_fields=False):
    """A row of a JSONL file."""

    text: str
    label: str
    conversation: str | None = None


def dialogue_texts(dialogues: Iterable[Dialogue], options: ClassifierOptions) -> Texts:
    """The replies of dialogues with their strategies, or their actions."""
    if options.label == "action":
        replies = [_of_action(each) for each in instances(dialogues)]
    else:
        replies = list(strategy_replies(dialogues, several=options.several))
    texts = [
        LabelledText(
            reply.id,
            reply.conversation,
            classified_text(reply, context=options.context, speaker_tokens=options.speaker_tokens),
            reply.strategy,
        )
        for reply in replies
    ]
    return Texts(texts, speaker_tokens_of(replies) if options.speaker_tokens else [])


def _of_action(state: Instance) -> StrategyReply:
    """A gold turn with its action in the place of a strategy."""
    dialogue = state.dialogue
    return StrategyReply(
        state.id, conversation_of(dialogue), state.action, state.gold.said, state.history, dialogue.roles
    )


def row_texts(path: str | Path, options: ClassifierOptions) -> Texts:
    """The rows of a JSONL file.

    Raises:
        InputError: names the line and what it lacks, or an option that only dialogues have.
    """
    if options.context or options.speaker_tokens:
        raise InputError(
            "rows have no turns before them",
            where="--context" if options.context else "--speaker-tokens",
            mend="leave it out, or name the format of dialogues with --format",
        )
    return Texts(list(_rows(path)), [])


def _rows(path: str | Path) -> Iterator[LabelledText]:
    for number, row in enumerate(read_rows(path, Row), 1):
        name = f"{Path(path).name}/{number}"
        yield LabelledText(name, row.conversation or name, row.text, row.label)


def divided(
    data: Texts,
    options: ClassifierOptions,
    *,
    what: str,
    validation: Texts | None = None,
    test: Texts | None = None,
) -> ClassifierData:
    """Hold out what has no data of its own, whole conversations only.

    Labels are those of all three parts; those of a test file must occur in the others.

    Raises:
        InputError: a part is empty, there is only one label, or a test file has a label that nothing else has.
    """
    if not data.texts:
        raise InputError("it has no text with a label", where=what, mend="check DATA and --format")
    place = conversation_splits(
        (text.conversation for text in data.texts),
        dev=options.validation_share if validation is None else 0,
        test=options.test_share if test is None else 0,
        seed=options.seed,
    )
    parts: dict[str, list[LabelledText]] = {"train": [], "val": [], "test": []}
    for text in data.texts:
        parts[place[text.conversation]].append(text)
    parts["val"] += validation.texts if validation else []
    labels = sorted({text.label for part in parts.values() for text in part})
    _require_known(test.texts if test else [], labels)
    parts["test"] += test.texts if test else []
    for name, part in (("train", "training"), ("val", "validation")):
        if not parts[name]:
            raise InputError(f"the {part} part has no labelled text", where=what, mend="give more conversations")
    if len(labels) < 2:
        raise InputError(f"expected two labels or more, found {labels}", where=what, mend="give other data")
    tokens = sorted({token for each in (data, validation, test) if each for token in each.special_tokens})
    return ClassifierData(parts["train"], parts["val"], parts["test"], labels, tokens)


def _require_known(texts: Sequence[LabelledText], labels: Sequence[str]) -> None:
    for text in texts:
        if text.label not in labels:
            raise InputError(
                f"the label {text.label!r} is not in the training data",
                where=f"test data, {text.id}",
                mend=f"the labels are {', '.join(labels)}",
            )
