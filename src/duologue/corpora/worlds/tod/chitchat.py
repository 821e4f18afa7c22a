"""Situations of life: the chat that tells one, its summary, and the backstory and reaction it gives rise to.

A situation has a kind (a birthday, an exam, a move ...) with its own cast of named people, places and things.
The chat tells it in two to five exchanges; the summary is the same in the first person without the small talk;
the backstory connects it with what the user asks for; the reaction answers the backstory.

    >>> story = tell(random.Random(2), build_town(3), "train", "restaurant", {})
    >>> len(story.turns) % 2
    0
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import Any

from duologue.corpora.worlds.names import title, word_lists
from duologue.corpora.worlds.phrases import Variant
from duologue.corpora.worlds.splits import Split
from duologue.corpora.worlds.tod.phrasing import Utterance, Voice, load_voice, pools
from duologue.corpora.worlds.tod.town import Town

_RELATIONS = {
    "she": ["sister", "mother", "aunt", "grandmother", "daughter", "niece", "girlfriend", "wife", "stepmother"],
    "he": ["brother", "father", "uncle", "grandfather", "son", "nephew", "boyfriend", "husband", "stepbrother"],
    "they": ["cousin", "friend", "neighbour", "colleague", "flatmate", "classmate", "teammate", "godchild"],
}
_KIN = {
    "she": ["sister", "aunt", "daughter", "niece"],
    "he": ["brother", "uncle", "son", "nephew"],
    "they": ["cousin", "friend", "colleague", "flatmate"],
}
_CHILDREN = {"she": ["daughter", "niece", "stepdaughter"], "he": ["son", "nephew", "stepson"], "they": ["godchild"]}
_ELDERS = {
    "she": ["mother", "aunt", "grandmother", "godmother"],
    "he": ["father", "uncle", "grandfather", "godfather"],
    "they": ["neighbour", "colleague"],
}
_PARTNERS = {"she": ["girlfriend", "wife", "fiancee"], "he": ["boyfriend", "husband", "fiance"], "they": ["partner"]}
_SEASONS = ("spring", "summer", "autumn", "winter", "harvest", "lantern")
_TEAMS = ("Rovers", "Tigers", "Choir", "Quartet", "Band", "Club")
_PRONOUNS = {"she": ("she", "her", "her"), "he": ("he", "him", "his"), "they": ("they", "them", "their")}


@dataclass(frozen=True)
class Story:
    """A told situation.

    Attributes:
        kind: which. mood: joy, sad, worry or tired. turns: the chat, user first, system last.
        situation: first-person summary of the user's turns. entities: names and things it mentions.
        values: the cast. because, react: the phrases of backstory and reaction, chosen so that the situation
            names whom they name.
    """

    kind: str
    mood: str
    turns: list[str]
    situation: str
    entities: list[str]
    values: dict[str, Any]
    because: list[Variant]
    react: Variant


def _cast(rng: random.Random, town: Town, split: Split, known: dict[str, str]) -> dict[str, Any]:
    """Draw the people, places and things of a situation; ``known`` are values of the goal that the chat may
    mention.
    """
    names, lists = town.names[split], word_lists()
    gender = rng.choice(("she", "he", "they"))
    who, (friend, petname) = rng.choice(names.people[gender]), rng.sample(names.people["they"], 2)
    while who in (friend, petname):
        who = rng.choice(names.people[gender])
    they, them, their = _PRONOUNS[gender]
    place = known.get("destination") or rng.choice(town.places[split])
    food = known.get("food") or rng.choice(town.foods[split])
    rel = rng.choice(_RELATIONS[gender])
    return {
        "who": who, "friend": friend, "petname": petname, "place": title(place), "food": food.title(), "rel": rel,
        "partner": rng.choice(_PARTNERS[gender]), "kin": rng.choice(_KIN[gender]),
        "child": rng.choice(_CHILDREN[gender]), "elder": rng.choice(_ELDERS[gender]),
        "they": they, "them": them, "their": their, "they_": who,
        "age": str(rng.randrange(16, 91)), "hobby": rng.choice(lists["hobbies"]), "dish": rng.choice(lists["dishes"]),
        "pet": rng.choice(lists["pets"]), "season": rng.choice(_SEASONS),
        "job": rng.choice(lists["jobs"]), "subject": rng.choice(lists["subjects"]),
        "team": f"the {title(rng.choice(names.words))} {rng.choice(_TEAMS)}",
    }  # fmt: skip


_ENTITY_SLOTS = ("who", "friend", "petname", "place", "food", "hobby", "dish", "job", "subject", "team", "age", "pet")
_INTRODUCED = ("who", "friend", "petname", "place", "job", "subject")
_PLURAL = re.compile(r"\bthey (is|has|was|(?:\w+?)(?:s))\b", re.IGNORECASE)
_KEEP = {"always", "adds", "besides", "perhaps", "years", "sometimes"}


def _agree(text: str) -> str:
    """Give the verb after a singular "they" its plural form."""

    def plural(match: re.Match[str]) -> str:
        verb = match[1].lower()
        if verb in _KEEP:
            return match[0]
        known = {
            "is": "are",
            "has": "have",
            "was": "were",
            "misses": "miss",
            "wishes": "wish",
            "goes": "go",
            "does": "do",
        }
        return match[0][: match.start(1) - match.start()] + known.get(verb, verb[:-1])

    return _PLURAL.sub(plural, text)


def _words(rng: random.Random, variants: list[Variant], values: dict[str, Any]) -> str:
    u = Utterance(rng)
    for variant in variants:
        u.say(variant, values)
    return _agree(u.finish()[0])


def slots_of(variants: list[Variant]) -> set[str]:
    """Give the slots that phrases name."""
    return {slot for variant in variants for slot in variant[1::2]}


def load_kinds() -> list[str]:
    """List the kinds of situations with their moods, e.g. ``"birthday joy"``; every split tells all kinds."""
    return pools()["kinds"]


def tell(rng: random.Random, town: Town, split: Split, domain: str, known: dict[str, str]) -> Story:
    """Make up a situation and the chat that tells it.

    Args:
        rng: source of choices.
        town: whose names.
        split: whose phrases and names.
        domain: what the task that follows is about.
        known: goal values that the chat may mention (destination, food).
    """
    voice = load_voice(split)
    kind, mood = rng.choice(load_kinds()).split()
    values = _cast(rng, town, split, known)
    because, react = _pair(rng, voice, kind)
    told = [voice.pick(rng, f"{kind}.event"), voice.pick(rng, f"{kind}.detail")]
    count = rng.choices((2, 3, 4, 5), (40, 35, 17, 8))[0]
    ending = [voice.pick(rng, f"plan.{domain}")] if count > 2 and rng.random() < 0.7 else []
    needed = [slot for slot in _INTRODUCED if slot in slots_of(because) - slots_of(told)]
    told[1:1] = [voice.pick(rng, f"intro.{slot}") for slot in needed]
    while len(told) + len(ending) < count or (len(told) < 5 and _length([*told, *ending]) < 11):
        more = voice.pick(rng, f"{kind}.detail" if rng.random() < 0.7 else f"aside.{mood}")
        if more in told:
            more = voice.pick(rng, "intro.friend" if rng.random() < 0.5 else "intro.place")
        if more not in told:
            told.append(more)
    told = [*told, *ending][:5]
    turns = _chat(rng, voice, mood, told, values)
    situation = _summary(rng, told, values)
    entities = [values[s] for s in _ENTITY_SLOTS if s in slots_of(told)]
    return Story(kind, mood, turns, situation, entities, values, because, react)


def _length(told: list[Variant]) -> int:
    return sum(len(" ".join(variant).split()) for variant in told)


def _chat(rng: random.Random, voice: Voice, mood: str, told: list[Variant], values: dict[str, Any]) -> list[str]:
    """Tell each fact in a turn, with greetings and sighs around it, and answer it; no phrase twice in a row."""
    turns: list[str] = []
    used: list[Variant] = list(told)

    def fresh(pool: str) -> Variant:
        for _ in range(6):
            variant = voice.pick(rng, pool)
            if variant not in used:
                break
        used.append(variant)
        return variant

    for i, fact in enumerate(told):
        said = [fact]
        if i == 0 and rng.random() < 0.55:
            said.insert(0, fresh("hello"))
        elif rng.random() < 0.3:
            said.insert(rng.choice((0, 1)), fresh(f"aside.{mood}"))
        turns.append(_words(rng, said, values))
        last = i == len(told) - 1
        turns.append(_words(rng, [fresh("closing" if last and rng.random() < 0.7 else f"reply.{mood}")], values))
    return turns


def _summary(rng: random.Random, told: list[Variant], values: dict[str, Any]) -> str:
    """Write what was told as one passage, two clauses joined now and then."""
    sentences = [_words(rng, [fact], values) for fact in told]
    if len(sentences) > 2 and not sentences[2].startswith(("What", "How")) and rng.random() < 0.5:
        first = sentences[1].rstrip(".!")
        second = sentences[2]
        keep = second.startswith(("I ", "I'", *values["who"].split()[:1], values["friend"], values["petname"]))
        sentences[1:3] = [f"{first}, and {second if keep else second[0].lower() + second[1:]}"]
    return " ".join(sentences)


def _pair(rng: random.Random, voice: Voice, kind: str) -> tuple[list[Variant], Variant]:
    """Choose phrases for backstory and reaction: the reaction names somebody whom the backstory names.

    Where the drawn backstory does not, a second sentence introduces the missing name.
    """
    react = voice.pick(rng, f"{kind}.react")
    named = slots_of([react]) & set(_INTRODUCED)
    because = voice.pick(rng, f"{kind}.because")
    for _ in range(6):
        if named <= slots_of([because]) and slots_of([because]) & set(_INTRODUCED):
            break
        because = voice.pick(rng, f"{kind}.because")
    missing = [slot for slot in _INTRODUCED if slot in named - slots_of([because])]
    return [because, *(voice.pick(rng, f"intro.{slot}") for slot in missing)], react


def backstory(rng: random.Random, voice: Voice, story: Story, domain: str, closing: bool) -> str:
    """Write the backstory of a user turn: why the user asks, sometimes with what it means to them."""
    said = list(story.because)
    if len(said) == 1 and rng.random() < (0.8 if closing else 0.5):
        link = voice.pick(rng, "link.thanks" if closing else f"link.{domain}")
        if "who" in slots_of(story.because) or not {"who", "them", "they_"} & slots_of([link]):
            said.append(link)
    if rng.random() < 0.4:
        said.insert(0, voice.pick(rng, "preface"))
    return _words(rng, said, story.values)


def reaction(rng: random.Random, voice: Voice, story: Story) -> str:
    """Write the supportive answer to the story's backstory."""
    said = [story.react]
    if rng.random() < 0.6:
        said.insert(0, voice.pick(rng, "exclaim.joy" if story.mood == "joy" else "exclaim.other"))
    return _words(rng, said, story.values)
