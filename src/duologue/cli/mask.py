"""`duologue mask DATA --model SPEC`: which tokens are trained, and whether the model learns to stop.

duologue mask chats.jsonl --model hf:my/model --html mask.html
duologue mask train.json --format multiwoz21 --view response --packing --max-length 512
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter
from pydantic import ValidationError

from duologue.cli.mask_print import print_xray
from duologue.cli.results import list_problems
from duologue.corpora import formats
from duologue.dialogue import Problem
from duologue.errors import InputError, MissingExtra, explain
from duologue.files import write_json
from duologue.prompts.steering_options import SteeringOptions
from duologue.training.options import SFTOptions
from duologue.views.tokens import Tokens

_PAGE_EXAMPLES = 20
"""Examples on a page, and at most so many more of those that are cut or wrong."""


def mask(
    data: str,
    *,
    model: str = "tiny",
    format: str | None = None,
    view: Literal["simpletod", "response", "steered"] = "simpletod",
    variant: Literal["simpletod", "interference", "fusedchat"] = "simpletod",
    markers: Literal["special", "plain"] = "special",
    instruction: str | None = None,
    loss: Literal["completion", "all"] = "completion",
    share_history: Annotated[bool, Parameter(negative=())] = False,
    max_length: int = SFTOptions().max_length,
    packing: bool = False,
    show: int = 1,
    limit: int = 1000,
    html: Path | None = None,
    json: Path | None = None,
    steering: Annotated[SteeringOptions | None, Parameter(name="*")] = None,
) -> int:
    """Show the mask token by token; exit 1 when something is wrong with it.

    Wrong is: the end of an answer is not trained, everything or nothing is trained, an empty thinking block is trained,
    or a model is asked with other tokens than those it is trained on.

    Parameters
    ----------
    data
        JSONL rows of `messages`, or of `prompt` and `completion`; or dialogues, with --format.
    model
        Whose tokenizer and template: `tiny`, `hf:PATH`, `hf:PATH+ADAPTER`.
    format
        The format of dialogues in DATA, e.g. `multiwoz21`, `messages`, `duologue`.
    view
        How dialogues are rendered: SimpleToD text, or with the model's chat template one example per response, or per
        reply by a strategy.
    variant
        Of SimpleToD: without insertions, with backstory and reaction, or with FusedChat's chat.
    markers
        SimpleToD's markers: special tokens, or plain text.
    instruction
        Stands before the history of a response, in place of the dialogue's own.
    loss
        As in training: the completion, or all tokens.
    share_history
        As in training: the responses of a dialogue in one example.
    max_length
        Tokens of one example, as in training: the oldest turns of longer ones are dropped.
    packing
        Show the rows that the trainer would pack of the examples checked.
    show
        Print so many examples.
    limit
        Check so many examples.
    html
        Write a page here: the examples with every token (its id when pointed at), shares, cuts, rows.
    json
        Write the examples shown, and what is wrong, here.
    """
    try:
        options = SFTOptions(
            markers=markers, loss=loss, share_history=share_history, max_length=max_length, packing=packing
        )
    except ValidationError as error:
        raise InputError(explain(error), where="duologue mask", mend="change the option") from None
    tokenizer = _tokenizer(model)
    from duologue.training.xray import xray

    odd: list[Problem] = []
    examples = _examples(data, format, view, variant, instruction, options, tokenizer, odd, steering)
    page = _PAGE_EXAMPLES if html is not None else 0
    seen = xray(islice(examples, limit), tokenizer, options, keep=max(show, page), extra=page)
    if not seen.examples:
        raise InputError("there is no example", where=data, mend="give a file with at least one answer")
    print_xray(seen, show)
    if html is not None:
        from duologue.experiments.report.mask import write_mask

        print(f"page: {write_mask(seen, html, title=f'{data} for {model}')}")
    if json is not None:
        facts = {"checked": len(seen.examples), "wrong": seen.problems, "max_length": max_length, "rows": seen.rows}
        each = [{"name": one.name, "tokens": one.size, "trained": one.trained} for one in seen.examples]
        write_json(json, {**facts, "shares": each, "examples": seen.examples[:show]})
    found = list_problems(seen.problems, "problems with the mask")
    return max(found, list_problems(odd, "odd places in the dialogues"))


def _examples(
    data: str,
    format: str | None,
    view: Literal["simpletod", "response", "steered"],
    variant: Literal["simpletod", "interference", "fusedchat"],
    instruction: str | None,
    options: SFTOptions,
    tokenizer: Any,
    odd: list[Problem],
    steering: SteeringOptions | None,
) -> Iterator[Tokens]:
    """The very examples that `duologue train sft` would make."""
    from duologue.training.data import response_data, row_data, simpletod_data
    from duologue.training.special_tokens import add_tokens
    from duologue.views.simpletod import special_tokens

    if format is None:
        if view != "simpletod":
            raise InputError(f"--view {view} needs dialogues", where=data, mend="name their --format, e.g. messages")
        yield from row_data(data)(tokenizer)
    elif view == "steered":
        from duologue.training.steered_data import steered_data

        told_how = steering or SteeringOptions()
        yield from steered_data(
            lambda: formats.read(data, format, on_problem=odd.append), told_how, max_length=options.max_length
        )(tokenizer)
    elif view == "response":
        yield from response_data(
            lambda: formats.read(data, format, on_problem=odd.append), options, instruction=instruction
        )(tokenizer)
    else:
        if options.markers == "special":
            add_tokens(tokenizer, special_tokens())
        yield from simpletod_data(lambda: formats.read(data, format, on_problem=odd.append), variant, options)(
            tokenizer
        )


def _tokenizer(spec: str) -> Any:
    from importlib.util import find_spec

    from duologue.models.adapter_base import TINY

    if find_spec("transformers") is None:
        raise MissingExtra("local", "showing a mask")
    from transformers import AutoTokenizer

    folder, _, adapter = spec.removeprefix("hf:").partition("+")
    if spec == "tiny":
        folder = str(TINY)
    elif not spec.startswith("hf:"):
        raise InputError(f"expected tiny or hf:PATH, found {spec!r}", where="--model", mend="change --model")
    if adapter and (Path(adapter) / "tokenizer_config.json").is_file():
        folder = adapter
    try:
        return AutoTokenizer.from_pretrained(folder)
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(f"no tokenizer is there ({reason})", where=spec, mend="give a model's folder") from error
