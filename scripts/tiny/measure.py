"""The card's figures: greedy answers on held-out dialogues of the worlds (split `test`) and on random text.

measure(Path("src/duologue/models/tiny"), Sizes())
"""

from __future__ import annotations

import logging
import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from duologue.dialogue import BeliefState
from duologue.operators.backstory import read_backstory
from duologue.operators.gates import Verdict
from duologue.operators.reaction import read_reaction
from duologue.operators.situation import read_situation
from duologue.prompts.ask import Answer
from duologue.views.simpletod import parse_completion, simpletod_examples
from scripts.tiny.generate import Generator
from scripts.tiny.measure_clarify import clarify_figures
from scripts.tiny.measure_support import support_figures
from scripts.tiny.measure_talk import talk_figures
from scripts.tiny.tasks import RandomTasks, backstory_text, reaction_text, situation_text
from scripts.tiny.world import Told, chat_of, exchange_of, held_out

log = logging.getLogger("tiny")


@dataclass(frozen=True)
class Sizes:
    """How much to measure on: dialogues and turns of each, random texts, messages, most tokens of an answer.

    The seed is of an unseen town.
    """

    dialogues: int = 200
    turns: int = 2
    random_texts: int = 200
    messages: int = 200
    longest: int | None = None
    seed: int = 990_001

    @staticmethod
    def smoke() -> Sizes:
        """Enough to see that it runs."""
        return Sizes(dialogues=2, random_texts=2, messages=2, longest=16)


def measure(folder: Path, sizes: Sizes) -> dict[str, Any]:
    """Figures of an exported folder, as JSON."""
    generator = Generator(folder, sizes.longest)
    dialogues = list(held_out(sizes.dialogues, seed=sizes.seed))
    figures: dict[str, Any] = {"dialogues": len(dialogues), "seed": sizes.seed, "split": "test"}
    figures["simpletod"] = belief_figures(generator, dialogues, sizes.turns)
    log.info("belief: %s", figures["simpletod"])
    figures["interference"] = interference_figures(generator, dialogues)
    log.info("interference: %s", figures["interference"])
    figures["random"] = random_figures(generator, sizes.random_texts)
    log.info("random text: %s", figures["random"])
    figures["talk"] = talk_figures(generator, sizes.messages, sizes.seed)
    log.info("talk: %s", figures["talk"])
    figures["support"] = support_figures(generator, sizes.messages)
    log.info("support: %s", figures["support"])
    figures["clarify"] = clarify_figures(generator, sizes.messages)
    log.info("clarify: %s", figures["clarify"])
    return figures


def belief_figures(generator: Generator, dialogues: Sequence[Told], turns: int) -> dict[str, Any]:
    """Belief states after gold histories (variant `simpletod`), at some turns of every dialogue."""
    rng = random.Random("turns")
    examples = []
    for dialogue in dialogues:
        own = list(simpletod_examples(dialogue.plain, "simpletod"))
        examples += rng.sample(own, min(turns, len(own)))
    answers = generator.answer([e.prompt for e in examples], most=200, stop="<|endofbelief|>")
    joint = right = named = given = malformed = 0
    slots, all_slots = Counter[str](), Counter[str]()
    for example, text in zip(examples, answers, strict=True):
        gold, found = parse_completion(example.completion), parse_completion(text)
        malformed += found.state is None or not text.endswith("<|endofbelief|>")
        ours, theirs = flat(found.state or {}), flat(gold.state or {})
        joint += ours == theirs
        right += len(ours & theirs)
        given += len(ours)
        named += len(theirs)
        for domain, slot, value in theirs:
            all_slots[f"{domain}-{slot}"] += 1
            slots[f"{domain}-{slot}"] += (domain, slot, value) in ours
    return {
        "turns": len(examples),
        "joint": share(joint, len(examples)),
        "slot recall": share(right, named),
        "slot precision": share(right, given),
        "malformed": share(malformed, len(examples)),
        "recall by slot": {slot: [slots[slot], count] for slot, count in sorted(all_slots.items())},
    }


def flat(state: BeliefState) -> set[tuple[str, str, str]]:
    """(domain, slot, first value) of a belief state."""
    return {(domain, slot, v[0]) for domain, slots in state.items() for slot, v in slots.items() if v}


