"""Builds the embedded model from nothing: tokenizer, starting weights that copy, training, figures, card.

Every stage leaves its result in the run folder and is skipped when it is there; a killed training goes on from
its last checkpoint. The data are made as they are needed, from `duologue.corpora.worlds` and `scripts/tiny/texts.py`;
nothing is read from anywhere else.

    python scripts/build_tiny.py --run runs/tiny                          # the whole build
    python scripts/build_tiny.py --run runs/tiny --more 20 --rate 1e-3    # an ended run goes on with a new schedule
    python scripts/build_tiny.py --run runs/more --start src/duologue/models/tiny --tokens 20 --rate 1e-3 --package
    python scripts/build_tiny.py --run runs/tiny --export-only --package  # the last checkpoint into the package
    python scripts/build_tiny.py --run /tmp/smoke --smoke                 # every stage on a tiny budget, a minute
"""

from __future__ import annotations

import argparse
import datetime
import json
import logging
import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
for place in (ROOT, ROOT / "src"):
    if str(place) not in sys.path:
        sys.path.insert(0, str(place))

import numpy as np  # noqa: E402
import torch  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402

from scripts.tiny.card import write_card  # noqa: E402
from scripts.tiny.copyinit import copy_initialised  # noqa: E402
from scripts.tiny.export import export  # noqa: E402
from scripts.tiny.measure import Sizes, measure  # noqa: E402
from scripts.tiny.mixture import ChunkMaker  # noqa: E402
from scripts.tiny.network import Network, Shape  # noqa: E402
from scripts.tiny.probe import Probe  # noqa: E402
from scripts.tiny.stream import Stream  # noqa: E402
from scripts.tiny.tokenizer import END, SPECIAL, VOCABULARY, save_tokenizer, train_tokenizer  # noqa: E402
from scripts.tiny.train import Optimiser, Plan, lengthen, resume, train, weights_of  # noqa: E402
from scripts.tiny.warmup import copying, warm_up  # noqa: E402
from scripts.tiny.workers import Workers, run_workers  # noqa: E402

log = logging.getLogger("tiny")
SHAPE = Shape(vocab_size=VOCABULARY, rope_theta=1e6)


@dataclass(frozen=True)
class Build:
    """Everything that decides the result, and where it goes."""

    run: Path
    package: Path
    plan: Plan
    seed: int
    workers: int
    warm_up: int
    chunk_texts: int
    tokenizer_texts: int
    probe_texts: int
    sizes: Sizes


