"""Puts the user's moves into words, with acts and spans.

Each user has a manner: capitals or not, final stops or not, greetings, hesitations, now and then a typing error
(never inside a value).
"""

from __future__ import annotations

import random
import re
from typing import Any

from duologue.corpora.worlds.phrases import Variant
from duologue.corpora.worlds.tod.moves import ACT_DOMAIN, ACT_SLOT, Move
from duologue.corpora.worlds.tod.phrasing import Utterance, Voice
from duologue.corpora.worlds.tod.wording import Wording

_BEFORE_NOUN = {"restaurant": ("pricerange", "food"), "hotel": ("stars", "pricerange"), "attraction": ()}
_NP_SLOTS = ("restaurant", "hotel", "attraction")


class UserSpeech:
    """One user's speech.

    Args:
        rng: source of choices. voice: the split's phrases.
    """

    def __init__(self, rng: random.Random, voice: Voice) -> None:
        self.rng, self.voice = rng, voice
        draw = rng.random()
        self.lower = draw < 0.1
        self.stops = rng.random() > 0.07
        self.wording = Wording(rng, proper=draw < 0.9)
        self.greets = rng.random() < 0.4
        self.greeting = 0
        self._say = {
            "open": self._open, "answer": self._answer, "correct": self._correct, "change": self._change,
            "more": self._more, "dontcare": self._dontcare, "choose": self._choose, "another": self._another,
            "pick": self._leave, "book": self._book, "request": self._request, "thanks": self._thanks,
            "finish": self._finish,
        }  # fmt: skip

    def turn(self, moves: list[Move]) -> dict[str, Any]:
        """Write a native user turn."""
        u = Utterance(self.rng)
        for i, move in enumerate(moves):
            self._say[move.kind](u, move, i)
        if self.rng.random() < 0.07 and moves[-1].kind not in ("thanks", "finish"):
            u.say(self.voice.pick(self.rng, "tail"))
        if self.rng.random() < 0.05:
            self._mistype(u)
        text, spans = u.finish(self.lower)
        if not self.stops:
            text = text.rstrip(".")
        return {"text": text, "metadata": {}, "dialog_act": u.acts, "span_info": spans}

    def _mistype(self, u: Utterance) -> None:
        """Swap two letters within a long word of a phrase."""
        places = [(i, m) for i, c in enumerate(u.chunks) for m in re.finditer(r"[a-z]{6,}", c) if not u.is_value(i)]
        if places:
            i, match = self.rng.choice(places)
            at = self.rng.randrange(match.start() + 1, match.end() - 2)
            chunk = u.chunks[i]
            u.chunks[i] = chunk[:at] + chunk[at + 1] + chunk[at] + chunk[at + 2 :]

    def _pick(self, pool: str) -> Variant:
        return self.voice.pick(self.rng, pool)

    def _fragment(self, kind: str, domain: str, slot: str, value: str) -> tuple[Variant, dict[str, Any]]:
        """Give a post-modifier or a noun phrase for one constraint."""
        pool = f"{kind}.{slot}"
        if slot in ("internet", "parking"):
            pool += "." + value
        elif kind == "post" and domain == "taxi" and slot in ("departure", "destination"):
            pool = f"post.taxi_{slot}"
        return self._pick(pool), self.wording.values(domain, {slot: value})

    def _quiet(self, u: Utterance, domain: str, values: dict[str, str]) -> None:
        """Annotate the yes and no that stand in no span."""
        for slot in ("internet", "parking"):
            if slot in values:
                u.act(f"{ACT_DOMAIN[domain]}-Inform", ACT_SLOT[slot], values[slot])

    def _noun_phrase(self, domain: str, values: dict[str, str]) -> list[tuple[Variant, dict[str, Any]]]:
        rng = self.rng
        rest = dict(values)
        before: list[tuple[Variant, dict[str, Any]]] = []
        for slot in _BEFORE_NOUN[domain]:
            if slot in rest and rng.random() < 0.5:
                before.append((self._pick(f"pre.{slot}"), self.wording.values(domain, {slot: rest.pop(slot)})))
        if "type" in rest and rng.random() < 0.85:
            noun: tuple[Variant, dict[str, Any]] = (
                ("", "type", ""),
                self.wording.values(domain, {"type": rest.pop("type")}),
            )
        else:
            noun = (self._pick(f"noun.{domain}"), {})
        after = [self._fragment("post", domain, slot, value) for slot, value in rest.items()]
        if len(after) > 1:
            last = after.pop()
            after.append((_prefixed("and ", last[0]), last[1]))
        return [(("a",), {}), *before, noun, *after]

    def _posts(self, domain: str, values: dict[str, str]) -> list[tuple[Variant, dict[str, Any]]]:
        return [self._fragment("post", domain, slot, value) for slot, value in values.items()]

    def _greet(self, u: Utterance) -> None:
        u.say(self._pick("greet"))
        u.act("general-greet")
        self.greeting = sum(map(len, u.chunks))

    def _open(self, u: Utterance, move: Move, i: int) -> None:
        domain, values, follow = move.domain, dict(move.values), "next" in move.flag
        if self.greets and not follow and i == 0:
            self.greets = False
            self._greet(u)
        if not values and domain != "hospital":
            u.act(f"{ACT_DOMAIN[domain]}-Inform")
        way = "next" if follow else "open"
        if domain == "police":
            u.say(self._pick("open.police"))
        elif domain == "hospital":
            department: list[tuple[Variant, dict[str, Any]]] = [(("",), {})]
            if values:
                variant = self._pick("post.department")
                glue = "" if variant[0].startswith(",") else " "
                department = [(_prefixed(glue, variant), self.wording.values(domain, values))]
            else:
                u.act("Hospital-Inform")
            u.say(self._pick("open.hospital"), {"dept": department})
        elif "commute" in move.flag:
            ends = {k: values.pop(k) for k in ("departure", "destination")}
            for slot, value in ends.items():
                u.act("Taxi-Inform", ACT_SLOT[slot], value)
            kinds = dict(p.split("=") for p in move.slots)
            commute = (self._pick("commute"), {"domain_a": kinds["a"], "domain_b": kinds["b"]})
            u.say(self._pick(f"{way}.taxi"), {"posts": [commute, *self._posts(domain, values)]})
        elif "name" in values:
            u.say(self._pick(f"{way}.named"), self.wording.values(domain, {"name": values["name"]}))
            u.say(self._pick(f"kind.{domain}"))
        elif domain in _NP_SLOTS:
            later: dict[str, str] = {}
            while len(values) > 1 and self.rng.random() < 0.3:
                slot = list(values)[-1]
                later[slot] = values.pop(slot)
            u.say(self._pick("next" if follow else f"open.{domain}"), {"np": self._noun_phrase(domain, values)})
            if later:
                self._more(u, Move("more", domain, later), 0)
        else:
            posts = self._posts(domain, values)
            variant = self._pick(f"{way}.{domain}")
            u.say(variant if posts else _without_posts(variant), {"posts": posts})
        self._quiet(u, domain, move.values)

    def _answer(self, u: Utterance, move: Move, i: int) -> None:
        self._frame(u, "answer", move)

    def _correct(self, u: Utterance, move: Move, i: int) -> None:
        self._frame(u, "correct", move)

    def _change(self, u: Utterance, move: Move, i: int) -> None:
        self._frame(u, "change", move)

    def _frame(self, u: Utterance, frame: str, move: Move) -> None:
        for slot, value in move.values.items():
            u.say(self._pick(frame), {"frag": [self._fragment("frag", move.domain, slot, value)]})
        self._quiet(u, move.domain, move.values)

    def _more(self, u: Utterance, move: Move, i: int) -> None:
        for n, (slot, value) in enumerate(move.values.items()):
            if move.domain in ("train", "taxi", "hospital"):
                u.say(self._pick("answer"), {"frag": [self._fragment("frag", move.domain, slot, value)]})
            else:
                frame = "more2" if n or (i and self.rng.random() < 0.5) else "more"
                u.say(self._pick(frame), {"post": [self._fragment("post", move.domain, slot, value)]})
        self._quiet(u, move.domain, move.values)

    def _dontcare(self, u: Utterance, move: Move, i: int) -> None:
        for slot in move.slots:
            u.say(self._pick(f"dontcare.{slot}"))
            u.act(f"{ACT_DOMAIN[move.domain]}-Inform", ACT_SLOT[slot], "dontcare")

    def _choose(self, u: Utterance, move: Move, i: int) -> None:
        if move.flag == "named":
            u.say(self._pick("choose.named"), self.wording.values(move.domain, move.values))
        elif move.flag == "plain":
            u.say(self._pick("choose"))

    def _another(self, u: Utterance, move: Move, i: int) -> None:
        u.say(self._pick("another"))
        u.act(f"{ACT_DOMAIN[move.domain]}-Inform")

    def _leave(self, u: Utterance, move: Move, i: int) -> None:
        u.say(self._pick("decide.system"))
        u.act(f"{ACT_DOMAIN[move.domain]}-Inform")

    def _book(self, u: Utterance, move: Move, i: int) -> None:
        domain, values = move.domain, move.values
        if move.flag == "start":
            if not values:
                u.say(self._pick(f"book.plain.{domain}"))
                u.act(f"{ACT_DOMAIN[domain]}-Inform")
                return
            details = []
            for slot, value in values.items():
                pool = "detail.day.hotel" if slot == "day" and domain == "hotel" else f"detail.{slot}"
                details.append((self._pick(pool), self.wording.values(domain, {slot: value})))
            u.say(self._pick(f"book.{domain}"), {"details": details})
            return
        frame = "change" if move.flag == "change" else "answer"
        self._frame(u, frame, move)

    def _request(self, u: Utterance, move: Move, i: int) -> None:
        nouns: list[tuple[Variant, dict[str, Any]]] = []
        for n, slot in enumerate(move.slots):
            pool = "req.hoteltype" if slot == "type" and move.domain == "hotel" else f"req.{slot}"
            noun = self._pick(pool)
            last = n == len(move.slots) - 1
            if n and last:
                noun = _prefixed("and ", noun)
            elif not last and len(move.slots) > 2:
                noun = (*noun[:-1], noun[-1] + ",")
            nouns.append((noun, {}))
            domain = ACT_DOMAIN[move.domain]
            u.act(f"{domain}-Request", ACT_SLOT[slot], "?")
        u.say(self._pick("request"), {"reqs": nouns})

    def _thanks(self, u: Utterance, move: Move, i: int) -> None:
        u.say(self._pick("thanks"))
        u.act("general-thank")

    def _finish(self, u: Utterance, move: Move, i: int) -> None:
        u.say(self._pick("finish"))
        u.act("general-bye")


def _prefixed(prefix: str, variant: Variant) -> Variant:
    return (prefix + variant[0], *variant[1:])


def _without_posts(variant: Variant) -> Variant:
    """Drop the empty slot of "a train {posts}?" together with the space before it."""
    return (variant[0].rstrip() + variant[2],)
