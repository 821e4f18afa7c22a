"""A text classifier in this process: a folder of transformers weights with a classification head.

    classifier = TextClassifier.load("runs/classifier")
    classifier.probabilities(["That sounds hard."])      # [1, len(classifier.labels)]

`duologue train classifier` writes such folders; what a text should show (turns of context, speaker tokens, most tokens)
stands in the model's configuration. Any other sequence classifier of transformers works as well, on the reply alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from duologue.errors import InputError, MissingExtra
from duologue.models.weights import Weights, find

_KEY = "duologue"
_BATCH = 32


class Reading(NamedTuple):
    """What a classifier reads of a reply.

    Attributes:
        context: turns before it.
        speaker_tokens: whether each turn begins with its speaker's token.
        max_length: most tokens; longer texts lose their beginning.
    """

    context: int = 0
    speaker_tokens: bool = False
    max_length: int = 512


class TextClassifier:
    """A classification head with its tokenizer.

    Attributes:
        labels: in the order of the probabilities.
        reading: what its texts show.
        fingerprint: identifies the weights.
    """

    def __init__(self, model: Any, tokenizer: Any, *, fingerprint: str = "in memory") -> None:
        """Classify with a model in memory; it is put in eval mode."""
        self._model = model.eval()
        self._tokenizer = tokenizer
        names = model.config.id2label
        self.labels = [str(names[index]) for index in range(len(names))]
        self.reading = Reading(**(getattr(model.config, _KEY, None) or {}))
        self.fingerprint = fingerprint

    @classmethod
    def load(cls, folder: str | Path, *, device: str | None = None) -> TextClassifier:
        """Load a classifier in float32.

        Args:
            folder: a checkpoint's folder, or ORG/NAME on the hub; `hf:` in front is let be.
            device: torch device; a GPU where there is one by default.

        Raises:
            InputError: there is none, or it has no classification head.
            MissingExtra: torch or transformers is not installed.
        """
        try:
            import torch
            from transformers import AutoModelForSequenceClassification, AutoTokenizer
            from transformers.utils import logging
        except ImportError:
            raise MissingExtra("local", "a classifier") from None
        logging.disable_progress_bar()
        path = find(str(folder).removeprefix("hf:"), "classifier")
        _require_head(path)
        try:
            tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
            model = AutoModelForSequenceClassification.from_pretrained(path, dtype=torch.float32, local_files_only=True)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            told = str(error).strip().splitlines()[:1] or [type(error).__name__]
            raise InputError(f"no text classifier ({told[0]})", where=str(path), mend="check --classifier") from error
        model.to(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        return cls(model, tokenizer, fingerprint=Weights(path).fingerprint())

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """The probability of each label; shape [texts, labels]."""
        import torch

        ids = [token_ids(text, self._tokenizer, self.room) for text in texts]
        found = np.zeros((len(texts), len(self.labels)))
        order = sorted(range(len(ids)), key=lambda at: len(ids[at]))
        for start in range(0, len(order), _BATCH):
            places = order[start : start + _BATCH]
            batch = self._tokenizer.pad({"input_ids": [ids[at] for at in places]}, return_tensors="pt")
            with torch.inference_mode():
                logits = self._model(**batch.to(self._model.device)).logits
            found[places] = logits.double().softmax(-1).cpu().numpy()
        return found

    @property
    def room(self) -> int:
        """Most tokens of a text."""
        return room_of(self._model.config, self.reading.max_length)


def keep_reading(config: Any, reading: Reading) -> None:
    """Write into a model's configuration what its texts show."""
    setattr(config, _KEY, reading._asdict())


def room_of(config: Any, max_length: int) -> int:
    """Most tokens that a model takes, at most `max_length`; RoBERTa's positions begin after that of the pad."""
    positions = getattr(config, "max_position_embeddings", None)
    if positions is None:
        return max_length
    taken = (config.pad_token_id or 0) + 1 if "roberta" in config.model_type else 0
    return min(max_length, int(positions) - taken)


def token_ids(text: str, tokenizer: Any, max_length: int) -> list[int]:
    """The ids of a text with what the tokenizer puts around it; cut from the left where they are too many."""
    tokenizer.truncation_side = "left"
    return list(tokenizer(text, truncation=True, max_length=max_length)["input_ids"])


def _require_head(path: Path) -> None:
    """Transformers would draw a head at random for any other model.

    Raises:
        InputError: the model has no classification head.
    """
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(path, local_files_only=True)
    if not any("SequenceClassification" in name for name in config.architectures or ()):
        raise InputError(
            "a model without a classification head", where=str(path), mend="train one: duologue train classifier"
        )
