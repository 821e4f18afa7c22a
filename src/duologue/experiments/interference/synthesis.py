"""Stages `situations` and `synthesize`: an operator over each split, each into a folder of the split's name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from duologue.dialogue import read
from duologue.experiments.interference.settings import SPLITS, SituationSettings, Split, SynthesizeSettings
from duologue.experiments.operating import Operating
from duologue.operators.interference import INTERFERENCE
from duologue.operators.rehearsal import Part
from duologue.operators.run_folder import DIALOGUES
from duologue.operators.situation import SITUATION


def situations(settings: SituationSettings, given: Mapping[Split, Path], seed: int) -> Operating:
    """Tell the situation behind each chat, except in the splits whose situations are given."""

    def parts(inputs: Mapping[str, Path]) -> list[Part]:
        return [
            Part(split, read(inputs["corpus"] / f"fusedchat-{split}.jsonl"), settings.options())
            for split in SPLITS
            if split not in given
        ]

    return Operating(SITUATION, settings, parts, seed)


def synthesize(settings: SynthesizeSettings, given: Mapping[Split, Path], seed: int) -> Operating:
    """Put backstory and reaction into the dialogues of every split."""

    def parts(inputs: Mapping[str, Path]) -> list[Part]:
        found = []
        for split in SPLITS:
            options = settings.options(given.get(split, inputs["situations"] / split / DIALOGUES))
            found.append(Part(split, read(inputs["corpus"] / f"multiwoz-{split}.jsonl"), options))
        return found

    return Operating(INTERFERENCE, settings, parts, seed)