def interference_figures(generator: Generator, dialogues: Sequence[Told]) -> dict[str, Any]:
    """Situations, backstories and reactions: what is kept, what is made up, what the gates say."""
    situations = generator.answer([situation_text(chat_of(d.sample), "", []).prompt for d in dialogues], most=160)
    kept = wanted = passed = 0
    for dialogue, text in zip(dialogues, situations, strict=True):
        entities = dialogue.sample.entities
        wanted += len(entities)
        kept += sum(entity.lower() in text.lower() for entity in entities)
        chat = [turn for turn in dialogue.fused.turns if "prepended" in turn.labels.get("fusedchat", [])][:-1]
        passed += isinstance(read_situation(answer(text), chat), str)
    figures: dict[str, Any] = {
        "situation entities": share(kept, wanted),
        "situations passed": share(passed, len(dialogues)),
    }
    places = [exchange_of(d) for d in dialogues]
    prompts = [
        backstory_text(d.sample.situation["gen_sit"], context, utterance, "", []).prompt
        for d, (context, utterance, _) in zip(dialogues, places, strict=True)
    ]
    texts = generator.answer(prompts, most=260)
    told = [read_backstory(answer(t), u, {}) for t, (_, u, _) in zip(texts, places, strict=True)]
    figures["utterance verbatim"] = share(
        sum(verbatim(t, u, start=True) for t, (_, u, _) in zip(texts, places, strict=True)), len(texts)
    )
    figures["backstories passed"] = share(sum(isinstance(t, str) for t in told), len(told))
    names = [n for d, t in zip(dialogues, told, strict=True) if isinstance(t, str) for n in stood(d, t)]
    figures["backstory names in the situation"] = share(sum(names), len(names))
    figures["backstories distinct"] = distinct(told)
    stories = [
        t if isinstance(t, str) else d.sample.interference["backstory"] for d, t in zip(dialogues, told, strict=True)
    ]
    prompts = [
        reaction_text(context, utterance, story, response, "", []).prompt
        for story, (context, utterance, response) in zip(stories, places, strict=True)
    ]
    texts = generator.answer(prompts, most=260)
    reacted = [read_reaction(answer(t), r) for t, (_, _, r) in zip(texts, places, strict=True)]
    figures["response verbatim"] = share(
        sum(verbatim(t, r, start=False) for t, (_, _, r) in zip(texts, places, strict=True)), len(texts)
    )
    figures["reactions passed"] = share(sum(isinstance(t, str) for t in reacted), len(reacted))
    figures["reactions distinct"] = distinct(reacted)
    figures["both passed"] = share(
        sum(isinstance(a, str) and isinstance(b, str) for a, b in zip(told, reacted, strict=True)), len(told)
    )
    failed = Counter(v.gate for v in (*told, *reacted) if isinstance(v, Verdict))
    figures["gates failed"] = dict(failed.most_common())
    return figures


def random_figures(generator: Generator, count: int) -> dict[str, Any]:
    """Verbatim copying of texts that belong to no world."""
    tasks = RandomTasks(random.Random("measure"))
    figures = {}
    for name, make in (("utterance", tasks.backstory), ("response", tasks.reaction)):
        texts = [make() for _ in range(count)]
        answers = generator.answer([text.prompt for text in texts], most=400)
        originals = [re.findall(r"\*\*(.+?)\*\*", text.answer, re.DOTALL)[0] for text in texts]
        same = [verbatim(a, o, start=name == "utterance") for a, o in zip(answers, originals, strict=True)]
        figures[f"{name} verbatim"] = share(sum(same), count)
        short = [s for s, o in zip(same, originals, strict=True) if len(o.split()) <= 20]
        figures[f"{name} verbatim, up to 20 words"] = share(sum(short), len(short))
    return figures


def verbatim(text: str, original: str, *, start: bool) -> bool:
    """Whether an answer has its form and repeats the original letter by letter."""
    form = f"**{original}** + <" if start else f"> + **{original}**"
    return text.startswith(form) if start else text.endswith(form)


def answer(text: str) -> Answer:
    """A text as the operators' readers take it."""
    return Answer(text, "", "stop")


def stood(dialogue: Told, backstory: str) -> list[bool]:
    """For every capitalised word within a sentence of the backstory: does the situation have it?"""
    situation = dialogue.sample.situation["gen_sit"].lower()
    words = re.findall(r"(?<=[a-z,] )([A-Z][a-z]+)", backstory)
    return [word.lower() in situation for word in words if word not in ("I",)]


def distinct(texts: Sequence[str | Verdict]) -> float:
    """Share of different texts among those that passed."""
    passed = [text for text in texts if isinstance(text, str)]
    return share(len(set(passed)), len(passed))


def share(part: int, whole: int) -> float:
    """A share to three digits; 0 of 0 is 0."""
    return round(part / whole, 3) if whole else 0.0
