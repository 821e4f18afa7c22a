"""Examples of the `clarify` world: whole conversations, single turns, the other action when told to, the user's part.

The prompts are those of `duologue.prompts.clarify` and of the roles in `duologue.operators.clarifying`, so that the
model is asked as it was taught. Whether to ask depends on the table, the story or the schema, which are drawn anew. In
whole conversations many requests share one context, and every reply is learnt: from single turns the model had learnt
no more than the form of questions and answers after eleven million tokens of the mixture.

    tasks = ClarifyTasks(random.Random(0), "train"); tasks.whole(); tasks.turn(); tasks.told(); tasks.user()
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from duologue.corpora import pacific, spider
from duologue.corpora.abg_coqa_rows import conversations
from duologue.corpora.actions import ACTION, ACTIONS, CLARIFY
from duologue.corpora.chat_formats.rows import RawRow
from duologue.corpora.clarification_points import Instance, instances
from duologue.corpora.worlds.clarify import KINDS, Item, sample
from duologue.corpora.worlds.clarify.phrases import load_voice
from duologue.corpora.worlds.clarify.sample import QUESTIONS_EACH
from duologue.corpora.worlds.clarify.tables.conversation import converse
from duologue.corpora.worlds.clarify.tables.native import context
from duologue.corpora.worlds.clarify.tables.table import draw_table
from duologue.corpora.worlds.clarify.user import Manner, reply
from duologue.corpora.worlds.names import Names
from duologue.dialogue import Dialogue, Turn
from duologue.prompts.clarify import asking
from duologue.prompts.render import render
from scripts.tiny.examples import ENTITY_WEIGHT, PROMPT_WEIGHT, Mark, Text, chat_prompt, chat_text
from scripts.tiny.losing import losing
from scripts.tiny.tokenizer import END, ROLES
from scripts.tiny.world import Split

ASK_SHARE = 0.4
"""Share of points at which a question is right; in the world it is less."""
SEEDS = 1_000_000
SHOWN = 4
"""Turns before a reply that the one who names its action sees, at most."""
_ROUNDS = 3
"""Conversations of two to four requests about one table, one after the other."""
_MANNERS: tuple[Manner, ...] = ("terse", "terse", "talkative")


class Point(NamedTuple):
    """A point of a conversation: the sample, the step there, and the instance that its reader makes of it."""

    item: Item
    step: int
    instance: Instance


class ClarifyTasks:
    """Draws examples from freshly sampled conversations of the world.

    Args:
        rng: the source of chance.
        split: whose phrases, names and themes.
    """

    def __init__(self, rng: random.Random, split: Split) -> None:
        self.rng = rng
        self.split: Split = split
        self._kept: dict[bool, list[Point]] = {True: [], False: []}

    def point(self) -> Point:
        """A point at which one has to ask (two in five) or to answer."""
        asks = self.rng.random() < ASK_SHARE
        while not self._kept[asks]:
            kind, seed = self.rng.choice(KINDS), self.rng.randrange(SEEDS)
            start = self.rng.randrange(3) * QUESTIONS_EACH
            for item in sample(4, seed, self.split, kind, start=start):
                for point in points(item):
                    self._kept[point.instance.action == CLARIFY].append(point)
        return self._kept[asks].pop(self.rng.randrange(len(self._kept[asks])))

    def whole(self) -> Text:
        """A conversation of which every reply is learnt: several requests about one table, one story, one database."""
        kind, seed = self.rng.choice(KINDS), self.rng.randrange(SEEDS)
        dialogue = {"tables": self._of_table, "stories": self._of_story, "databases": self._of_database}[kind](seed)
        opening = asking(next(instances([dialogue]))._replace(at=1))
        answer, marks = "", list[Mark]()
        for turn in dialogue.turns[1:]:
            if turn.speaker == "user":
                begin = len(answer)
                answer += f"{ROLES['user']} {turn.said}{END}{ROLES['assistant']} "
                marks.append(Mark(begin, len(answer), PROMPT_WEIGHT, "rest"))
            else:
                decisive = turn.said.split()[0] if turn.labels.get(ACTION) == [CLARIFY] else turn.said
                marks.append(Mark(len(answer), len(answer) + len(decisive), ENTITY_WEIGHT, "clarify"))
                answer += turn.said + END
        return Text("clarify", chat_prompt(opening), answer, tuple(marks))

    def turn(self) -> Text:
        """The system's next turn: a question, or an answer, also after the user's reply."""
        instance = self.point().instance
        return chat_text("clarify turn", asking(instance), instance.gold.said, [instance.gold.said])

    def told(self) -> Text:
        """The next turn by an action that is named: the right one, or the other one, however wrong it is."""
        point = self.point()
        action = self.rng.choice([*ACTIONS])
        right = action == point.instance.action
        said = point.instance.gold.said if right else losing(self.rng, point.item, point.step)
        return chat_text("clarify told", asking(point.instance, told=action), said, [said])

    def user(self) -> Text:
        """The user's reply to a clarifying question, from what only the user knows."""
        point = self._question()
        instance, intent = point.instance, point.item.steps[point.step].intent
        turns = [*instance.history, instance.gold]
        messages = render("clarify/user", intent=intent, manner="helpful", turns=turns)
        request = [point.item.steps[at].user for at in range(_begin(point.item, point.step), point.step + 1)]
        manner = self.rng.choice(_MANNERS)
        told = reply(self.rng, load_voice(self.split), manner, intent, instance.gold.said, said=request)
        return chat_text("clarify user", messages, told, [told])

    def judged(self) -> Text:
        """Whether a turn asks back, yes or no: the gold one, or one that does the other thing."""
        point = self.point()
        gold = self.rng.random() < 0.5
        said = point.instance.gold.said if gold else losing(self.rng, point.item, point.step)
        messages = render("clarify/classify", turns=point.instance.history[-SHOWN:], reply=said)
        asks = (point.instance.action == CLARIFY) == gold
        return chat_text("clarify judged", messages, "yes" if asks else "no")

    def meant(self) -> Text:
        """What the user wanted, from the conversation up to the last reply."""
        point = self._question()
        instance = point.instance
        messages = render("clarify/intent", turns=[*instance.history, *instance.trajectory[:-1]])
        intent = point.item.steps[point.step].intent
        return chat_text("clarify meant", messages, f"The user wants to know this: {intent}", [intent])

    def _of_table(self, seed: int) -> Dialogue:
        voice = load_voice(self.split)
        table = draw_table(self.rng, Names(seed, self.split), voice, self.split)
        talk = [asked for _ in range(_ROUNDS) for asked in converse(self.rng, table, voice, self.split)]
        return pacific.dialogue_from_native("table", context(self.rng, table, talk), lambda problem: None)

    def _of_story(self, seed: int) -> Dialogue:
        return dialogue_of(next(sample(1, seed, self.split, "stories")))

    def _of_database(self, seed: int) -> Dialogue:
        start = self.rng.randrange(3) * QUESTIONS_EACH
        read = [dialogue_of(item) for item in sample(QUESTIONS_EACH, seed, self.split, "databases", start=start)]
        return msgspec.structs.replace(read[0], turns=[turn for each in read for turn in each.turns])

    def _question(self) -> Point:
        """A point at which one has to ask."""
        while True:
            point = self.point()
            if point.instance.action == CLARIFY:
                return point


def points(item: Item) -> Iterator[Point]:
    """Every step of a sample as its reader gives it; of a story the first annotator's question."""
    found = instances([dialogue_of(item)])
    for step, instance in enumerate(found):
        yield Point(item, step, instance)


def dialogue_of(item: Item) -> Dialogue:
    """A sample as a dialogue whose turns with an action are its steps."""
    if item.kind == "tables":
        return pacific.dialogue_from_native("table", item.native, lambda problem: None)
    if item.kind == "databases":
        assert item.database is not None
        return spider.dialogue_from_row(RawRow(item.native, "query", "sample"), item.database.ddl)
    said = [turn for step in item.steps for turn in (Turn("user", step.user), _turn(step.system, step.action))]
    told = conversations("story", item.native)[0]
    before = 2 * len(item.native["history_turns"])
    return Dialogue("story", [*told.turns[:before], *said], grounding=told.grounding, facts=told.facts)


def _turn(text: str, action: str) -> Turn:
    return Turn("system", text, labels={ACTION: [action]})


def _begin(item: Item, step: int) -> int:
    """The step at which the request of a step was made."""
    while step and item.steps[step - 1].action == CLARIFY:
        step -= 1
    return step
