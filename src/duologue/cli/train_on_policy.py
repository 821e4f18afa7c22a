"""`duologue train act|grpo DIALOGUES --model SPEC --out DIR`: training on what the policy itself does.

duologue synthesize contrast train.json --format pacific --model tiny --out runs/contrast
duologue train act runs/contrast/dialogues.jsonl --model runs/sft --out runs/act
duologue train act … --helpers.user model --helpers.classifier model --helper openai:NAME
"""

from __future__ import annotations

import logging
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from duologue.cli.model_flags import ModelFlags
from duologue.cli.train_result import show, without_adapter
from duologue.corpora import formats
from duologue.errors import InputError
from duologue.experiments.clarify_helpers import ROLES, HelperOptions
from duologue.training.preference_options import ACTOptions, GRPOOptions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from duologue.dialogue import Dialogue


def act(
    data: str,
    *,
    model: str = "tiny",
    out: Path,
    format: str = "duologue",
    validation: str | None = None,
    eval_states: Annotated[int, Parameter(validator=validators.Number(gte=1))] = 40,
    prompt_characters: Annotated[int | None, Parameter(validator=validators.Number(gte=200))] = None,
    full: bool = False,
    helper: Annotated[list[str] | None, Parameter(negative=())] = None,
    base_url: str | None = None,
    helpers: HelperOptions | None = None,
    dev_helpers: HelperOptions | None = None,
    options: Annotated[ACTOptions | None, Parameter(name="*")] = None,
) -> None:
    """Action-based contrastive self-training: preferences by how the policy's own conversations end.

    A training that was stopped goes on when run again, with the same next batch.

    Parameters
    ----------
    data
        Dialogues with pairs, as `duologue synthesize contrast` makes them.
    model
        What supervised fine-tuning left, and the reference: `tiny`, `hf:ORG/NAME`, `hf:PATH`, a folder, or the folder
        of an adapter, which is trained further.
    out
        Folder of the adapter (or model), `metrics.jsonl`, `rollouts.jsonl` (every conversation and what it was good
        for) and `training.json`.
    format
        The format of DATA.
    validation
        Development dialogues, whose conversations are played at every evaluation (--eval-steps): --best-metric can be
        `trajectory_score`, `action_macro_f1`, `action_accuracy` or `loss` (of the gold turns' likelihood).
    eval_states
        The first so many states of --validation are played.
    prompt_characters
        Most characters of a prompt; longer ones lose what the answer rests on first, then the oldest turns.
    full
        Train every weight instead of an adapter.
    helper
        SPEC, or ROLE=SPEC, of the models that are `classifier`, `user` and `intent`, where a model is any of these.
    base_url
        Root of an OpenAI-compatible server (default: OPENAI_BASE_URL).
    helpers
        Who helps in training.
    dev_helpers
        Who helps with development conversations; by default the same, which hides what pleases only these.
    """
    _train(
        data, model, out, format, validation, eval_states, prompt_characters, helper, base_url, helpers, dev_helpers,
        without_adapter(options or ACTOptions(), full=full),
    )  # fmt: skip


def grpo(
    data: str,
    *,
    model: str = "tiny",
    out: Path,
    format: str = "duologue",
    validation: str | None = None,
    eval_states: Annotated[int, Parameter(validator=validators.Number(gte=1))] = 40,
    prompt_characters: Annotated[int | None, Parameter(validator=validators.Number(gte=200))] = None,
    full: bool = False,
    helper: Annotated[list[str] | None, Parameter(negative=())] = None,
    base_url: str | None = None,
    helpers: HelperOptions | None = None,
    dev_helpers: HelperOptions | None = None,
    options: Annotated[GRPOOptions | None, Parameter(name="*")] = None,
) -> None:
    """Group relative policy optimisation on the same conversations and scores: what ACT has to beat.

    Parameters
    ----------
    data
        Dialogues whose system turns have actions; pairs are not needed.
    model
        What supervised fine-tuning left, and the reference; see `train act`.
    out
        Folder of the adapter (or model), `metrics.jsonl`, `rollouts.jsonl` and `training.json`.
    format
        The format of DATA.
    validation
        Development dialogues; see `train act`.
    eval_states
        The first so many states of --validation are played.
    prompt_characters
        Most characters of a prompt.
    full
        Train every weight instead of an adapter.
    helper
        SPEC, or ROLE=SPEC, of the models that are `classifier`, `user` and `intent`.
    base_url
        Root of an OpenAI-compatible server (default: OPENAI_BASE_URL).
    helpers
        Who helps in training.
    dev_helpers
        Who helps with development conversations; by default the same.
    """
    _train(
        data, model, out, format, validation, eval_states, prompt_characters, helper, base_url, helpers, dev_helpers,
        without_adapter(options or GRPOOptions(), full=full),
    )  # fmt: skip


def _train(
    data: str,
    model: str,
    out: Path,
    format: str,
    validation: str | None,
    eval_states: int,
    characters: int | None,
    helper: list[str] | None,
    base_url: str | None,
    helpers: HelperOptions | None,
    dev_helpers: HelperOptions | None,
    options: ACTOptions | GRPOOptions,
) -> None:
    from duologue.experiments.clarify_training import States, contrasted_states, gold_states, train_on_policy

    chosen = HelperOptions() if helpers is None else helpers
    asked = {*chosen.roles, *(dev_helpers or chosen).roles}
    desk = None
    if helper and not asked:
        mend = "leave it out, or add --helpers.user model or --helpers.classifier model"
        raise InputError("no helper is a model", where="--helper", mend=mend)
    if helper:
        flags = ModelFlags(model=helper, base_url=base_url)
        desk = flags.open_desk([role for role in ROLES if role in asked], out / "ledger")
    prepare = contrasted_states if isinstance(options, ACTOptions) else gold_states
    development = None
    if validation is not None:
        whole = gold_states(_read(validation, format), characters=characters, what=validation)
        development = States(list(islice(whole.pairs, eval_states)), whole.states)
    done = train_on_policy(
        prepare(_read(data, format), characters=characters, what=data),
        options,
        model=model,
        out=out,
        helpers=chosen,
        name=f"{data} ({format})",
        desk=desk,
        development=development,
        development_helpers=dev_helpers,
        development_name=f"{validation}, first {eval_states} states",
    )
    show(done)


def _read(path: str, format: str) -> Iterable[Dialogue]:
    log = logging.getLogger(__name__)
    return formats.read(path, format, on_problem=lambda problem: log.warning("%s", problem))
