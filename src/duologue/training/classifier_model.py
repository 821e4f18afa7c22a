"""The model of a classifier: a language model's or encoder's backbone with a new classification head.

base = classifier_base("tiny", ["Information", "Question"], [], ClassifierOptions())
"""

from __future__ import annotations

from collections.abc import Sequence

from duologue.errors import InputError
from duologue.models.text_classifier import Reading, keep_reading
from duologue.training.base_model import Base, load_config, load_tokenizer, resolve
from duologue.training.classifier_options import ClassifierOptions
from duologue.training.special_tokens import add_tokens, fit_embeddings


def classifier_base(
    spec: str, labels: Sequence[str], special_tokens: Sequence[str], options: ClassifierOptions
) -> Base:
    """Load a backbone in 32 bits and draw a head by the seed.

    Args:
        spec: `tiny`, `hf:ORG/NAME`, `hf:PATH` or a folder.
        labels: the classes.
        special_tokens: added to the tokenizer where it lacks them.
        options: the seed, and what the texts show, which the configuration keeps.

    Raises:
        InputError: there is no such model, or it cannot have such a head.
    """
    import torch
    from transformers import AutoModelForSequenceClassification, set_seed

    config = load_config(spec)
    if config.is_encoder_decoder:
        raise InputError(
            "an encoder-decoder makes no classifier here", where=spec, mend="take an encoder or a causal model"
        )
    tokenizer = load_tokenizer(spec)
    names = dict(enumerate(labels))
    set_seed(options.seed)
    try:
        model = AutoModelForSequenceClassification.from_pretrained(
            resolve(spec),
            id2label=names,
            label2id={label: number for number, label in names.items()},
            dtype=torch.float32,
            ignore_mismatched_sizes=True,  # a head for other labels
        )
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"no classifier can be made of it ({reason})", where=spec, mend="check --model") from error
    fit_embeddings(model, tokenizer, add_tokens(tokenizer, special_tokens))
    model.config.pad_token_id = tokenizer.pad_token_id  # a causal model's head reads the last token before the pads
    keep_reading(model.config, Reading(options.context, options.speaker_tokens, options.max_length))
    return Base(model, tokenizer, resolve(spec))
