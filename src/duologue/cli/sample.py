"""`duologue sample`: write a procedural corpus in its native formats."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Literal

from duologue.errors import InputError
from duologue.files import write_json


def sample(
    world: Literal["tod", "seeds", "support", "clarify"],
    *,
    n: int = 1000,
    seed: int = 0,
    out: Path,
    strategies: Literal["extended", "esconv"] | None = None,
    json: Path | None = None,
) -> int:
    """Write a procedural corpus in the layouts that its readers know: the same seed gives the same bytes.

    `tod` is a fictional town: MultiWOZ 2.1 dialogues with goals, states, acts, spans and bookings (train, val, test),
    databases, FusedChat-style chats before them, the situations these imply, and interferences.

    `seeds` are short public messages with the conversations that grow from them by motivation and disposition, plain
    and in casual style, profiles, and an experiment folder in the published layout.

    `support` are emotional-support conversations in ESConv's layout: situation, problem, emotion, survey scores, and
    the strategy of every message of the supporter; test conversations have phrases and names of their own.

    `clarify` are conversations in which one has to know when to ask: tables in PACIFIC's layout, stories in
    Abg-CoQA's, databases in Spider's (and as chats), n of each; what is meant decides the answer, the context decides
    whether that can be known. Held-out users reply in another manner than those in training.

    Args:
        world: which corpus.
        n: number of dialogues over all splits; of the clarify world, of each kind.
        seed: what they are made from.
        out: the folder to write; files in it are replaced.
        strategies: of the support world: extended (fifteen, the default) or esconv (eight).
        json: write the counts to this file as well.
    """
    if strategies is not None and world != "support":
        raise InputError("only the support world has strategies", where="--strategies", mend="leave it out")
    options = {} if strategies is None else {"strategies": strategies}
    written = import_module(f"duologue.corpora.worlds.{world}.write").write(out, n=n, seed=seed, **options)
    for split, count in written.dialogues.items():
        print(f"{count} {split} dialogues written to {out}")
    if json is not None:
        write_json(json, {"out": str(out), "dialogues": written.dialogues})
    return 0