def main(arguments: list[str] | None = None) -> int:
    """Build; see the file."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    build = _build(options)
    build.run.mkdir(parents=True, exist_ok=True)
    if options.start:
        begin_with(options.start, build.run)
    _tokenizer(build)
    if not options.export_only:
        _warm_up(build)
        if options.more:
            note_shares(build.run)
            lengthen(build.run, int(options.more * 1e6))
        run_workers(build.workers, _work, build)
    _export(build)
    if not options.export_only or options.measure:
        figures = measure(build.run / "model", build.sizes)
        (build.run / "figures.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
        progress = json.loads((build.run / "progress.json").read_text(encoding="utf-8"))
        write_card(build.run / "model", figures, progress, recipe(build))
    if options.package:
        shutil.copytree(build.run / "model", build.package, dirs_exist_ok=True)
        log.info("written to %s", build.package)
    return 0


def recipe(build: Build) -> dict[str, object]:
    """What the card records."""
    return {
        "seed": build.seed,
        "workers": build.workers,
        "parameters": sum(p.numel() for p in Network(SHAPE).parameters()),
        "shape": SHAPE.asdict(),
        "plan": {**vars(build.plan), "deadline": None},
        "warm_up_steps": build.warm_up,
        "tokenizer_texts": build.tokenizer_texts,
        "shares": ChunkMaker(Path("tokenizer.json")).shares,
        "history": _history(build),
        "python": sys.version.split()[0],
        "torch": torch.__version__,
    }


def _history(build: Build) -> list[str]:
    """What was changed by hand while the run went on, one line each in `history.txt` of the run folder."""
    file = build.run / "history.txt"
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def note_shares(run: Path) -> None:
    """Write into the history that an ended run goes on with other shares than it had, where that is so."""
    record = run / "model" / "recipe.json"
    if not record.exists():
        return
    made = json.loads(record.read_text(encoding="utf-8"))
    before, now = made["recipe"]["shares"], ChunkMaker(Path("tokenizer.json")).shares
    if before != now:
        shares = ", ".join(f"{name} {share:g}" for name, share in before.items())
        with (run / "history.txt").open("a", encoding="utf-8") as history:
            history.write(
                f"From {made['tokens'] / 1e6:.1f} million tokens on the shares are those above; before: {shares}.\n"
            )


def begin_with(folder: Path, run: Path) -> None:
    """Begin a run with the weights and the tokenizer of an exported model instead of fresh ones."""
    if (run / "start.safetensors").exists():
        return
    (run / "model").mkdir(parents=True, exist_ok=True)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(folder / name, run / "model" / name)
    weights = load_file(folder / "model.safetensors")
    save_file({name: value.float() for name, value in weights.items()}, run / "start.safetensors")
    made = json.loads((folder / "recipe.json").read_text(encoding="utf-8"))
    line = (
        f"It began with the weights of an earlier recipe ({made['tokens'] / 1e6:.1f} million tokens), whose shares were"
    )
    shares = ", ".join(f"{name} {share:g}" for name, share in made["recipe"]["shares"].items())
    (run / "history.txt").write_text(f"{line} {shares}.\n", encoding="utf-8")


def _tokenizer(build: Build) -> None:
    if (build.run / "model" / "tokenizer.json").exists():
        return
    texts = ChunkMaker(Path(), texts=build.tokenizer_texts).texts_of(f"tokenizer/{build.seed}")
    tokenizer = train_tokenizer((text.prompt + text.answer for text in texts), SHAPE.vocab_size)
    save_tokenizer(tokenizer, build.run / "model", context=SHAPE.max_position_embeddings)
    log.info("tokenizer: %d entries", tokenizer.get_vocab_size())


def _warm_up(build: Build) -> None:
    """Starting weights, drilled; stops the build when they do not copy."""
    if (build.run / "start.safetensors").exists():
        return
    network = Network(SHAPE)
    network.load_state_dict(copy_initialised(SHAPE, seed=build.seed))
    warm_up(network, steps=build.warm_up, vocabulary=(len(SPECIAL), SHAPE.vocab_size), seed=build.seed)
    figures = copying(network, (len(SPECIAL), SHAPE.vocab_size))
    log.info("copying after the warm-up: %s", figures)
    if figures["repeat"] < 0.9:
        raise SystemExit(f"the starting weights do not copy ({figures}); the build stops here")
    export(network.state_dict(), SHAPE, build.run / "start", dtype=torch.float32)
    (build.run / "start" / "model.safetensors").replace(build.run / "start.safetensors")
    shutil.rmtree(build.run / "start")


def _work(workers: Workers, build: Build) -> None:
    """One worker of the training."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    network = Network(SHAPE)
    network.load_state_dict(load_file(build.run / "start.safetensors"))
    optimiser = Optimiser(network, build.plan)
    progress = resume(network, optimiser, build.run)
    tokenizer = build.run / "model" / "tokenizer.json"
    maker = ChunkMaker(tokenizer, texts=build.chunk_texts)
    # each worker reads every other chunk
    first = -(-progress.chunk // workers.count) * workers.count + workers.rank
    with Stream(maker, seed=build.seed, first=first, stride=workers.count) as stream:
        held = ChunkMaker(tokenizer, texts=build.probe_texts).texts_of("probe", "val", vary=False)
        train(
            network,
            stream.next,
            folder=build.run,
            plan=build.plan,
            workers=workers,
            probe=Probe(tokenizer, held),
            vocabulary=(len(SPECIAL), SHAPE.vocab_size),
            end=SPECIAL.index(END),
            progress=progress,
            optimiser=optimiser,
            seed=build.seed,
        )


def _export(build: Build) -> None:
    tensors = load_file(build.run / "checkpoint.safetensors")
    export(weights_of(tensors), SHAPE, build.run / "model")


def _build(options: argparse.Namespace) -> Build:
    deadline = None
    if options.until:
        hour, minute = (int(part) for part in options.until.split(":"))
        deadline = datetime.datetime.now().replace(hour=hour, minute=minute, second=0).timestamp()
    plan = Plan(tokens=int(options.tokens * 1e6), deadline=deadline, rate=options.rate)
    build = Build(
        run=options.run, package=ROOT / "src/duologue/models/tiny", plan=plan, seed=options.seed,
        workers=options.workers, warm_up=100, chunk_texts=1500, tokenizer_texts=12_000, probe_texts=200, sizes=Sizes(),
    )  # fmt: skip
    if options.smoke:
        plan = replace(plan, tokens=40_000, compile=False)
        build = replace(
            build, plan=plan, warm_up=4, chunk_texts=300, tokenizer_texts=400, probe_texts=24, workers=1,
            sizes=Sizes.smoke(),
        )  # fmt: skip
    return build


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--run", type=Path, default=Path("runs/tiny"), help="folder of checkpoints and results")
    parser.add_argument("--tokens", type=float, default=40.0, help="budget in millions of tokens")
    parser.add_argument("--more", type=float, metavar="N", help="go on with an ended run for N million tokens")
    parser.add_argument("--start", type=Path, metavar="MODEL", help="begin with an exported model instead")
    parser.add_argument("--until", metavar="HH:MM", help="hasten the schedule so that it is over by then")
    parser.add_argument("--rate", type=float, default=2e-3, help="peak learning rate")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2, help="single-threaded training processes")
    parser.add_argument("--smoke", action="store_true", help="all stages on a tiny budget")
    parser.add_argument("--export-only", action="store_true", help="no training: the last checkpoint")
    parser.add_argument("--measure", action="store_true", help="figures and card, with --export-only too")
    parser.add_argument("--package", action="store_true", help="copy the result into src/duologue/models/tiny")
    return parser


if __name__ == "__main__":
    np.seterr(all="raise")
    raise SystemExit(main())
