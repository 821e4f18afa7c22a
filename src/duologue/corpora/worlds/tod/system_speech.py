"""Puts the system's moves into words, with acts and spans.

Values that a delexicalised response needs stand in the text: names when offering, requestables when asked,
references when booking.
"""

from __future__ import annotations

import random
from typing import Any

from duologue.corpora.worlds.phrases import Variant
from duologue.corpora.worlds.tod.moves import ACT_DOMAIN, ACT_SLOT, Move
from duologue.corpora.worlds.tod.phrasing import Utterance, Value, Voice
from duologue.corpora.worlds.tod.town import Row
from duologue.corpora.worlds.tod.wording import Wording

_PLACES = {
    "restaurant": ("restaurant", "restaurants"), "hotel": ("place", "places"), "train": ("train", "trains"),
    "attraction": ("attraction", "attractions"),
}  # fmt: skip
_SLOT_WORDS = {"food": "cuisine", "area": "area", "pricerange": "price range", "stars": "star rating", "type": "type",
               "time": "time", "day": "day", "stay": "length of stay", "people": "number of people"}  # fmt: skip
_DESCRIBED = {"restaurant": ("area", "food", "pricerange"), "hotel": ("area", "pricerange", "stars", "type"),
              "attraction": ("area", "type")}  # fmt: skip


