"""Claim: conversations from all states of an optimiser step are sampled several times faster together than one by one.

Rollouts: the embedded model (or `--model FOLDER`), greedy, goes on from `--states` states of the clarify world's tables
(`sample clarify`), a third of them in one turn, a third in two, a third in three; the user is the world's terse one, so
helpers cost next to nothing. Every reply has exactly `--reply` tokens on all sides. `together` is what the trainer does
(`roller` over all states of the step). Against it stand `generate`: transformers' own, state by state and turn by turn,
as the released trainer samples; and `alone`: our decoding, state by state, which batches nothing.

Steps: two trainings with an adapter on the same states, batches and model: a step of ACT against one of DPO on the
pairs as they are, and what takes the time.

Each round is a fresh process; medians of the rounds count, and processor times stand beside those of the clock.

    python benchmarks/act.py                                       # together >= 2.5x generate in fp32, >= 5x in bf16
    python benchmarks/act.py --states 6 --reply 8 --rounds 1

"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import torch
from helpers.seconds import Seconds
from transformers import AutoModelForCausalLM, TrainerCallback

from duologue.corpora import formats
from duologue.corpora.actions import ANSWER, CLARIFY
from duologue.corpora.clarification_points import Instance
from duologue.corpora.worlds.clarify.write import write
from duologue.dialogue import Turn
from duologue.experiments.clarify_helpers import HelperOptions, helpers_of
from duologue.experiments.clarify_rollouts import Helpers, roller
from duologue.experiments.clarify_training import States, gold_states
from duologue.experiments.own_loop import OwnLoop
from duologue.models.failure import ModelFailure
from duologue.models.request import Message
from duologue.models.spec import TINY
from duologue.operators.clarifying.classifiers import Judged
from duologue.operators.clarifying.rollouts import Asked, Roles, Said, roll_out
from duologue.training.act_trainer import ACTTrainer
from duologue.training.base_model import load_base, load_tokenizer
from duologue.training.preference import prepare
from duologue.training.preference_data import pair_examples
from duologue.training.preference_options import ACTOptions, DPOOptions, SamplingOptions
from duologue.training.preference_trainer import build_pair_trainer
from duologue.training.quiet import quiet_libraries
from duologue.training.rollout_log import RolloutLog
from duologue.views.preference import Pair, Rollout

SEED, TURNS = 0, 3
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


def states(count: int) -> States:
    """States of tables drawn as a training draws them, so few have a table in common; a losing turn in each pair."""
    with tempfile.TemporaryDirectory() as folder:
        write(folder, max(10, 2 * count), SEED)
        read = formats.read(Path(folder) / "pacific" / "train.json", "pacific")
        found = gold_states(read, characters=None, what="the sample")
    drawn = random.Random(SEED).sample(range(len(found.pairs)), count)
    return States([_contrasted(found.pairs[at]) for at in drawn], [found.states[at] for at in drawn])


def _contrasted(pair: Pair) -> Pair:
    losing = "Which of them do you mean?" if pair.action == ANSWER else pair.goal
    other = CLARIFY if pair.action == ANSWER else ANSWER
    return msgspec.structs.replace(pair, rejected=(Message("assistant", losing),), rejected_action=other)


class Planned:
    """Names actions so that conversations have one, two and three turns, whatever the model has learnt."""

    def __init__(self, planned: Sequence[Instance]) -> None:
        self._turns = {each.id: 1 + number % TURNS for number, each in enumerate(planned)}

    async def classify(self, reply: str, instance: Instance, after: Sequence[Turn] = ()) -> Judged:
        before = sum(turn.speaker == "system" for turn in after)
        return Judged(CLARIFY if before + 1 < self._turns[instance.id] else ANSWER)


def planned_helpers(of: States) -> Helpers:
    return helpers_of(HelperOptions(user="terse"), None, seed=SEED)._replace(classifier=Planned(of.states))


def forbid_end(model: Any, tokenizer: Any) -> None:
    """Keep a model from writing special tokens, so that replies end where they are full."""
    special = sorted({*tokenizer.all_special_ids, *tokenizer.added_tokens_decoder})

    def forbid(module: Any, args: Any, out: Any) -> None:
        if not module.training:
            out.logits[..., special] = -torch.inf

    model.register_forward_hook(forbid)


def one_by_one(model: Any, tokenizer: Any, of: States, reply: int, loop: OwnLoop) -> list[list[Rollout]]:
    """Every state to its end, one prompt at a time through `generate`."""
    prompts = {pair.id: pair.prompt for pair in of.pairs}

    @torch.inference_mode()
    def answered(asked: Asked) -> Said:
        after = (Message("user" if turn.speaker == "user" else "assistant", turn.said) for turn in asked.after)
        messages = [{"role": each.role, "content": each.content} for each in (*prompts[asked.instance.id], *after)]
        given = tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        out = model.generate(**given, max_new_tokens=reply, do_sample=False, pad_token_id=0)[0]
        new = out[given["input_ids"].shape[1] :]
        return Said(tokenizer.decode(new, skip_special_tokens=True).strip(), len(new))

    async def policy(asked: Sequence[Asked]) -> list[Said | ModelFailure]:
        return [answered(each) for each in asked]

    roles = Roles(policy, *planned_helpers(of))
    return [[each.rollout for each in loop.run(roll_out([state], roles, max_turns=TURNS))] for state in of.states]


def measure_rollouts(given: argparse.Namespace, precision: str) -> dict[str, Any]:
    """One step's rollouts in three ways."""
    of, tokenizer = states(given.states), load_tokenizer(str(given.model))
    model = AutoModelForCausalLM.from_pretrained(given.model, dtype=DTYPES[precision]).eval()
    forbid_end(model, tokenizer)
    sampling = SamplingOptions(max_new_tokens=given.reply, max_turns=TURNS, temperature=0.0)
    with OwnLoop() as loop:
        roll = roller(of.states, planned_helpers(of), sampling, seed=SEED, loop=loop)
        ways: dict[str, Callable[[States], Any]] = {
            "together": lambda some: roll(model, tokenizer, some.pairs, 0),
            "generate": lambda some: one_by_one(model, tokenizer, some, given.reply, loop),
            "alone": lambda some: [rolled for pair in some.pairs for rolled in roll(model, tokenizer, [pair], 0)],
        }
        seconds, done = {}, {}
        for name, way in ways.items():
            way(States(of.pairs[:2], of.states[:2]))
            begun = Seconds.now()
            done[name] = way(of)
            seconds[name] = begun.until_now()
    written = {name: _tokens(sampled) for name, sampled in done.items()}
    if len(set(written.values())) > 1:
        raise SystemExit(f"the ways do not write as much: {written} tokens")
    found: dict[str, Any] = {"tokens_written": written["together"], "replies": _replies(done["together"])}
    for name in ways:
        found[f"seconds_{name}"] = seconds[name].wall
        if name != "together":
            found[f"ratio_to_{name}"] = seconds[name].wall / seconds["together"].wall
            found[f"processor_ratio_to_{name}"] = seconds[name].processor / seconds["together"].processor
            pairs = zip(done["together"], done[name], strict=True)
            found[f"conversations_that_differ_from_{name}"] = sum(_texts(one) != _texts(other) for one, other in pairs)
    return found


