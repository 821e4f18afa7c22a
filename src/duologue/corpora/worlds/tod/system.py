"""The system: rules over belief state and database, as a helpful clerk would follow them.

It asks for what is missing, counts and recommends, says when there is nothing, offers alternatives, answers
requests, books with a reference or reports that the booking failed, and closes politely. It offers only venues
of its split's part of the town.
"""

from __future__ import annotations

import random

from duologue.corpora.worlds.splits import Split
from duologue.corpora.worlds.tod.goal import BOOK_SLOTS, SEARCH_SLOTS
from duologue.corpora.worlds.tod.moves import Belief, Move
from duologue.corpora.worlds.tod.town import CAR_COLOURS, CAR_TYPES, Row, Town

_REFERENCE = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class System:
    """A rule system.

    Args:
        rng: source of all choices. town: what it queries. split: whose venues it offers.
        full: domain -> booking values that are not available (the databases do not hold availability).
    """

    def __init__(self, rng: random.Random, town: Town, split: Split, full: dict[str, dict[str, str]]) -> None:
        self.rng, self.town, self.split, self.full = rng, town, split, full
        self._asked: dict[str, set[str]] = {}
        self._offered: dict[str, list[Row]] = {}
        self._booking: set[str] = set()
        self._counted: dict[str, int] = {}

    def react(self, user: list[Move], belief: Belief) -> list[Move]:
        """Choose the system's moves after a user turn; ``belief`` already holds that turn."""
        if any(m.kind == "finish" for m in user):
            polite = [Move("welcome")] if any(m.kind == "thanks" for m in user) and self.rng.random() < 0.7 else []
            return [*polite, Move("bye")]
        about = [m for m in user if m.domain]
        if not about:
            return [Move("welcome"), Move("reqmore")]
        domain = about[-1].domain
        mine = [m for m in about if m.domain == domain]
        if domain == "train":
            return self._train(mine, belief)
        if domain == "taxi":
            return self._taxi(belief)
        if domain in ("hospital", "police"):
            return self._service(domain, mine, belief)
        return self._venue(domain, mine, belief)

    def _venue(self, domain: str, moves: list[Move], belief: Belief) -> list[Move]:
        wanted = belief.wanted(domain)
        kinds = {m.kind for m in moves}
        if "book" in kinds:
            self._booking.add(domain)
        chosen = self._chosen(domain, wanted)
        requests = tuple(s for m in moves if m.kind == "request" for s in m.slots)
        if chosen is not None and (requests or domain in self._booking or "choose" in kinds):
            told = [Move("tell", domain, slots=requests, rows=(chosen,))] if requests else []
            if domain in self._booking:
                return told + self._book(domain, chosen, belief)
            if not told:
                told = [Move("tell", domain, slots=tuple(self._facts(domain, chosen)), rows=(chosen,))]
            return told + ([Move("reqmore")] if self.rng.random() < 0.5 else [])
        if kinds & {"another", "pick"}:
            return self._alternative(domain, wanted, "another" in kinds)
        return self._search(domain, wanted)

    def _chosen(self, domain: str, wanted: dict[str, str]) -> Row | None:
        if "name" not in wanted:
            return None
        found = self.town.query(domain, {"name": wanted["name"]})
        return found[0] if found else None

    def _facts(self, domain: str, row: Row) -> list[str]:
        facts = {"restaurant": ["address", "phone", "food"], "hotel": ["address", "stars", "phone"]}.get(
            domain, ["address", "phone", "postcode"]
        )
        return self.rng.sample(facts, self.rng.randint(1, 2))

    def _search(self, domain: str, wanted: dict[str, str]) -> list[Move]:
        rng = self.rng
        rows = self.town.query(domain, wanted)
        own = self.town.own(self.split, domain, rows)
        if not rows:
            return [self._nothing(domain, wanted)]
        asked = self._asked.setdefault(domain, set())
        missing = [s for s in SEARCH_SLOTS[domain] if s not in wanted and s not in asked]
        if missing and "name" not in wanted and (not own or (len(rows) > 2 and len(asked) < 3 and rng.random() < 0.78)):
            slot = missing[0] if rng.random() < 0.6 else rng.choice(missing)
            asked.add(slot)
            many = self._count(domain, len(rows)) if rng.random() < 0.35 and wanted else []
            return [*many, Move("ask", domain, slots=(slot,))]
        if not own:
            return [self._nothing(domain, wanted)]
        return self._offer(domain, own, len(rows), wanted)

    def _nothing(self, domain: str, wanted: dict[str, str]) -> Move:
        """Say that nothing fulfils the constraints, and name one whose change would help."""
        town = self.town
        blamed = [s for s in wanted if town.query(domain, {k: v for k, v in wanted.items() if k != s})]
        return Move("nooffer", domain, values=dict(wanted), slots=tuple(blamed[:1]))

    def _count(self, domain: str, count: int) -> list[Move]:
        """Tell how many there are, unless that was the last thing told."""
        if self._counted.get(domain) == count:
            return []
        self._counted[domain] = count
        return [Move("many", domain, count=count)]

    def _offer(self, domain: str, own: list[Row], count: int, wanted: dict[str, str]) -> list[Move]:
        rng = self.rng
        if len(own) > 1 and rng.random() < 0.15:
            pair = rng.sample(own, 2)
            self._offered.setdefault(domain, []).extend(pair)
            return [Move("select", domain, rows=tuple(pair), count=count)]
        seen = self._offered.setdefault(domain, [])
        again = [row for row in own if seen and row is seen[-1]]
        row = again[0] if again and rng.random() < 0.6 else rng.choice(own)
        seen.append(row)
        moves = self._count(domain, count) if rng.random() < 0.5 and "name" not in wanted else []
        moves.append(
            Move("offer", domain, rows=(row,), count=count, flag="again" if again else "", values=dict(wanted))
        )
        if rng.random() < 0.5:
            moves.append(Move("offerbook" if domain != "attraction" and rng.random() < 0.7 else "offerinfo", domain))
        return moves

    def _alternative(self, domain: str, wanted: dict[str, str], new: bool) -> list[Move]:
        rows = self.town.query(domain, wanted)
        own = self.town.own(self.split, domain, rows)
        seen = self._offered.get(domain, [])
        fresh = [r for r in own if not any(r is s for s in seen)] if new else list(seen[-2:])
        row = self.rng.choice(fresh or own)
        self._offered.setdefault(domain, []).append(row)
        return [Move("offer", domain, rows=(row,), count=len(rows), flag="alternative" if fresh and new else "only")]

    def _book(self, domain: str, row: Row, belief: Belief) -> list[Move]:
        book = belief.book[domain]
        missing = tuple(s for s in BOOK_SLOTS[domain] if not book[s])
        if missing:
            most = 2 if len(missing) > 1 and self.rng.random() < 0.3 else 1
            return [Move("askbook", domain, slots=missing[:most], rows=(row,))]
        failed = {s: v for s, v in self.full.get(domain, {}).items() if book[s] == v}
        if failed:
            return [Move("nobook", domain, values=failed, rows=(row,))]
        reference = "".join(self.rng.choices(_REFERENCE, k=8))
        name = {"trainID": row["trainID"]} if domain == "train" else {"name": row["name"]}
        belief.booked[domain].append(name | {"reference": reference})
        self._booking.discard(domain)
        moves = [Move("booked", domain, values={**book, "ref": reference}, rows=(row,))]
        return moves + ([Move("reqmore")] if self.rng.random() < 0.5 else [])

    def _train(self, moves: list[Move], belief: Belief) -> list[Move]:
        wanted, rng = belief.wanted("train"), self.rng
        kinds = {m.kind for m in moves}
        if "book" in kinds:
            self._booking.add("train")
        offered = self._offered.get("train")
        requests = tuple(s for m in moves if m.kind == "request" for s in m.slots)
        if offered and (requests or "train" in self._booking):
            told = [Move("tell", "train", slots=requests, rows=(offered[-1],))] if requests else []
            if "train" in self._booking:
                return told + self._book("train", offered[-1], belief)
            return told + ([Move("reqmore")] if rng.random() < 0.4 else [])
        missing = [s for s in ("departure", "destination", "day") if s not in wanted]
        if not missing and "leaveAt" not in wanted and "arriveBy" not in wanted:
            missing = ["time"]
        if missing:
            return [Move("ask", "train", slots=(missing[0],))]
        rows = self.town.query("train", wanted)
        if not rows:
            return [Move("nooffer", "train", values=dict(wanted))]
        row = rows[-1] if "arriveBy" in wanted else rows[0]
        self._offered.setdefault("train", []).append(row)
        many = [Move("many", "train", count=len(rows))] if rng.random() < 0.5 else []
        closing = [Move("offerbook", "train")] if rng.random() < 0.6 else []
        how = "arrive" if "arriveBy" in wanted else "leave"
        return [*many, Move("offer", "train", rows=(row,), count=len(rows), flag=how, values=dict(wanted)), *closing]

    def _taxi(self, belief: Belief) -> list[Move]:
        wanted = belief.wanted("taxi")
        missing = [s for s in ("departure", "destination") if s not in wanted]
        if not missing and "leaveAt" not in wanted and "arriveBy" not in wanted:
            missing = ["time"]
        if missing:
            return [Move("ask", "taxi", slots=(missing[0],))]
        car = f"{self.rng.choice(CAR_COLOURS)} {self.rng.choice(CAR_TYPES)}"
        phone = f"07{self.rng.randrange(10**8, 10**9)}"
        belief.booked["taxi"] = [{"type": car, "phone": phone}]
        moves = [Move("taxi", "taxi", values={"car": car, "phone": phone, **wanted})]
        return moves + ([Move("reqmore")] if self.rng.random() < 0.4 else [])

    def _service(self, domain: str, moves: list[Move], belief: Belief) -> list[Move]:
        requests = tuple(s for m in moves if m.kind == "request" for s in m.slots)
        if domain == "police":
            return [Move("tell" if requests else "police", domain, slots=requests, rows=(self.police_row(),))]
        department = belief.wanted("hospital").get("department")
        rows = (
            self.town.query("hospital", {"department": department}) if department and department != "dontcare" else []
        )
        row = dict(self.town.hospital) | {"phone": rows[0]["phone"] if rows else self.town.police["phone"]}
        asked = self._asked.setdefault(domain, set())
        if not department and not requests and not asked:
            asked.add("department")
            return [Move("ask", domain, slots=("department",))]
        row["department"] = rows[0]["department"] if rows else ""
        return [Move("tell" if requests else "hospital", domain, slots=requests, rows=(row,))]

    def police_row(self) -> Row:
        """Give the police station with its postcode, which the database does not hold."""
        return {**self.town.police, "postcode": self.town.police_postcode}