class SystemSpeech:
    """The clerk's speech.

    Args:
        rng: source of choices. voice: the split's phrases.
    """

    def __init__(self, rng: random.Random, voice: Voice) -> None:
        self.rng, self.voice = rng, voice
        self.wording = Wording(rng, words=0.1)
        self._say = {
            "ask": self._ask, "many": self._many, "offer": self._offer, "select": self._select,
            "nooffer": self._nooffer, "askbook": self._askbook, "booked": self._booked, "nobook": self._nobook,
            "tell": self._tell,
            "offerbook": self._offerbook, "offerinfo": self._offerinfo, "taxi": self._taxi, "hospital": self._hospital,
            "police": self._police, "reqmore": self._general, "welcome": self._general, "bye": self._general,
        }  # fmt: skip

    def turn(self, moves: list[Move]) -> tuple[str, dict[str, list[list[str]]], list[list[Any]]]:
        """Write a system turn: text, acts, spans."""
        u = Utterance(self.rng)
        if moves[0].kind not in ("bye", "welcome", "nooffer", "nobook", "offer") and self.rng.random() < 0.2:
            u.say(self._pick("ack"))
        for move in moves:
            self._say[move.kind](u, move)
        text, spans = u.finish()
        return text, u.acts, spans

    def _pick(self, pool: str) -> Variant:
        return self.voice.pick(self.rng, pool)

    def _general(self, u: Utterance, move: Move) -> None:
        u.say(self._pick(move.kind))
        u.act(f"general-{move.kind}")

    def _ask(self, u: Utterance, move: Move) -> None:
        slot = move.slots[0]
        domain = ACT_DOMAIN[move.domain]
        u.say(self._pick("ask.hoteltype" if slot == "type" and move.domain == "hotel" else f"ask.{slot}"))
        for asked in ("leaveAt", "arriveBy") if slot == "time" else (slot,):
            u.act(f"{domain}-Request", ACT_SLOT[asked], "?")

    def _many(self, u: Utterance, move: Move) -> None:
        domain = ACT_DOMAIN[move.domain]
        choice = Value(f"{domain}-Inform", "Choice", str(move.count), str(move.count))
        places = _PLACES[move.domain][move.count != 1]
        u.say(self._pick("one" if move.count == 1 else "many"), {"choice": choice, "places": places})

    def _row_values(self, domain: str, row: Row, slots: tuple[str, ...], act: str) -> dict[str, Any]:
        return self.wording.values(domain, {slot: row[slot] for slot in slots}, act)

    def _offer(self, u: Utterance, move: Move) -> None:
        domain, row, rng = move.domain, move.rows[0], self.rng
        if domain == "train":
            slots = ("trainID", "leaveAt", "arriveBy", "departure", "destination")
            u.say(self._pick(f"offertrain.{move.flag}"), self._row_values(domain, row, slots, "Inform"))
            return
        act = "Recommend" if rng.random() < 0.5 else "Inform"
        described = rng.random() < 0.65
        values = self._row_values(domain, row, ("name", *_DESCRIBED[domain]), act)
        u.say(self._pick(f"recommend.desc.{domain}" if described else "recommend"), values)
        asked = move.values
        if domain == "hotel":
            for slot, pool in (("internet", "wifi"), ("parking", "car")):
                if slot in asked or rng.random() < 0.12:
                    u.say(self._pick(f"{pool}.{row[slot]}"))
                    u.act(f"Hotel-{act}", ACT_SLOT[slot], row[slot])
        elif rng.random() < 0.2:
            self._fact(u, domain, row, "address", act)

    def _fact(self, u: Utterance, domain: str, row: Row, slot: str, act: str = "Inform") -> None:
        """Tell one slot of a row."""
        if slot in ("internet", "parking"):
            u.say(self._pick(f"{'wifi' if slot == 'internet' else 'car'}.{row[slot]}"))
            u.act(f"Hotel-{act}", ACT_SLOT[slot], row[slot])
            return
        if row[slot] == "?":
            u.say(self._pick("unknown.fee"))
            u.act(f"{ACT_DOMAIN[domain]}-{act}", ACT_SLOT[slot])
            return
        u.say(self._pick(f"tell.{slot}"), self._row_values(domain, row, (slot,), act))

    def _select(self, u: Utterance, move: Move) -> None:
        first, second = (self._row_values(move.domain, row, ("name",), "Select")["name"] for row in move.rows)
        u.say(self._pick("select"), {"name": first, "name2": second})
        u.act(f"{ACT_DOMAIN[move.domain]}-Select")

    def _nooffer(self, u: Utterance, move: Move) -> None:
        domain = move.domain
        values = {s: v for s, v in move.values.items() if v != "dontcare" and f"matching.{s}" in self.voice.phrases}
        said = self.rng.sample(list(values), min(len(values), 3))
        matching: list[tuple[Variant, dict[str, Any]]] = [
            (self._pick(f"matching.{slot}"), self.wording.values(domain, {slot: values[slot]}, "NoOffer"))
            for slot in said
        ]
        u.act(f"{ACT_DOMAIN[domain]}-NoOffer")
        variant = self._pick("nooffer")
        if not matching:
            matching = [(("like that",), {})]
        elif "matching" in variant:
            del u.acts[f"{ACT_DOMAIN[domain]}-NoOffer"]
        u.say(variant, {"places": _PLACES[domain][1], "matching": matching})
        if self.rng.random() < 0.7:
            slot = next((s for s in move.slots if s in _SLOT_WORDS), "type")
            u.say(self._pick("trychange"), {"slotword": _SLOT_WORDS[slot]})
            u.act(f"{ACT_DOMAIN[domain]}-Request", ACT_SLOT[slot], "?")

    def _askbook(self, u: Utterance, move: Move) -> None:
        for slot in move.slots:
            u.say(self._pick("askbook.train" if move.domain == "train" else f"askbook.{slot}"))
            act = "Train-Request" if move.domain == "train" else "Booking-Request"
            u.act(act, ACT_SLOT[slot], "?")

    def _booked(self, u: Utterance, move: Move) -> None:
        domain, row = move.domain, move.rows[0]
        values = dict(move.values)
        if domain == "train":
            values |= {"trainID": row["trainID"]}
            act = "OfferBooked"
        else:
            values |= {"name": row["name"]}
            act = "Book"
        pool = f"booked.{domain}" if domain == "train" or self.rng.random() < 0.6 else "booked"
        template = self.wording.values(domain, values, act)
        if domain == "train":
            total = f"{float(row['price'].split()[0]) * int(values['people']):.2f} pounds"
            template["ticket"] = Value("Train-OfferBooked", "Ticket", total, total)
        u.say(self._pick(pool), template)

    def _nobook(self, u: Utterance, move: Move) -> None:
        slot, value = next(iter(move.values.items()))
        pool = "detail.day.hotel" if slot == "day" and move.domain == "hotel" else f"detail.{slot}"
        when = [(self._pick(pool), self.wording.values(move.domain, {slot: value}, "NoBook"))]
        name = Value("Booking-NoBook", "Name", move.rows[0]["name"], self.wording.said("name", move.rows[0]["name"]))
        u.say(self._pick("nobook"), {"when": when, "name": name})
        u.say(self._pick("trybook"), {"slotword": _SLOT_WORDS[slot]})
        u.act("Booking-Request", ACT_SLOT[slot], "?")

    def _tell(self, u: Utterance, move: Move) -> None:
        domain, row = move.domain, move.rows[0]
        if domain == "hospital" and row.get("department") and self.rng.random() < 0.4:
            u.act("Hospital-Inform", "Department", row["department"])
        if domain in _DESCRIBED and self.rng.random() < 0.35:
            u.say(self._pick("about"), self._row_values(domain, row, ("name",), "Inform"))
        for slot in move.slots:
            self._fact(u, domain, row, slot)

    def _offerbook(self, u: Utterance, move: Move) -> None:
        u.say(self._pick("offerbook.train" if move.domain == "train" else "offerbook"))
        u.act("Train-OfferBook" if move.domain == "train" else "Booking-Inform")

    def _offerinfo(self, u: Utterance, move: Move) -> None:
        u.say(self._pick("offerinfo"))
        u.act("general-reqmore")

    def _taxi(self, u: Utterance, move: Move) -> None:
        values = self.wording.values(
            "taxi", {s: v for s, v in move.values.items() if s in ("departure", "destination")}
        )
        for slot, act_slot in (("car", "Car"), ("phone", "Phone")):
            values[slot] = Value("Taxi-Inform", act_slot, move.values[slot], move.values[slot])
        u.say(self._pick("taxi"), values)

    def _hospital(self, u: Utterance, move: Move) -> None:
        row = move.rows[0]
        if row["department"]:
            u.say(self._pick("hospital.dept"), self._row_values("hospital", row, ("department", "phone"), "Inform"))
        else:
            u.say(self._pick("hospital"), self._row_values("hospital", row, ("address", "postcode"), "Inform"))

    def _police(self, u: Utterance, move: Move) -> None:
        u.say(self._pick("police"), self._row_values("police", move.rows[0], ("name", "address", "phone"), "Inform"))
