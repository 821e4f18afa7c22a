"""Clarifying questions about a story: left to the user, with both options, or with one for a yes or no.

>>> clarify_story(random.Random(1), load_voice("train"), story, "open")
'Who do you mean by "she"?'
"""

from __future__ import annotations

import random
from typing import Literal

from duologue.corpora.worlds.clarify.stories.story import Story
from duologue.corpora.worlds.voice import Voice

Style = Literal["open", "either", "one"]
STYLES: tuple[Style, ...] = ("open", "either", "one")


def clarify_story(rng: random.Random, voice: Voice, story: Story, style: Style) -> str:
    """Ask what is meant, in one of three styles."""
    if style == "open":
        pool = "person" if story.gap in ("pronoun", "role") and rng.random() < 0.3 else story.gap
        return voice.pick(rng, f"ask.{pool}", {"word": story.word}).text
    options = [f"the {story.word} of {name}" if story.gap == "owner" else name for name in story.options]
    first, second = rng.sample(options, 2)
    return voice.pick(rng, f"ask.{style}", {"a": first, "b": second}).text
