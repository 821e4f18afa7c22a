"""A probe: can the strategy of a reply be read off the model's hidden states, and at which layer?

    score = probe(replies, loaded.model, loaded.tokenizer, unit="token")
    score.layers[8].accuracy, score.layers[8].leaky_accuracy

For every layer a ridge classifier (as in the published probe of the last layer) reads the tokens of replies, or the
mean of each reply's. It learns on some conversations and is tested on others. Beside it stands what a random split of
the same tokens (or means) gives, as published: there tokens of one reply are on both sides, so it can know replies
instead of strategies. The model sees the history and the reply, never the strategy.

States are streamed twice, once to learn and once to test; only sums are kept (`streamed_ridge`).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from duologue.corpora.conversation_splits import conversation_splits
from duologue.corpora.strategy_replies import StrategyReply
from duologue.errors import InputError
from duologue.evaluation.bootstrap import Figure, Floats, bootstrap
from duologue.evaluation.steering.streamed_ridge import StreamedRidge
from duologue.measures.classification import accuracy, macro_f1
from duologue.models.hidden_states import hidden_states, layers_of
from duologue.views.reply_tokens import by_length, with_tokens
from duologue.views.tokens import Tokens

Unit: TypeAlias = Literal["token", "reply"]


class ProbeLayer(msgspec.Struct, frozen=True):
    """A layer, in percent.

    Attributes:
        layer: 0 is what goes into the first block.
        accuracy, macro_f1: on conversations that the probe has not seen.
        leaky_accuracy, leaky_macro_f1: of a probe learnt and tested on a random split of tokens (or means).
    """

    layer: int
    accuracy: Figure
    macro_f1: Figure
    leaky_accuracy: float
    leaky_macro_f1: float


class ProbeScore(msgspec.Struct, frozen=True):
    """All layers.

    Attributes:
        unit: what is classified.
        replies, left_out: how many were read, and how many could not be (no user before them, too long).
        train_units, test_units: of the split by conversation.
        strategies: the classes.
        chance: accuracy of always telling the most frequent strategy of the test part.
        layers: in order.
    """

    unit: Unit
    replies: int
    left_out: int
    train_units: int
    test_units: int
    strategies: list[str]
    chance: float
    layers: list[ProbeLayer]


class _Read(NamedTuple):
    """A reply's features [layers, units, width], its class, and where they belong."""

    conversation: str
    label: int
    features: Floats
    test: bool
    leaky_test: NDArray[np.bool_]