def _texts(sampled: Sequence[Rollout]) -> list[str]:
    return [turn.content for rollout in sampled for turn in rollout.turns]


def _tokens(sampled: Sequence[Sequence[Rollout]]) -> int:
    return sum(sum(rollout.tokens_by_turn) for each in sampled for rollout in each)


def _replies(sampled: Sequence[Sequence[Rollout]]) -> int:
    return sum(len(rollout.tokens_by_turn) for each in sampled for rollout in each)


class Parts(TrainerCallback):
    """Seconds of training steps and of what they consist of; the first step warms up and is left out.

    Attributes:
        seconds: by part; `step` is all of it.
        tokens: that a step's loss is computed over, padding left out.
    """

    def __init__(self) -> None:
        """Count from nothing."""
        self.seconds: Counter[str] = Counter()
        self.tokens = 0
        self._trainer: Any = None
        self._begun: dict[str, float] = {}

    def listen(self, trainer: Any) -> None:
        """Take the times of a trainer."""
        self._trainer = trainer
        trainer.add_callback(self)
        trainer.accelerator.backward = self.timed("backward", trainer.accelerator.backward)
        trainer.model.register_forward_pre_hook(self._forward_begins)
        trainer.model.register_forward_hook(self._forward_ends)
        if isinstance(trainer, ACTTrainer):
            trainer.roll = self.timed("rollouts", trainer.roll)
            vars(trainer)["learn"] = self.timed("re-tokenising", trainer.learn)

    def timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, its time added to a part."""

        def call(*args: Any, **options: Any) -> Any:
            self._begin(part)
            result = function(*args, **options)
            self._end(part)
            return result

        return call

    def timed_helpers(self, helpers: Helpers) -> Helpers:
        """The same helpers, their time added to a part; they wait for nothing, so no time counts twice."""

        def timed(function: Callable[..., Any]) -> Callable[..., Any]:
            async def call(*args: Any) -> Any:
                self._begin("helpers")
                result = await function(*args)
                self._end("helpers")
                return result

            return call

        if helpers.user is not None:
            vars(helpers.user)["reply"] = timed(helpers.user.reply)
        vars(helpers.classifier)["classify"] = timed(helpers.classifier.classify)
        return helpers._replace(score=self.timed("scoring", helpers.score))

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """An optimiser step begins."""
        self._begin("step")

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Gradients are there."""
        self._begin("optimiser")

    def on_optimizer_step(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Weights are changed."""
        self._end("optimiser")

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """An optimiser step is done."""
        self._end("step")
        read = int(self._trainer.read_tokens)
        if state.global_step == 1:
            self.seconds.clear()
            self._warm = read
        else:
            self.tokens = (read - self._warm) // (state.global_step - 1)

    def _forward_begins(self, module: Any, args: Any) -> None:
        if module.training:  # in rollouts it is not
            self._begin("policy forward" if torch.is_grad_enabled() else "reference forward")

    def _forward_ends(self, module: Any, args: Any, out: Any) -> None:
        if module.training:
            self._end("policy forward" if torch.is_grad_enabled() else "reference forward")

    def _begin(self, part: str) -> None:
        self._begun[part] = time.perf_counter()

    def _end(self, part: str) -> None:
        self.seconds[part] += time.perf_counter() - self._begun[part]


def measure_steps(given: argparse.Namespace, precision: str) -> dict[str, Any]:
    """Seconds of a step of DPO and of ACT, and of the latter's parts."""
    of, spec = states(given.states), str(given.model)
    common: dict[str, Any] = {
        "max_steps": 1 + given.steps,
        "save_steps": 10_000,
        "batch_size": given.batch,
        "accumulate": given.states // given.batch,
        "precision": precision,
    }
    sampling = SamplingOptions(max_new_tokens=given.reply, max_turns=TURNS, temperature=0.0)
    of_step: dict[str, Parts] = {}
    for name, options in (("dpo", DPOOptions(**common)), ("act", ACTOptions(**common, sampling=sampling))):
        parts = of_step[name] = Parts()
        base = load_base(spec)
        forbid_end(base.model, base.tokenizer)
        rows = prepare(pair_examples(of.pairs), None, spec, options, "the sample", None).rows
        with tempfile.TemporaryDirectory() as folder, OwnLoop() as loop, quiet_libraries():
            own: dict[str, Any] = {}
            if isinstance(options, ACTOptions):
                roll = roller(of.states, parts.timed_helpers(planned_helpers(of)), sampling, seed=SEED, loop=loop)
                log = RolloutLog(Path(folder))
                own = {"kind": ACTTrainer, "act": options, "pairs": of.pairs, "roll": roll, "log_rollouts": log}
            trainer = build_pair_trainer(base, rows, None, Path(folder), options, precision, name=name, **own)
            parts.listen(trainer)
            trainer.train()
    dpo, act = (of_step[name].seconds for name in ("dpo", "act"))
    act["decoding of the policy"] = act["rollouts"] - act["helpers"] - act["scoring"]
    inner = {part: seconds for part, seconds in act.items() if part not in ("step", "rollouts")}
    inner["the rest"] = act["step"] - sum(inner.values())
    return {
        "seconds_dpo": dpo["step"] / given.steps,
        "seconds_act": act["step"] / given.steps,
        "ratio": act["step"] / dpo["step"],
        "tokens_dpo": of_step["dpo"].tokens,
        "tokens_act": of_step["act"].tokens,
        **{
            f"share: {part}": seconds / act["step"]
            for part, seconds in sorted(inner.items(), key=lambda each: -each[1])
        },
    }


WORK: dict[str, Callable[[argparse.Namespace, str], dict[str, Any]]] = {
    "rollouts": measure_rollouts,
    "steps": measure_steps,
}


def median_of_rounds(work: str, precision: str, rounds: int) -> dict[str, float]:
    """Medians over processes that each begin anew."""
    command = [sys.executable, *sys.argv, "--work", work, "--precision", precision]
    found = []
    for _ in range(rounds):
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        found.append(json.loads(done.stdout.splitlines()[-1]))
    return {name: statistics.median(each[name] for each in found) for name in found[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=TINY)
    parser.add_argument("--states", type=int, default=64, help="of an optimiser step")
    parser.add_argument("--reply", type=int, default=60, help="tokens of every reply")
    parser.add_argument("--batch", type=int, default=8, help="pairs that a training reads at once")
    parser.add_argument("--steps", type=int, default=3, help="of a training, after a first one")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", choices=WORK, help="one round of this in this process")
    parser.add_argument("--precision", choices=DTYPES, default="fp32")
    given = parser.parse_args()
    if given.states % given.batch:
        parser.error("--states must be a multiple of --batch")
    if given.work:
        print(json.dumps(WORK[given.work](given, given.precision)))
        return

    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the command line does
    measured: dict[str, dict[str, dict[str, float]]] = {work: {} for work in WORK}
    for precision in DTYPES:
        measured["rollouts"][precision] = found = median_of_rounds("rollouts", precision, given.rounds)
        print(f"rollouts {precision}: together {found['seconds_together']:.2f} s", flush=True)
        for way in ("generate", "alone"):
            ratios = f"{found[f'ratio_to_{way}']:.2f} (of processor time {found[f'processor_ratio_to_{way}']:.2f})"
            differ = f"{found[f'conversations_that_differ_from_{way}']:.0f} of {given.states} conversations differ"
            print(f"  {way:9} {found[f'seconds_{way}']:6.2f} s   ratio {ratios}   {differ}")
    for precision in DTYPES:
        measured["steps"][precision] = found = median_of_rounds("steps", precision, given.rounds)
        tokens = f"tokens of the loss {found['tokens_dpo']:.0f} and {found['tokens_act']:.0f}"
        both = f"DPO {found['seconds_dpo']:.2f} s   ACT {found['seconds_act']:.2f} s   ratio {found['ratio']:.2f}"
        print(f"steps {precision}: {both}   {tokens}")
        for name, share in found.items():
            if name.startswith("share: "):
                print(f"  {name.removeprefix('share: '):24} {share:6.1%}")
    print("targets: together 2.5 times as fast as generate in fp32 with no conversation that differs, 5 times in bf16")
    settings = {name: value for name, value in vars(given).items() if name not in ("work", "precision")}
    print(
        json.dumps(
            {
                "benchmark": "act",
                **measured,
                "settings": {**settings, "model": given.model.name, "seed": SEED, "turns": TURNS},
                "threads": torch.get_num_threads(),
                "python": platform.python_version(),
                "versions": {
                    name: importlib.metadata.version(name) for name in ("torch", "transformers", "trl", "peft")
                },
            }
        )
    )


if __name__ == "__main__":
    main()
