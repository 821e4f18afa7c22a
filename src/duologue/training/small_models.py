"""Small models of random weights, to be trained from scratch.

small_t5("models/t5", tokenizer="tiny")        # then: duologue train sft DATA --model models/t5 --from-scratch …
"""

from __future__ import annotations

from pathlib import Path

from duologue.errors import InputError
from duologue.training.base_model import load_tokenizer
from duologue.training.quiet import quiet_libraries


def small_t5(
    folder: str | Path, *, tokenizer: str = "tiny", seed: int = 0, width: int = 192, layers: int = 3, heads: int = 6
) -> Path:
    """Write a T5 (v1.1: gated GELU, tied embeddings) with another model's tokenizer into `folder`; return it.

    With the defaults about as large as the embedded model, so that the two architectures can be compared.

    Args:
        folder: made if need be; must be empty.
        tokenizer: the model whose tokenizer it gets: `tiny`, `hf:PATH` or a folder.
        seed: decides the weights.
        width: of the residual stream; the feed-forward parts are 8/3 as wide.
        layers: of the encoder, and as many of the decoder.
        heads: of attention; `width` is a multiple of it.

    Raises:
        InputError: the folder is not empty, or there is no such tokenizer.
    """
    from transformers import T5Config, T5ForConditionalGeneration, set_seed

    out = Path(folder)
    if out.exists() and any(out.iterdir()):
        raise InputError("the folder is not empty", where=str(out), mend="give another one")
    if width % heads:
        raise InputError(f"a width of {width} is no multiple of {heads} heads", where="small_t5", mend="change one")
    words = load_tokenizer(tokenizer)
    with quiet_libraries():
        config = T5Config(
            vocab_size=len(words),
            d_model=width,
            d_kv=width // heads,
            d_ff=width * 8 // 3,
            num_layers=layers,
            num_heads=heads,
            feed_forward_proj="gated-gelu",
            dropout_rate=0.0,
            tie_word_embeddings=True,
            pad_token_id=words.pad_token_id,
            eos_token_id=words.eos_token_id,
            bos_token_id=words.bos_token_id,
            decoder_start_token_id=words.pad_token_id,
        )
        set_seed(seed)
        T5ForConditionalGeneration(config).save_pretrained(out)
        words.save_pretrained(out)
    return out
