"""Examples of the interference prompts and of key-value questions, on texts that belong to no world.

What these teach is a robust way to answer about things the model knows nothing of: keep what was said. A situation is
the user's own sentences; a backstory is an opening and sentences of the situation; a reaction takes up a noun phrase of
the backstory; and the utterance or response comes back letter by letter, whatever it is.

    tasks = RandomTasks(random.Random(0)); tasks.situation(); tasks.backstory(); tasks.reaction(); tasks.lookup()
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from duologue.corpora.worlds.phrases import sections
from duologue.models.request import Message
from duologue.prompts.render import render
from scripts.tiny.examples import Text, chat_text
from scripts.tiny.texts import Clause, Writer

_LEAKS = re.compile(
    r"\b(street|avenue|road|drive|lane|boulevard|court|square|parkway|circle|highway|passage|reference)\b|\d"
)
_MINE = {"my": "your", "our": "your", "me": "you", "mine": "yours", "i": "you"}


@dataclass(frozen=True)
class Said:
    """A turn as the prompts read it: `speaker` is `user` or `system`."""

    speaker: str
    said: str


@lru_cache(maxsize=1)
def reply_lists() -> dict[str, list[str]]:
    """The lists of `replies.txt` by name."""
    return sections(Path(__file__).with_name("replies.txt").read_text(encoding="utf-8"))


def backstory_text(
    situation: str, context: Sequence[Said], utterance: str, backstory: str, entities: Sequence[str]
) -> Text:
    """The backstory prompt with its answer, in the form that the gates demand."""
    messages = render("interference/backstory", situation=situation, context=context, utterance=utterance, examples=[])
    answer = f"**{utterance}** + <Backstory: {backstory}>"
    return chat_text("backstory", messages, answer, entities)


def reaction_text(
    context: Sequence[Said], utterance: str, backstory: str, response: str, reaction: str, entities: Sequence[str]
) -> Text:
    """The reaction prompt with its answer."""
    messages = render(
        "interference/reaction",
        context=context,
        utterance=utterance,
        backstory=backstory,
        response=response,
        examples=[],
    )
    return chat_text("reaction", messages, f"<Reaction: {reaction}> + **{response}**", entities)


def situation_text(chat: Sequence[Said], situation: str, entities: Sequence[str]) -> Text:
    """The situation prompt with its answer."""
    return chat_text("situation", render("interference/situation", chat=chat, examples=[]), situation, entities)


class RandomTasks:
    """Draws examples about nothing in particular.

    Args:
        rng: the source of chance.
        borrow: draws a turn of a world's dialogues (of `user` or `system`) or a sentence of a `situation` there.
    """

    def __init__(self, rng: random.Random, borrow: Callable[[str], str] | None = None) -> None:
        self.rng = rng
        self.borrow = borrow
        self.writer = Writer(rng)
        self.lists = reply_lists()

    def turn(self, speaker: str) -> str:
        """What somebody said: mostly random, sometimes from the world and then in some corpus's style."""
        if self.borrow is not None and self.rng.random() < 0.35:
            return self.writer.styled(self.borrow(speaker))
        return self.writer.utterance()

    def context(self) -> list[Said]:
        """Nothing, or one to three exchanges."""
        turns = self.rng.choice((0, 0, 0, 1, 1, 2, 3))
        return [Said(speaker, self.turn(speaker)) for _ in range(turns) for speaker in ("user", "system")]

    def passage(self) -> list[Clause]:
        """A situation: sentences in the first person, sometimes run together or in lower case."""
        sentences = self.writer.passage()
        if self.rng.random() < 0.1:
            sentences = [Clause(s.text.lower(), s.phrases) for s in sentences]
        if self.rng.random() < 0.1:
            sentences.append(Clause(self.writer.sentence().text.rstrip(".!") + "?", ()))
        if self.borrow is not None and self.rng.random() < 0.25:  # half of the world is not the world
            sentences.insert(self.rng.randint(0, len(sentences)), Clause(self.borrow("situation"), ()))
        return sentences

    def situation(self) -> Text:
        """A chat whose user turns, without their interjections, make the situation."""
        rng = self.rng
        sentences = self.writer.passage()
        if len(sentences) < 2:
            sentences.append(self.writer.sentence())
        chat: list[Said] = []
        kept = list(sentences)
        while kept:
            count = 2 if len(kept) > 3 and rng.random() < 0.3 else 1
            said = " ".join(s.text for s in kept[:count])
            if rng.random() < 0.3:
                said = f"{rng.choice(self.lists['fillers'])} {said}"
            chat += [Said("user", said), Said("system", rng.choice(self.lists["chat"]))]
            kept = kept[count:]
        phrases = [p for s in sentences for p in s.phrases]
        return situation_text(chat[:-1], " ".join(s.text for s in sentences), phrases)

    def extract(self, sentences: Sequence[Clause]) -> Clause:
        """A backstory from sentences of a situation: the first one or another, or two of them, after an opening."""
        rng = self.rng
        told = [s for s in sentences if not s.text.endswith("?")] or list(sentences)
        at = 0 if rng.random() < 0.6 else rng.randrange(len(told))
        chosen = told[at : at + (2 if rng.random() < 0.35 else 1)]
        text = " ".join(s.text for s in chosen).replace("?", ".")
        if rng.random() < 0.7:
            opening = rng.choice(self.lists["openings"])
            keep = re.match(r"I\b|I'", text) or any(text.startswith(p) and p[0].isupper() for p in chosen[0].phrases)
            text = f"{opening} {text if keep else text[0].lower() + text[1:]}"
        return Clause(text, tuple(p for s in chosen for p in s.phrases))

    def backstory(self, utterance: str | None = None, context: Sequence[Said] | None = None) -> Text:
        """A backstory for any utterance and any situation."""
        sentences = self.passage()
        told = self.extract(sentences)
        return backstory_text(
            " ".join(s.text for s in sentences),
            self.context() if context is None else context,
            safe(self.turn("user") if utterance is None else utterance),
            told.text,
            told.phrases,
        )

    def reaction(
        self, utterance: str | None = None, response: str | None = None, context: Sequence[Said] | None = None
    ) -> Text:
        """A supportive sentence about a noun phrase of any backstory, before any response."""
        told = self.extract(self.passage())
        phrase = self.taken_up(told)
        reaction = self.rng.choice(self.lists["reactions"]).format(it=phrase)
        return reaction_text(
            self.context() if context is None else context,
            safe(self.turn("user") if utterance is None else utterance),
            told.text,
            safe(self.turn("system") if response is None else response),
            reaction[0].upper() + reaction[1:],
            [phrase],
        )

    def taken_up(self, told: Clause) -> str:
        """A noun phrase of a backstory as the listener says it: "my sister" becomes "your sister"."""
        phrases = [p for p in told.phrases if not _LEAKS.search(p.lower())] or ["that"]
        named = [p for p in phrases if p.split(" ")[0] in _MINE or p[0].isupper()]
        phrase = self.rng.choice(named or phrases)
        return " ".join(_MINE.get(word, word) if i == 0 else word for i, word in enumerate(phrase.split(" ")))

    def lookup(self) -> Text:
        """Pairs of names and values in the question, some of them asked for: binding in its plainest form."""
        rng, writer = self.rng, self.writer
        words = writer.lists["nouns"] + writer.lists["adjectives"]
        keys = rng.sample(words, rng.randint(2, 7))
        makers = (writer.invented, writer.name, writer.code, writer.noun_phrase)
        values = [rng.choice(makers)() for _ in keys]
        joint = rng.choice((": ", " = ", " is "))
        between = rng.choice((", ", "; ", " | "))
        asked = rng.sample(range(len(keys)), rng.randint(1, min(4, len(keys))))
        given = between.join(f"{k}{joint}{v}" for k, v in zip(keys, values, strict=True))
        question = f"{given}\nAsked: {', '.join(keys[i] for i in asked)}?"
        answer = ", ".join(f"{keys[i]}{joint}{values[i]}" for i in asked)
        return chat_text("lookup", (Message("user", question),), answer, [values[i] for i in asked])


def safe(text: str) -> str:
    """The text without what would break the answer's form or is too long to be an utterance."""
    text = re.sub(r"\s*\n\s*", " ", text.replace("**", "*").replace("<", "").replace(">", "").replace(" + ", " "))
    return " ".join(text.split(" ")[:60]).strip() or "ok"
