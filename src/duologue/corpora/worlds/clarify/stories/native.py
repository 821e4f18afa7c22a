"""A story and its question as a row of Abg-CoQA: history, target turn, and what one or two annotators asked back.

Every reading is a branch: the user's reply, the answer (three wordings of it where it is held out), and, beyond the
data set's own keys, the `intent`, which is the question said without context.
"""

from __future__ import annotations

import random
from typing import Any

from duologue.corpora.worlds.clarify.stories.clarify import STYLES, clarify_story
from duologue.corpora.worlds.clarify.stories.story import Story, Told
from duologue.corpora.worlds.clarify.user import MANNERS, reply
from duologue.corpora.worlds.splits import Split
from duologue.corpora.worlds.voice import Voice

_SECOND_SHARE = 0.3
SOURCE = "duologue"


def row(rng: random.Random, voice: Voice, split: Split, story: Story) -> dict[str, Any]:
    """One object of `data`."""
    number = len(story.history) + 1
    start = story.text.index(story.rationale)
    ambiguous = len(story.readings) > 1
    styles = rng.sample(STYLES, 2 if rng.random() < _SECOND_SHARE else 1) if ambiguous else []
    asked = [_asked_back(rng, voice, split, story, clarify_story(rng, voice, story, style)) for style in styles]
    target = _turn(number, story.question, story.readings[0].answer, story.rationale)
    return {
        "id": f"{rng.getrandbits(120):030x}|{number}|{number - 1}",
        "story": story.text,
        "target_turn": target | {"span_start": start, "span_end": start + len(story.rationale)},
        "history_turns": [_told(at, told) for at, told in enumerate(story.history, start=1)],
        "ambiguity": "ambiguous" if ambiguous else "non_ambiguous",
        "clarification_turn": asked[0] if asked else {},
        "source": SOURCE,
    } | ({"clarification_turn_2": asked[1]} if len(asked) > 1 else {})


def _asked_back(rng: random.Random, voice: Voice, split: Split, story: Story, question: str) -> dict[str, Any]:
    answers: list[dict[str, str]] = []
    for reading in story.readings:
        said = reply(rng, voice, MANNERS[split], reading.intent, question, said=[story.question], names_others=False)
        answers.append({"clr_ans": said, "org_ans": reading.answer, "intent": reading.intent})
        if split != "train":
            answers[-1] |= {"org_ans_2": _bare(reading.answer), "org_ans_3": f"It was {reading.answer}."}
    return {"question": question, "answers": answers}


def _bare(answer: str) -> str:
    article, _, rest = answer.partition(" ")
    return rest if article in ("a", "an", "the") else answer


def _told(number: int, told: Told) -> dict[str, Any]:
    return _turn(number, told.question, told.answer, told.sentence)


def _turn(number: int, question: str, answer: str, rationale: str) -> dict[str, Any]:
    return {"turn_id": number, "question": question, "answer": answer, "rationale": rationale}