def probe(
    replies: Sequence[StrategyReply],
    model: Any,
    tokenizer: Any,
    *,
    unit: Unit = "token",
    layers: Sequence[int] | None = None,
    test_share: float = 0.3,
    max_length: int = 1024,
    alpha: float = 1.0,
    seed: int = 0,
    on_reply: Callable[[], object] = lambda: None,
) -> ProbeScore:
    """Probe the layers of a model.

    Args:
        replies: of several conversations.
        model: a transformers causal language model in eval mode.
        tokenizer: its tokenizer.
        unit: every token of a reply by itself, or the mean of its tokens.
        layers: which; all by default.
        test_share: of the conversations, and of the random split.
        max_length: most tokens of history and reply; the oldest turns are dropped.
        alpha: penalty of the ridge.
        seed: of the splits and the bootstrap.
        on_reply: called after each reply of either pass.

    Raises:
        InputError: the split leaves a part empty, or there are fewer than two strategies.
    """
    layers = layers_of(model) if layers is None else list(layers)
    read = by_length(with_tokens(replies, tokenizer, max_length=max_length))
    strategies = sorted({reply.strategy for reply, _ in read})
    places = conversation_splits((reply.conversation for reply, _ in read), dev=0, test=test_share, seed=seed)
    if len(strategies) < 2 or len(set(places.values())) < 2:
        raise InputError(
            f"{len(places)} conversations with {len(strategies)} strategies leave no part to learn from or to test on",
            where="probe",
            mend="give more conversations, or another --seed",
        )

    def features() -> Iterator[_Read]:
        for reply, states in _states(read, model, layers):
            own = states.mean(1, keepdims=True) if unit == "reply" else states
            drawn = _generator(reply.id, seed).random(own.shape[1]) < test_share
            yield _Read(
                reply.conversation, strategies.index(reply.strategy), own, places[reply.conversation] == "test", drawn
            )
            on_reply()

    width = model.config.get_text_config(decoder=True).hidden_size
    sizes = {"layers": len(layers), "width": width, "classes": len(strategies)}
    honest, leaky = StreamedRidge(**sizes, alpha=alpha), StreamedRidge(**sizes, alpha=alpha)
    for each in features():
        if not each.test:
            honest.add(each.features, each.label)
        leaky.add(each.features[:, ~each.leaky_test], each.label)
    tested = _Tested(len(layers), len(strategies))
    fitted, fitted_leaky = honest.fit(), leaky.fit()
    for each in features():
        if each.test:
            tested.note(each, fitted.predict(each.features))
        tested.note_leaky(each, fitted_leaky.predict(each.features[:, each.leaky_test]))
    units = tested.of_class()
    return ProbeScore(
        unit=unit,
        replies=len(read),
        left_out=len(replies) - len(read),
        train_units=honest.count,
        test_units=int(units.sum()),
        strategies=strategies,
        chance=100 * float(units.max() / units.sum()),
        layers=[tested.layer(at, layer, seed) for at, layer in enumerate(layers)],
    )


class _Tested:
    """Confusion matrices: per test conversation, and of the leaky split; [layers, true, told]."""

    def __init__(self, layers: int, classes: int) -> None:
        self._shape = (layers, classes, classes)
        self._own: dict[str, Floats] = {}
        self._leaky = np.zeros(self._shape)

    def note(self, each: _Read, told: NDArray[np.int64]) -> None:
        """Count what was told of a reply's units, [layers, units]."""
        self._count(self._own.setdefault(each.conversation, np.zeros(self._shape)), each.label, told)

    def note_leaky(self, each: _Read, told: NDArray[np.int64]) -> None:
        """The same of the leaky split."""
        self._count(self._leaky, each.label, told)

    def of_class(self) -> Floats:
        """Units of each class in the test part."""
        units: Floats = np.sum([own[0].sum(1) for own in self._own.values()], axis=0)
        return units

    def layer(self, at: int, layer: int, seed: int) -> ProbeLayer:
        """The figures of a layer."""
        sums = np.array([own[at].ravel() for own in self._own.values()])
        square = (-1, *self._shape[1:])
        whole = sums.sum(0).reshape(self._shape[1:])

        def figure(statistic: Callable[[Floats], Floats]) -> Figure:
            interval = bootstrap(sums, lambda total: statistic(total.reshape(square)), seed=seed)
            return Figure(float(statistic(whole)), interval)

        leaky = self._leaky[at]
        return ProbeLayer(layer, figure(accuracy), figure(macro_f1), float(accuracy(leaky)), float(macro_f1(leaky)))

    @staticmethod
    def _count(matrices: Floats, label: int, told: NDArray[np.int64]) -> None:
        for own, labels in zip(matrices, told, strict=True):
            for place, times in Counter(labels.tolist()).items():
                own[label, place] += times


def _states(
    read: Sequence[tuple[StrategyReply, Tokens]], model: Any, layers: Sequence[int]
) -> Iterator[tuple[StrategyReply, Floats]]:
    streamed = hidden_states(model, ((tokens.ids, tokens.trained) for _, tokens in read), layers=layers)
    for (reply, _), states in zip(read, streamed, strict=True):
        yield reply, states.double().numpy()


def _generator(name: str, seed: int) -> np.random.Generator:
    digest = hashlib.blake2b(f"{seed}\0{name}".encode(), digest_size=8).digest()
    return np.random.default_rng(int.from_bytes(digest, "big"))
