"""The model card: what the model is, what it reached, how it was made; and the curve beside it.

write_card(folder, figures, progress, recipe)
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_CARD = """---
language: en
license: apache-2.0
library_name: transformers
pipeline_tag: text-generation
tags: [dialogue, task-oriented-dialogue, from-scratch]
---
# Duologue tiny

A Llama of {parameters:.2f} million parameters, trained from scratch on the procedural dialogues of
`duologue.corpora.worlds` (`tod`, `seeds`, `support`, `clarify`) and on random text, nothing else. It is for demos,
teaching, tests and research on dialogue in miniature: every feature of Duologue runs on it, any real model replaces it
by one option. It knows a fictional town and nothing of the world; outside that town it repeats what it is given, and is
often wrong.

What it can do: the three interference prompts (`duologue/prompts/interference`, no worked examples: with them in the
prompt it does worse), SimpleToD text (`views/simpletod.py`, all three variants), looking up values in a list, and talk
that grows from a message (`duologue/prompts/conversation`, `restyle`, `profiles`): whole, message by message, planned,
continued, ended, restyled; and emotional-support replies by a strategy (`duologue/prompts/steering`), with the shipped
names and descriptions; and to ask back or to answer from a table, a story or a database's schema
(`duologue/prompts/clarify`), with the roles of that simulation. Talk it has learnt by heart: it answers in set phrases,
and takes up words of the message. It is no help for anybody in distress.

    from transformers import AutoModelForCausalLM, AutoTokenizer
    tokenizer = AutoTokenizer.from_pretrained("src/duologue/models/tiny")
    model = AutoModelForCausalLM.from_pretrained("src/duologue/models/tiny")

An answer ends with `<|end|>`; after a prompt that ends in `<|answer|>` or `<|endofcontext|>` it begins with a space,
which the decoded text keeps. Decode greedily, but sample talk (temperature 0.7): greedy talk runs in circles.

## Figures

Greedy decoding in float32, {dialogues} dialogues of the split `test` of town {seed} (names and venues that the training
never saw, and a third of the phrases), gold histories, {turns} turns for the beliefs. The random texts are sentences
and word salads with invented words, codes and odd punctuation. Talk grows from messages of the split `test`, with
profiles in words of that split: it does not understand those. It follows profiles whose words it was taught, the
shipped ones above all (how well, a run of `duologue demo seedtalk` reports). A trait is told when a classifier that
learnt from the world's training talk names it from what the user says (`scripts/tiny/measure_talk.py`); a strategy is
followed when one that learnt from training replies names it (`scripts/tiny/measure_support.py`). Of the clarify world
there are conversations of themes, phrases and a user that the training never saw (`scripts/tiny/measure_clarify.py`).

| figure | reached | aim |
|---|---|---|
{rows}

Recall by slot (right / all): {slots}.

Gates that failed: {gates}.

## Recipe

Trained on {tokens:.1f} million tokens in {minutes:.0f} minutes ({workers} processes of one thread each, on two shared
cores), every chunk of data made afresh. The starting weights hold an induction circuit (`scripts/tiny/copyinit.py`):
without it a model of this size does not learn to copy in this time. `recipe.json` has every setting, the curve and the
figures. The data: the world's split `train`, noise, invented words in the place of closed values, tasks about no world
(`scripts/tiny/mixture.py` has the shares). The splits `val` (watched during training) and `test`
(measured once, for this card) were never trained on.{history}

To build it again, and to go on with a run that has ended:

    python scripts/build_tiny.py --run runs/tiny --tokens {budget:.0f} --package
    python scripts/build_tiny.py --run runs/tiny --more 20 --package

The same seed gives the same data; the weights differ in the last digits from machine to machine, and by the schedule
where a deadline (`--until`) hastened it.
"""

_AIMS = {
    "slot recall": 0.95,
    "joint": 0.8,
    "situation entities": 0.97,
    "backstory names in the situation": 0.9,
    "backstories distinct": 0.8,
    "reactions distinct": 0.8,
}


def write_card(folder: Path, figures: dict[str, Any], progress: dict[str, Any], recipe: dict[str, Any]) -> None:
    """Write `README.md` and `recipe.json` (settings, curve, figures) into the model's folder."""
    rows = []
    for part in ("simpletod", "interference", "random", "talk", "support", "clarify"):
        for name, value in figures[part].items():
            if isinstance(value, float):
                aim = _AIMS.get(name)
                rows.append(f"| {part}: {name} | {value:.3f} | {f'≥ {aim}' if aim else ''} |")
    slots = figures["simpletod"]["recall by slot"]
    text = _CARD.format(
        parameters=recipe["parameters"] / 1e6,
        dialogues=figures["dialogues"],
        seed=figures["seed"],
        rows="\n".join(rows),
        slots=", ".join(f"{slot} {right}/{count}" for slot, (right, count) in slots.items()),
        gates=", ".join(f"{gate} {n}" for gate, n in figures["interference"]["gates failed"].items()) or "none",
        tokens=progress["tokens"] / 1e6,
        minutes=progress["seconds"] / 60,
        workers=recipe["workers"],
        budget=progress["tokens"] / 1e6,
        turns=figures["simpletod"]["turns"],
        history="".join(f"\n* {line}" for line in recipe["history"]),
    )
    (folder / "README.md").write_text(text, encoding="utf-8")
    record = {"recipe": recipe, "tokens": progress["tokens"], "seconds": progress["seconds"]}
    record |= {"figures": figures, "curve": progress["curve"]}
    (folder / "recipe.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
