"""Examples of the `seeds` world: conversations from a message, message by message, plans, ends, other styles.

tasks = TalkTasks(random.Random(0), "train"); tasks.whole(); tasks.user_turn(); tasks.restyle()
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from duologue.corpora.conversation_text.speakers import NAMES
from duologue.corpora.worlds.seeds.cast import shortened, turned
from duologue.corpora.worlds.seeds.profiles import describe, shipped_text
from duologue.corpora.worlds.seeds.sample import Sample, sample
from duologue.dialogue import Turn
from duologue.models.request import Message
from duologue.operators.agents import ANSWERER
from duologue.operators.texts import read_text
from duologue.prompts.render import render, style_file
from scripts.tiny.examples import Text, chat_text
from scripts.tiny.texts import Writer
from scripts.tiny.world import Split

PLAN_SHARE = 0.25
OVER_SHARE = 0.3
"""Share of moderator's questions about conversations that are over."""
CLUTTER_SHARE = 0.3
SHIPPED_SHARE = 0.5
"""Share of examples whose profile is told in the shipped words, which is what the model will mostly be asked with."""
SEEDS = 1_000_000


class TalkTasks:
    """Draws examples from freshly sampled conversations of the world.

    Args:
        rng: the source of chance.
        split: whose phrases, names and paraphrases.
        vary: with clutter around messages (training), or as the world has them (figures).
    """

    def __init__(self, rng: random.Random, split: Split, *, vary: bool = True) -> None:
        self.rng = rng
        self.vary = vary
        self.writer = Writer(rng)
        self.split = split
        self.style = read_text(style_file("microblog"))
        self._seed = rng.randrange(SEEDS)
        self._start = 0

    def draw(self) -> Sample:
        """The next conversation; new names after every thirty."""
        if self._start == 30:
            self._seed, self._start = self.rng.randrange(SEEDS), 0
        self._start += 1
        one = next(sample(1, seed=self._seed, split=self.split, start=self._start - 1))
        if not self.vary:
            return one
        if self.rng.random() < SHIPPED_SHARE:
            shipped = {f"{kind}_text": shipped_text(getattr(one, kind)) for kind in ("motivation", "disposition")}
            one = replace(one, **shipped)
        return replace(one, message=self._cluttered(one.message))

    def _cluttered(self, message: str) -> str:
        """Now and then with words around it that nobody takes up, as real posts have them."""
        if self.rng.random() > CLUTTER_SHARE:
            return message
        other = self.writer.styled(self.writer.sentence().text)
        if self.rng.random() < 0.3:
            other = "#" + self.writer.invented()
        return " ".join((message, other) if self.rng.random() < 0.7 else (other, message))

    def whole(self) -> Text:
        """A whole conversation in one answer."""
        return self.whole_of(self.draw())

    def whole_of(self, one: Sample) -> Text:
        """The same of a certain conversation."""
        exchanges = len(one.lines) // 2
        messages = render(
            "conversation/whole",
            message=one.message,
            plan=self._plan(one),
            exchanges=max(exchanges, self.rng.choice((exchanges, 8))),
            names=NAMES,
            **_person(one),
        )
        said = [line.text for line in one.lines if line.speaker == "user"]
        return chat_text("talk", messages, _lines(_turns(one)[1:]), [*_entities(one), *said])

    def user_turn(self) -> Text:
        """The next message of the user."""
        one = self.draw()
        turns = _turns(one)
        at = self.rng.randrange(2, len(turns), 2)
        messages = render("conversation/user_turn", turns=turns[:at], plan=self._plan(one), names=NAMES, **_person(one))
        return chat_text("user turn", messages, turns[at].text, [turns[at].text])

    def system_turn(self) -> Text:
        """The next message of the one who answers."""
        one = self.draw()
        turns = _turns(one)
        at = self.rng.randrange(1, len(turns), 2)
        messages = render(
            "conversation/system_turn", turns=turns[:at], plan=self._plan(one), profile=ANSWERER, names=NAMES
        )
        return chat_text("system turn", messages, turns[at].text, _entities(one))

    def moderator(self) -> Text:
        """Whether a conversation is over: at its end, or before."""
        one = self.draw()
        turns = _turns(one)
        at = len(turns) if self.rng.random() < OVER_SHARE else self.rng.randrange(3, len(turns), 2)
        messages = render("conversation/moderator", turns=turns[:at], names=NAMES)
        return chat_text("moderator", messages, "yes" if at == len(turns) else "no")

    def plan(self) -> Text:
        """The conversation in one sentence."""
        one = self.draw()
        messages = render("conversation/plan", message=one.message, names=NAMES, **_person(one))
        return chat_text("plan", messages, one.plan, _entities(one))

    def more(self) -> Text:
        """The next few messages in one answer."""
        one = self.draw()
        turns = _turns(one)
        at = self.rng.randrange(1, len(turns) - 1)
        count = self.rng.randint(1, min(6, len(turns) - at))
        known = self.rng.random() < 0.7
        person = _person(one) if known else {"motivation": None, "disposition": None}
        messages = render(
            "conversation/continue", turns=turns[:at], first=turns[at].speaker, count=count, names=NAMES, **person
        )
        return chat_text("more", messages, _lines(turns[at : at + count]), _entities(one))

    def restyle(self) -> Text:
        """One message in casual style."""
        one = self.draw()
        return self.restyle_of(one, self.rng.randrange(len(one.lines) + 1))

    def restyle_of(self, one: Sample, at: int) -> Text:
        """The same of a certain message."""
        turns = _turns(one)
        before = one.restyled[at - 1] if at and self.rng.random() < 0.9 else None
        messages = render(
            "restyle/message",
            style=self.style,
            speaker=NAMES[turns[at].speaker],
            message=turns[at].text,
            before=before,
        )
        return chat_text("restyle", messages, one.restyled[at], _entities(one))

    def restyle_whole(self) -> Text:
        """A conversation in casual style, in one answer."""
        one = self.draw()
        turns = _turns(one)[: self.rng.choice((5, 7, 9, 17))]
        styled = [Turn(turn.speaker, text) for turn, text in zip(turns, one.restyled, strict=False)]
        messages = render("restyle/conversation", style=self.style, turns=turns, names=NAMES)
        return chat_text("restyle whole", messages, _lines(styled), _entities(one))

    def suggest(self) -> Text:
        """One more motivation or disposition."""
        one = self.draw()
        kind = self.rng.choice(("motivation", "disposition"))
        name = getattr(one, kind)
        others = [self.draw() for _ in range(self.rng.randint(2, 5))]
        known = {getattr(other, kind): getattr(other, f"{kind}_text") for other in others}
        known.pop(name, None)
        messages = render(
            "profiles/suggest", kind=kind, known=[{"name": each, "text": text} for each, text in known.items()]
        )
        return chat_text("suggest", messages, f"{name}: {describe(self.rng, self.split, name)}")

    def trait(self) -> Text:
        """The names of a motivation and a disposition: a drill, for whoever knows which it is can talk like it."""
        one = self.draw()
        told = f"Motivation: {one.motivation_text}\nDisposition: {one.disposition_text}\nName both in a word each."
        return chat_text("trait", [Message("user", told)], f"{one.motivation}, {one.disposition}", [one.disposition])

    def _plan(self, one: Sample) -> str | None:
        return one.plan if self.rng.random() < PLAN_SHARE else None


def _person(one: Sample) -> dict[str, str]:
    return {"motivation": one.motivation_text, "disposition": one.disposition_text}


def _turns(one: Sample) -> list[Turn]:
    return [Turn("user", one.message), *(Turn(line.speaker, line.text) for line in one.lines)]


def _lines(turns: Sequence[Turn]) -> str:
    return "\n".join(f"{NAMES[turn.speaker]}: {turn.text}" for turn in turns)


def _entities(one: Sample) -> list[str]:
    """What an answer copies from the message: names and the things spoken of, from either side."""
    cast = one.cast
    said = [
        cast.topic,
        shortened(cast.topic),
        cast.friend,
        cast.place,
        *cast.details,
        *cast.facts,
        *cast.claims,
        *cast.slots.values(),
    ]
    return [*said, *map(turned, said)]
