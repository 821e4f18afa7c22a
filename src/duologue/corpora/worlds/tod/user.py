"""The user: works off an agenda of goals, a move or two at a time, in answer to what the system did.

Users tell their constraints in any order, some at once and some when asked; they slip and correct themselves,
do not care about what their goal does not name, relax a constraint that finds nothing, ask for another venue,
and go on to the next domain.
"""

from __future__ import annotations

import random

from duologue.corpora.worlds.splits import Split
from duologue.corpora.worlds.tod.goal import SEARCH_SLOTS, DomainGoal
from duologue.corpora.worlds.tod.moves import Move
from duologue.corpora.worlds.tod.town import AREAS, DAYS, PRICES, Row, Town


class User:
    """An agenda-based user.

    Args:
        rng: source of all choices. goals: what to get done, in order. town: for plausible slips. split: whose
            names.
    """

    def __init__(self, rng: random.Random, goals: list[DomainGoal], town: Town, split: Split) -> None:
        self.rng, self.goals, self.town, self.split = rng, goals, town, split
        self._at = -1
        self._venues: dict[str, str] = {}
        self._slip: Move | None = None
        self._slipped = rng.random() > 0.12
        self._thanked = False

    def _begin(self) -> None:
        """Take the next goal from the agenda."""
        self._at += 1
        self.goal = goal = self.goals[self._at]
        if goal.commute:
            kinds = list(self._venues)
            self.rng.shuffle(kinds)
            self._ends = (f"a={kinds[0]}", f"b={kinds[1]}")
            goal.info = {"departure": self._venues[kinds[0]], "destination": self._venues[kinds[1]]} | goal.info
        first = goal.fail_info or goal.info
        self._untold = dict(first)
        if goal.domain in ("restaurant", "hotel", "attraction") or self.rng.random() < 0.6:
            order = list(first)
            self.rng.shuffle(order)
            self._untold = {slot: first[slot] for slot in order}
        self._failing = bool(goal.fail_info)
        self._unbooked = dict(goal.book) | goal.fail_book
        self._to_book, self._reqt = bool(goal.book), list(goal.reqt)
        self._asked_another = False
        if "name" in goal.info:
            self._venues[goal.domain] = goal.info["name"]

    def _take(self, count: int) -> dict[str, str]:
        slots = list(self._untold)[:count]
        taken = {slot: self._untold.pop(slot) for slot in slots}
        for slot in slots:
            if not self._slipped and self._slip is None:
                wrong = self._wrong(slot, taken[slot])
                if wrong is not None and self.rng.random() < 0.3:
                    self._slipped = True
                    self._slip = Move("correct", self.goal.domain, {slot: taken[slot]})
                    taken[slot] = wrong
        return taken

    def _wrong(self, slot: str, value: str) -> str | None:
        """Pick what a user might say by mistake, such that the town has something of the user's own for it."""
        town, domain = self.town, self.goal.domain
        options: dict[str, list[str]] = {
            "area": list(AREAS), "pricerange": list(PRICES), "food": town.foods[self.split], "day": list(DAYS),
        }  # fmt: skip
        if slot not in options or self._failing or domain not in (*SEARCH_SLOTS, "train"):
            return None
        wrong = self.rng.choice(options[slot])
        if domain != "train":
            found = town.query(domain, self.goal.info | {slot: wrong})
            if found and not town.own(self.split, domain, found):
                return None
        return wrong if wrong != value else None

    def open(self) -> list[Move]:
        """Start a domain with some of its constraints."""
        self._begin()
        rng, goal = self.rng, self.goal
        flag = "next" if self._at else ""
        if goal.commute:
            ends = {slot: self._untold.pop(slot) for slot in ("departure", "destination")}
            if rng.random() < 0.5:
                ends |= self._take(1)
            if rng.random() < 0.45:
                return [Move("open", goal.domain, ends, slots=self._ends, flag=flag + " commute")]
            return [Move("open", goal.domain, ends, flag=flag)]
        most = len(self._untold)
        count = most if "name" in goal.info else min(most, rng.choice((0, 1, 1, 2, 2, 2, 3)))
        if goal.domain == "hospital":
            count = most
        if goal.domain in ("train", "taxi"):
            count = min(most, rng.choice((1, 2, 2, 3, 3, 4)))
        moves = [Move("open", goal.domain, self._take(count), flag=flag)]
        if goal.domain in ("hospital", "police"):
            if rng.random() < 0.5:
                moves.append(self._request())
        elif "name" in goal.info and self._reqt and rng.random() < 0.3:
            moves.append(self._request())
        return moves

    def _request(self) -> Move:
        count = min(len(self._reqt), self.rng.choice((1, 2, 2, 3)))
        asked, self._reqt = self._reqt[:count], self._reqt[count:]
        return Move("request", self.goal.domain, slots=tuple(asked))

    def _book(self, most: int | None = None) -> Move:
        slots = list(self._unbooked)
        self.rng.shuffle(slots)
        slots = slots[: self.rng.choice((0, 1, 2, 3, 3, 3)) if most is None else most]
        return Move("book", self.goal.domain, {s: self._unbooked.pop(s) for s in slots}, flag="start")

    def react(self, system: list[Move]) -> list[Move]:
        """Answer the system's last turn."""
        if self._slip is not None:
            move, self._slip = self._slip, None
            return [move]
        kinds = {move.kind: move for move in system}
        if "ask" in kinds:
            return self._answer(kinds["ask"].slots[0])
        if "nooffer" in kinds:
            return self._relax()
        if "select" in kinds or "offer" in kinds:
            return self._consider(kinds.get("select") or kinds["offer"])
        if "askbook" in kinds:
            return self._book_answer(kinds["askbook"].slots)
        if "nobook" in kinds:
            slot = next(iter(self.goal.fail_book))
            return [Move("book", self.goal.domain, {slot: self.goal.book[slot]}, flag="change")]
        if "booked" in kinds:
            self._to_book = False
        if "taxi" in kinds:
            self._reqt = []
        return self._proceed()

    def _answer(self, slot: str) -> list[Move]:
        goal, rng = self.goal, self.rng
        if slot == "time":
            slot = "leaveAt" if "leaveAt" in goal.info else "arriveBy" if "arriveBy" in goal.info else "leaveAt"
        if slot not in self._untold:
            moves = [Move("dontcare", goal.domain, slots=(slot,))]
        else:
            self._untold = {slot: self._untold[slot]} | self._untold
            moves = [Move("answer", goal.domain, self._take(1))]
        if self._untold and rng.random() < 0.3:
            moves.append(Move("more", goal.domain, self._take(1), flag="too"))
        return moves

    def _relax(self) -> list[Move]:
        goal = self.goal
        changed = {s: v for s, v in goal.info.items() if self._failing and goal.fail_info.get(s) != v}
        self._failing = False
        for slot in changed:
            self._untold.pop(slot, None)
        return [Move("change", goal.domain, changed)] if changed else self._proceed()

    def _consider(self, offer: Move) -> list[Move]:
        rng, domain = self.rng, self.goal.domain
        if self._untold:
            return [Move("more", domain, self._take(rng.choice((1, 1, 2))))]
        if offer.kind == "select":
            if rng.random() < 0.25:
                return [Move("pick", domain)]
            return self._accept(rng.choice(offer.rows), "named")
        if domain in SEARCH_SLOTS and "name" not in self.goal.info:
            if offer.count > 1 and not self._asked_another and rng.random() < 0.12:
                self._asked_another = True
                return [Move("another", domain)]
            return self._accept(offer.rows[0], rng.choice(("named", "plain", "plain", "silent", "silent")))
        return self._proceed()

    def _accept(self, row: Row, how: str) -> list[Move]:
        domain = self.goal.domain
        self._venues[domain] = row["name"]
        rest = self._proceed()
        if how == "silent" and (not rest or rest[0].domain != domain):
            how = "plain"
        return [Move("choose", domain, {"name": row["name"]}, flag=how), *rest]

    def _book_answer(self, slots: tuple[str, ...]) -> list[Move]:
        asked = {s: self._unbooked.pop(s) for s in slots if s in self._unbooked}
        if self._unbooked and self.rng.random() < 0.5:
            slot = next(iter(self._unbooked))
            asked[slot] = self._unbooked.pop(slot)
        return [Move("book", self.goal.domain, asked, flag="answer")]

    def _proceed(self) -> list[Move]:
        """Do what is left of this domain, then go on to the next one or take leave."""
        rng = self.rng
        if self._reqt and (not self._to_book or rng.random() < 0.5):
            moves = [self._request()]
            if self._to_book and not self._reqt and rng.random() < 0.2:
                moves.insert(0, self._start_booking())
            return moves
        if self._to_book:
            return [self._start_booking()]
        if self._reqt:
            return [self._request()]
        if self._at + 1 < len(self.goals):
            thanks = [Move("thanks")] if rng.random() < 0.35 else []
            return thanks + self.open()
        if not self._thanked and rng.random() < 0.35:
            self._thanked = True
            return [Move("thanks")]
        leave = rng.choices((("thanks", "finish"), ("finish", "thanks"), ("finish",)), (40, 35, 25))[0]
        return [Move(kind) for kind in leave]

    def _start_booking(self) -> Move:
        self._to_book = False
        return self._book()
