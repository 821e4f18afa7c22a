"""Random English-like text that belongs to no world: what the embedded model learns to copy whatever it says.

Ordinary words (`words.txt`), invented words, numbers, times, codes and odd punctuation in loose clauses; then the ways
in which real corpora write: tokenised ("I 'm here ."), lower case, doubled words, slips of the finger.

    writer = Writer(random.Random(0)); writer.utterance(); writer.passage()
"""

from __future__ import annotations

import random
import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

_SOUNDS = """\
b bl br c ch cl cr d dr f fl fr g gl gr h j k kl l m n p pl pr qu r s sc sh sk sl sn sp st str t th tr tw v w y z
a e i o u a e i o ai ea ee ie oa oo ou au
- - - - b ck d ft g l ld ll lm m mp n nd ng nk nt p r rd rk rn rt s sh sk ss st t th x z
"""
_ONSETS, _VOWELS, _CODAS = (line.split() for line in _SOUNDS.splitlines())
_TAILS = ["", "", "", "", "", "ton", "ham", "ford", "er", "ish", "ian", "ese", "ic", "ing", "s"]
_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_FAMILY = ["my", "my", "my", "our", "his", "her", "their", "your"]


class Clause(NamedTuple):
    """A clause and the noun phrases in it that a listener could take up."""

    text: str
    phrases: tuple[str, ...]


