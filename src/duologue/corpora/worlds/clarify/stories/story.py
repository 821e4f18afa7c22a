"""A story in which two things happen that are alike, or nearly alike, and a question about one of them.

The question leaves something out: who it was ("she", "the baker"), when it was, or whose. What else is in the story, or
what was spoken of before, decides whether one reading fits or two; the question is the same.

    >>> story = draw_story(random.Random(1), cast, clear=False)
    >>> story.question, [reading.answer for reading in story.readings]
    ('What did she buy at the market?', ['a lantern', 'a kite'])
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

from duologue.corpora.worlds.clarify.steps import Reading, fill_in
from duologue.corpora.worlds.clarify.stories.cast import Cast, Person, Pronoun
from duologue.corpora.worlds.voice import sentence_case

Gap = Literal["pronoun", "role", "time", "owner"]
"""What a question leaves out."""
_GAPS: dict[Gap, float] = {"pronoun": 0.35, "role": 0.2, "time": 0.25, "owner": 0.2}
Likeness = Literal["alike", "kind", "deed", "settled"]
"""How a second thing is like the one asked about: wholly; but for the kind of person; but for the deed; or wholly, and
the conversation has settled whom it is about."""
_CLEAR: dict[Gap, tuple[Likeness, ...]] = {
    "pronoun": ("kind", "deed", "settled"), "role": ("kind", "deed"), "time": ("kind", "deed"), "owner": ("deed",),
}  # fmt: skip


class Event(NamedTuple):
    """Something told: the phrase it was made from, whose it is, when, in which words, and what may be asked of it."""

    phrase: str
    who: Person
    when: str
    sentence: str
    answer: str


class Told(NamedTuple):
    """A sentence beside the events, with a question about it and its answer."""

    sentence: str
    question: str
    answer: str


@dataclass(frozen=True)
class Story:
    """A story and the question about it.

    Attributes:
        gap: what the question leaves out.
        word: what stands in its place: a pronoun, a job, a thing; empty for a time.
        text: the story.
        question: the question.
        readings: what it can mean; what is meant is first.
        options: what tells the readings apart, in their order: names or times.
        history: questions before it, with answers.
        rationale: the sentence with the answer that is meant.
    """

    gap: Gap
    word: str
    text: str
    question: str
    readings: list[Reading]
    options: list[str]
    history: list[Told]
    rationale: str


def draw_story(rng: random.Random, cast: Cast, *, clear: bool) -> Story:
    """Draw a story whose question is clear or not.

    Args:
        rng: the source of chance.
        cast: the names and phrases to draw from.
        clear: whether one reading fits.
    """
    gap: Gap = rng.choices([*_GAPS], [*_GAPS.values()])[0]
    return _Writer(rng, cast, gap, clear).write()


class _Writer:
    """A story in the making: `first` is asked about, `second` is alike or nearly alike."""

    def __init__(self, rng: random.Random, cast: Cast, gap: Gap, clear: bool) -> None:
        self.rng, self.cast, self.gap = rng, cast, gap
        self.voice = cast.voice
        self.likeness: Likeness = rng.choice(_CLEAR[gap]) if clear else "alike"
        deeds = rng.sample(self.voice.phrases["deed"], 4)
        traits = rng.sample(self.voice.phrases["trait"], 2)
        self.same, self.near = traits if gap == "owner" else deeds[:2]
        self.others = deeds[2:]
        self.times = rng.sample(self.voice.phrases["time"], 4)
        self._used: set[str] = set()
        self._answers: set[str] = set()

    def write(self) -> Story:
        """The whole story."""
        rng = self.rng
        first, second, third = self._people()
        other = first if self.gap == "time" and self.likeness != "kind" else second
        events = [
            self._event(self.same, first, self.times[0]),
            self._event(self.near if self.likeness == "deed" else self.same, other, self.times[1]),
            self._event(self.others[0], third, self.times[2]),
            self._event(self.others[1], second if other is first else rng.choice((first, second)), self.times[3]),
        ]
        fits = [event for event in events if event.phrase == self.same and self._meant(event.who, first)]
        if self.likeness == "settled":
            fits = events[:1]
        rng.shuffle(fits)
        people = {person: self._told("person", person.slots) for person in rng.sample((first, second, third), 3)}
        opening, filler = self._told("opening", {}), self._told("filler", {})
        words = {"pronoun": first.pronoun, "role": f"the {first.job}", "time": first.name, "owner": ""}
        return Story(
            gap=self.gap,
            word=self._word(first),
            text=self._text([opening, *people.values()], events, filler),
            question=self._question(events[0], words[self.gap]),
            readings=[Reading(self._question(event, event.who.name, event.when), event.answer) for event in fits],
            options=[event.when if self.gap == "time" else event.who.name for event in fits],
            history=self._history(people, first, third, [opening, filler]),
            rationale=fits[0].sentence,
        )

    def _people(self) -> tuple[Person, Person, Person]:
        """The one asked about, the one who is alike or nearly alike, and somebody else."""
        one: Pronoun = self.rng.choice(("she", "he"))
        another: Pronoun = "he" if one == "she" else "she"
        any_: list[Pronoun] = [self.rng.choice((one, another)) for _ in range(2)]
        first = self.cast.person(one)
        if self.gap == "pronoun":
            any_ = [another if self.likeness == "kind" else one, another]
        same_job = self.gap == "role" and self.likeness != "kind"
        second = self.cast.person(any_[0], first.job if same_job else None)
        return first, second, self.cast.person(any_[1])

    def _meant(self, who: Person, first: Person) -> bool:
        """Whether the question's words for `first` are words for `who`."""
        told = {"pronoun": who.pronoun == first.pronoun, "role": who.job == first.job, "time": who == first}
        return self.gap == "owner" or told[self.gap]

    def _text(self, before: list[Told], events: list[Event], filler: Told) -> str:
        times = self.voice.phrases["time"]
        told = [event.sentence for event in sorted(events, key=lambda event: times.index(event.when))]
        told.insert(self.rng.randint(1, 3), filler.sentence)
        ending = self.voice.pick(self.rng, "ending", self.cast.values()).text
        return " ".join([*(each.sentence for each in before), *told, ending])

    def _event(self, phrase: str, who: Person, when: str) -> Event:
        told = phrase.split(" / ")[0]
        while True:
            filled = fill_in(told, **{**self.cast.values(), "who": who.name})
            match = re.search("<(.*)>", filled)
            assert match is not None
            if match[1] not in self._answers:
                break
        self._answers.add(match[1])
        did = re.sub("[<>]", "", filled)
        if self.gap == "owner" and phrase in (self.same, self.near):
            return Event(phrase, who, when, did, match[1])
        did = did[:1].lower() + did[1:]
        sentence = self.voice.pick(self.rng, "told", {"who": who.name, "when": when, "did": did}, used=self._used).text
        return Event(phrase, who, when, sentence, match[1])

    def _question(self, event: Event, who: str, when: str = "") -> str:
        """The question about an event; with a time in the intents of a question that leaves the time out."""
        parts = event.phrase.split(" / ")
        if self.gap == "owner":
            return fill_in(parts[2] if who else parts[1], who=who)
        return fill_in(parts[1], who=who, when=f" {when}" if self.gap == "time" and when else "")

    def _word(self, first: Person) -> str:
        if self.gap == "owner":
            return self.same.split(" of {who}")[0].removeprefix("The ")
        return {"pronoun": first.pronoun, "role": first.job, "time": ""}[self.gap]

    def _told(self, pool: str, slots: dict[str, str]) -> Told:
        values = {**self.cast.values(), **slots}
        line = self.voice.pick(self.rng, pool, values, used=self._used)
        sentence, question = line.text.split(" / ")
        return Told(sentence, sentence_case(question), line.mark)

    def _history(self, people: dict[Person, Told], first: Person, third: Person, plain: list[Told]) -> list[Told]:
        """What was spoken of before: the one asked about where that settles it, else something else."""
        if self.likeness == "settled":
            return [*self.rng.sample(plain, self.rng.randint(0, 1)), people[first]]
        return self.rng.sample([*plain, people[third]], self.rng.randint(1, 2))
