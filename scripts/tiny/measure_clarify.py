"""The card's figures on the clarify world: does it know when to ask, answer what it should, and play its roles?

Points are of the split `test`: other names, themes and phrases, and a user who talks otherwise. Two points in five need
a question. A reply with a question mark asks.

clarify_figures(generator, 200)
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from duologue.corpora.actions import ANSWER, CLARIFY
from duologue.measures.classification import classification_score
from scripts.tiny.clarify import ClarifyTasks
from scripts.tiny.examples import Text
from scripts.tiny.generate import Generator
from scripts.tiny.tokenizer import END

_LONGEST = 64


def clarify_figures(generator: Generator, count: int) -> dict[str, float]:
    """Figures on so many examples of each task, `count` of each kind of conversation."""
    tasks = ClarifyTasks(random.Random("measure clarify"), "test")

    def drawn(task: Callable[[], Text]) -> tuple[list[str], list[str]]:
        texts = [task() for _ in range(count)]
        written = generator.answer([text.prompt for text in texts], most=_LONGEST)
        return written, [text.answer.removesuffix(END).strip() for text in texts]

    figures: dict[str, float] = {}
    written, gold = drawn(tasks.turn)
    figures["action macro F1"] = _macro_f1(written, gold)
    answers = [(each, right) for each, right in zip(written, gold, strict=True) if "?" not in right]
    figures["answers word for word"] = _same(answers)
    written, gold = drawn(tasks.told)
    figures["action named, macro F1"] = _macro_f1(written, gold)
    for name, task in (("judged", tasks.judged), ("user's reply", tasks.user), ("intent", tasks.meant)):
        figures[f"{name} word for word"] = _same(list(zip(*drawn(task), strict=True)))
    return figures


def _macro_f1(written: Sequence[str], gold: Sequence[str]) -> float:
    right, found = ([CLARIFY if "?" in each else ANSWER for each in texts] for texts in (gold, written))
    return round(classification_score(right, found, [ANSWER, CLARIFY]).macro_f1 / 100, 3)


def _same(pairs: Sequence[tuple[str, str]]) -> float:
    return round(sum(one == other for one, other in pairs) / len(pairs), 3) if pairs else 0.0