@lru_cache(maxsize=1)
def word_lists() -> dict[str, list[str]]:
    """The lists of `words.txt` by name; verbs as "base/past/-ing"."""
    lists: dict[str, list[str]] = {}
    current: list[str] = []
    for line in Path(__file__).with_name("words.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            current = lists.setdefault(line[3:].strip(), [])
        elif line.strip() and not line.startswith("#"):
            current.extend(line.split())
    return lists


@lru_cache(maxsize=1)
def told_sentences() -> list[str]:
    """The sentence patterns of `clauses.txt`."""
    lines = Path(__file__).with_name("clauses.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


@lru_cache(maxsize=1)
def all_words() -> list[str]:
    """Every word and verb form once."""
    return sorted({form for words in word_lists().values() for word in words for form in word.split("/")})


class Writer:
    """Writes random text from one source of chance.

    Args:
        rng: the source.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.lists = word_lists()

    # --- words ---
    def invented(self) -> str:
        """A word that is in no dictionary, four to twelve letters."""
        rng = self.rng
        while True:
            parts = [
                rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS).strip("-")
                for _ in range(rng.choice((1, 2, 2, 2, 3)))
            ]
            if rng.random() < 0.2:
                parts.insert(0, rng.choice("aeiou"))
            word = "".join(parts) + rng.choice(_TAILS)
            if 4 <= len(word) <= 12:
                return word

    def name(self) -> str:
        """An invented name of one or two words, or two ordinary words as a name, in capitals or not."""
        rng = self.rng
        if rng.random() < 0.6:
            words = [self.invented() for _ in range(rng.choice((1, 1, 1, 2)))]
        else:
            words = [rng.choice(self.lists["adjectives"]), rng.choice(self.lists["nouns"])]
            if rng.random() < 0.3:
                words[0] = "the"
        return " ".join(word.capitalize() for word in words)

    def code(self) -> str:
        """A reference, postcode, telephone number, train number, price or time."""
        rng = self.rng
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        kind = rng.randrange(7)
        if kind == 0:
            return "".join(rng.choice(letters + "0123456789") for _ in range(8))
        if kind == 1:
            text = "".join(rng.choices(letters, k=2)) + str(rng.randint(1, 99)) + "".join(rng.choices(letters, k=2))
            return text if rng.random() < 0.5 else text.lower()
        if kind == 2:
            return "0" + "".join(rng.choice("0123456789") for _ in range(rng.choice((9, 10))))
        if kind == 3:
            return f"TR{rng.randint(0, 9999):04d}"
        if kind == 4:
            return f"{rng.randint(1, 60)}.{rng.randint(0, 99):02d} pounds"
        if kind == 5:
            return str(rng.randint(1, 200))
        return self.time()

    def time(self) -> str:
        """A time of day."""
        rng = self.rng
        hour, minute = rng.randint(0, 23), rng.choice((0, 15, 30, 45, rng.randint(0, 59)))
        forms = [f"{hour:02d}:{minute:02d}"] * 4 + [
            f"{hour}:{minute:02d}",
            f"{hour % 12 + 1} pm",
            f"{hour % 12 + 1} am",
        ]
        return rng.choice(forms)

    def noun_phrase(self) -> str:
        """Such as "my cousin Velka", "the golden kettle", "a meal"."""
        rng = self.rng
        adjective = rng.choice(self.lists["adjectives"]) + " " if rng.random() < 0.4 else ""
        kind = rng.random()
        if kind < 0.3:
            person = f"{rng.choice(_FAMILY)} {adjective}{rng.choice(self.lists['people'])}"
            return f"{person} {self.name()}" if rng.random() < 0.4 else person
        if kind < 0.45:
            return self.name()
        article = rng.choice(("the", "the", "a", "my", "some", "this", "our"))
        phrase = f"{article} {adjective}{rng.choice(self.lists['nouns'])}"
        return phrase if rng.random() < 0.85 else f"{phrase} of {self.name()}"

    # --- clauses and sentences ---
    def clause(self) -> Clause:
        """One clause in the first person or about somebody."""
        rng = self.rng
        verb = rng.choice(self.lists["verbs"]).split("/")
        second = rng.choice(self.lists["verbs"]).split("/")
        object_, place = self.noun_phrase(), self.noun_phrase()
        adjective = rng.choice(self.lists["adjectives"])
        where = f"{rng.choice(('in', 'at', 'near', 'with', 'from', 'for', 'by', 'to', 'about'))} {place}"
        when = self.when()
        kind = rng.randrange(12)
        if kind == 0:
            text = f"I {verb[1]} {object_} {where}"
        elif kind == 1:
            text = f"I'm {verb[2]} {object_} {when}"
        elif kind == 2:
            text, place = (
                f"{object_} is {adjective} and I {rng.choice(('really', 'just', 'still', 'never'))} {verb[0]} it",
                "",
            )
        elif kind == 3:
            text = f"{object_} {verb[1]} {place} {when}"
        elif kind == 4:
            text = f"I can't {verb[0]} {object_} because {place} is {adjective}"
        elif kind == 5:
            text, place = f"I've been {verb[2]} {object_} for {rng.choice(self.lists['numbers'])} years", ""
        elif kind == 6:
            text, place = f"it's {adjective} that {object_} {verb[1]} me {when}", ""
        elif kind == 7:
            text = f"we want to {verb[0]} {object_} and {second[0]} {place}"
        elif kind == 8:
            text, place = f"I feel {adjective} when {object_} {verb[1]} {when}", ""
        elif kind == 9:
            text = f"{object_} told me to {verb[0]} {place}"
        elif kind == 10:
            text = f"there was {object_} {where} {when}"
        else:
            text = f"I hope to {verb[0]} {object_} {where}"
        return Clause(text, tuple(p for p in (object_, place) if p and p in text))

    def told(self) -> Clause:
        """A sentence of `clauses.txt`: what people tell of themselves, about things that fit together or do not."""
        rng = self.rng
        verb, thing = rng.choice(self.lists["verbs"]).split("/"), rng.choice(self.lists["nouns"])
        phrases: list[str] = []

        def draw(match: re.Match[str]) -> str:
            if match[1] in ("np", "person", "name"):
                makers = {"np": self.noun_phrase, "person": self.person, "name": self.name}
                phrases.append(makers[match[1]]())
                return phrases[-1]
            plain = {
                "verb": verb[0], "ved": verb[1], "ving": verb[2], "adj": rng.choice(self.lists["adjectives"]),
                "thing": thing if rng.random() < 0.5 else rng.choice(self.lists["nouns"]), "when": self.when(),
                "number": rng.choice(self.lists["numbers"]),
            }  # fmt: skip
            return plain[match[1]]

        text = re.sub(r"\{(\w+)\}", draw, rng.choice(told_sentences()))
        return Clause(text[0].upper() + text[1:], tuple(phrases))

    def person(self) -> str:
        """Somebody of one's own, mostly without a name."""
        rng = self.rng
        person = f"{rng.choice(('my', 'my', 'my', 'our'))} {rng.choice(self.lists['people'])}"
        return f"{person} {self.name()}" if rng.random() < 0.3 else person

    def when(self) -> str:
        """A time in words."""
        rng = self.rng
        return rng.choice(
            ("today", "tomorrow", "last week", "next month", "on " + rng.choice(_DAYS).capitalize(), "tonight",
             "at " + self.time(), "this year", "soon", "two days ago", "again")
        )  # fmt: skip

    def sentence(self) -> Clause:
        """One or two clauses with a capital and a stop."""
        rng = self.rng
        if rng.random() < 0.55:
            return self.told()
        first = self.clause()
        text, phrases = first
        if rng.random() < 0.4:
            second = self.clause()
            text += rng.choice((" and ", ", but ", " because ", ", so ", " while ", ", and ")) + second.text
            phrases += second.phrases
        return Clause(text[0].upper() + text[1:] + rng.choice((".", ".", ".", "!", "...")), phrases)

    def passage(self) -> list[Clause]:
        """One to four sentences."""
        return [self.sentence() for _ in range(self.rng.choice((1, 2, 2, 3, 3, 4)))]

    def salad(self, least: int = 3, most: int = 40) -> str:
        """Words in no order, with numbers, codes, names and punctuation among them."""
        rng = self.rng
        words = all_words()
        out: list[str] = []
        names = rng.random() * 0.3
        for _ in range(rng.randint(least, most)):
            chance = rng.random()
            if chance < names:
                out.append(rng.choice((self.invented(), self.name())))
            elif chance < names + 0.08:
                out.append(self.code())
            else:
                out.append(rng.choice(words))
            if rng.random() < 0.12:
                out[-1] += rng.choice(
                    (".", ",", "?", "!", " .", " ,", " ?", ";", " -", "'s", " 's", ":", '"', ")", "/")
                )
        text = " ".join(out)
        return text if rng.random() < 0.5 else text[0].upper() + text[1:]

    def utterance(self) -> str:
        """A text of 1 to 60 words as a user or a clerk might have typed it in some unknown corpus."""
        rng = self.rng
        kind = rng.random()
        if kind < 0.45:
            text = " ".join(self.sentence().text for _ in range(rng.choice((1, 1, 2, 2, 3))))
        elif kind < 0.9:
            text = self.salad(1 if rng.random() < 0.1 else 3, rng.choice((8, 15, 25, 45)))
        else:
            text = " ".join((self.sentence().text, self.salad(3, 12), self.sentence().text))
        return self.styled(text)

    # --- styles ---
    def styled(self, text: str) -> str:
        """The text as some corpus would have it: tokenised, in lower case, with slips, or as it is."""
        rng = self.rng
        if rng.random() < 0.4:
            text = tokenised(text)
            if rng.random() < 0.3:
                text = text.replace(" . ", " .   ")
        if rng.random() < 0.3:
            text = text.lower()
        if rng.random() < 0.25:
            text = self.slips(text)
        return text.strip()

    def slips(self, text: str) -> str:
        """One to three slips: a doubled word, a lost stop, letters exchanged, doubled or lost."""
        rng = self.rng
        words = text.split(" ")
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(len(words))
            word, kind = words[at], rng.randrange(5)
            if kind == 0:
                words[at] = f"{word} {word}"
            elif kind == 1:
                words[at] = word.rstrip(".,!?") or word
            elif len(word) > 3:
                i = rng.randrange(len(word) - 1)
                words[at] = (
                    word[:i] + word[i + 1] + word[i] + word[i + 2 :]
                    if kind == 2
                    else word[:i] + word[i] + word[i:]
                    if kind == 3
                    else word[:i] + word[i + 1 :]
                )
        return " ".join(words)


def tokenised(text: str) -> str:
    """Punctuation and contractions set apart: "I'm here." -> "I 'm here ."."""
    text = re.sub(r"n't\b", " n't", text)
    text = re.sub(r"(?<=\w)'(s|m|re|ve|d|ll)\b", r" '\1", text)
    return re.sub(r"(?<=\w)([.,!?;])(?=\s|$)", r" \1", text)
