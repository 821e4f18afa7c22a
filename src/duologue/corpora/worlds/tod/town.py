"""The town: venues, trains and services, in the layout of MultiWOZ's database files.

One database serves all splits, so whatever is said about it ("there are three", "there is none") is true for
whoever queries it; each split's dialogues *offer* only venues of their own part.

    >>> town = build_town(seed=3)
    >>> sorted(town.databases())[:3]
    ['attraction', 'bus', 'hospital']
    >>> len(town.query("hotel", {"area": "north"})) > 0
    True
"""

from __future__ import annotations

import random
from functools import lru_cache
from typing import Any

from duologue.corpora.worlds.names import Names, title, word_lists
from duologue.corpora.worlds.splits import SPLITS, Split

Row = dict[str, Any]

AREAS = ("centre", "north", "east", "south", "west")
PRICES = ("cheap", "moderate", "expensive")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ATTRACTION_TYPES = [
    "museum",
    "college",
    "nightclub",
    "theatre",
    "architecture",
    "park",
    "entertainment",
    "swimmingpool",
    "boat",
    "cinema",
    "concerthall",
]
CAR_COLOURS = ["black", "white", "red", "yellow", "blue", "grey"]
CAR_TYPES = ["toyota", "skoda", "bmw", "honda", "ford", "audi", "lexus", "volvo", "volkswagen", "tesla"]

_SIZES: dict[Split, dict[str, int]] = {
    "train": {"restaurant": 210, "hotel": 90, "attraction": 130, "place": 26, "line": 40, "food": 44},
    "val": {"restaurant": 70, "hotel": 34, "attraction": 48, "place": 12, "line": 14, "food": 16},
    "test": {"restaurant": 70, "hotel": 34, "attraction": 48, "place": 12, "line": 14, "food": 16},
}
_SEARCHED = {
    "restaurant": ("name", "food", "area", "pricerange"),
    "hotel": ("name", "area", "pricerange", "stars", "type", "internet", "parking"),
    "attraction": ("name", "type", "area"),
    "train": ("departure", "destination", "day"),
    "hospital": ("department",),
}
_RESTAURANT_NAMES = [
    "{w}", "{w} kitchen", "{w} and {v}", "the {p}", "the {p}", "cafe {w}", "{w} grill", "the {w} table",
    "{w} garden", "{w} bistro", "{p} kitchen", "{w} {v}", "the {w} tavern", "{w} noodle bar",
]  # fmt: skip
_HOTEL_NAMES = ["{w} lodge", "{w} house", "the {w}", "the {p} inn", "{w} guest house", "{w} manor", "the {p}",
                "{w} hotel", "{w} and {v} guest house", "{w} arms", "{p} lodge"]  # fmt: skip
_ATTRACTION_WORDS = {
    "museum": ["museum", "gallery", "folk museum"], "college": ["college", "hall"], "nightclub": ["club", "lounge"],
    "theatre": ["theatre", "playhouse"], "architecture": ["church", "abbey", "tower", "castle"],
    "park": ["park", "gardens", "common"], "entertainment": ["arcade", "bowling", "fun fair"],
    "swimmingpool": ["pool", "baths"], "boat": ["punting", "boats", "river tours"],
    "cinema": ["cinema", "picture house"], "concerthall": ["concert hall", "music hall"],
}  # fmt: skip
_HOURS = [
    "it opens daily from 9 a.m. to 5 p.m.",
    "it opens from 10 a.m. to 6 p.m. from tuesday to sunday",
    "always",
    "?",
]


def clock(minutes: int) -> str:
    """Write minutes after midnight as HH:MM."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def minutes(time: str) -> int:
    """Read HH:MM as minutes after midnight."""
    return int(time[:2]) * 60 + int(time[3:5])


class Town:
    """Venues of one seed, with the queries a system makes.

    Attributes:
        name: the town's name in lower case.
        rows: domain -> database rows in MultiWOZ's columns.
        parts: split -> domain -> the rows that this split's dialogues may offer.
        foods: split -> cuisines. places: split -> towns with a railway station.
    """

    def __init__(self, seed: int) -> None:
        rng = random.Random(f"town/{seed}")
        self.names = {split: Names(seed, split) for split in SPLITS}
        self.name = self.names["train"].place()
        self._letters = "".join(rng.choice("bcdfghklmnprstvw") for _ in range(2))
        self._prefix = f"01{rng.randrange(200, 1000)}"
        self.rows: dict[str, list[Row]] = {d: [] for d in ("restaurant", "hotel", "attraction", "train", "hospital")}
        self.parts: dict[Split, dict[str, list[Row]]] = {}
        self.foods: dict[Split, list[str]] = {}
        self.places: dict[Split, list[str]] = {}
        for split in SPLITS:
            self._settle(split, rng)
        self.police: Row = {"name": "", "address": "", "id": 0, "phone": self._phone(rng)}
        street = self.names["train"].street()
        self.police |= {
            "name": title(f"{street.split()[0]} police station"),
            "address": title(f"{street}, {self.name}"),
        }
        self.police_postcode = self._postcode(rng)
        self.hospital = {"address": title(self.names["train"].street()), "postcode": self._postcode(rng)}
        ids: set[str] = set()
        for row in self.rows["train"]:
            while (train_id := f"TR{rng.randrange(1000, 10000)}") in ids:
                pass
            ids.add(train_id)
            row["trainID"] = train_id
        self._index: dict[str, dict[str, dict[str, frozenset[int]]]] = {}
        for domain, rows in self.rows.items():
            columns: dict[str, dict[str, set[int]]] = {}
            for i, row in enumerate(rows):
                for slot in _SEARCHED[domain]:
                    columns.setdefault(slot, {}).setdefault(row[slot], set()).add(i)
            self._index[domain] = {s: {v: frozenset(at) for v, at in c.items()} for s, c in columns.items()}
        self.mine = {s: {d: {id(r) for r in rows} for d, rows in part.items()} for s, part in self.parts.items()}

    def _phone(self, rng: random.Random) -> str:
        return f"{self._prefix}{rng.randrange(200000, 1000000)}"

    def _postcode(self, rng: random.Random) -> str:
        letters = rng.choice("abdefghjlnpqrstuwxyz") + rng.choice("abdefghjlnpqrstuwxyz")
        return f"{self._letters}{rng.randrange(1, 60)}{rng.randrange(1, 10)}{letters}"

    def _common(self, rng: random.Random, names: Names, name: str) -> Row:
        return {
            "address": f"{rng.randrange(1, 180)} {names.street()}",
            "area": rng.choice(AREAS),
            "id": "",
            "location": [round(rng.uniform(52.17, 52.24), 6), round(rng.uniform(0.05, 0.22), 6)],
            "name": name,
            "phone": self._phone(rng),
            "postcode": self._postcode(rng),
        }

    def _settle(self, split: Split, rng: random.Random) -> None:
        names, sizes = self.names[split], _SIZES[split]
        foods = self.foods[split] = list(dict.fromkeys(names.food() for _ in range(sizes["food"])))
        places = self.places[split] = [names.place() for _ in range(sizes["place"])]
        part: dict[str, list[Row]] = {d: [] for d in self.rows}
        for i in range(sizes["restaurant"]):
            row = self._common(rng, names, names.unique(_RESTAURANT_NAMES))
            food = foods[i % len(foods)]
            row |= {"food": food, "pricerange": rng.choice(PRICES), "type": "restaurant"}
            row["introduction"] = f"{row['name']} is a place for {food} dishes"
            part["restaurant"].append(row)
        for _ in range(sizes["hotel"]):
            row = self._common(rng, names, names.unique(_HOTEL_NAMES))
            single = rng.randrange(30, 110, 5)
            kind = "guesthouse" if "guest house" in row["name"] or rng.random() < 0.45 else "hotel"
            row |= {
                "internet": "yes" if rng.random() < 0.8 else "no",
                "parking": "yes" if rng.random() < 0.75 else "no",
                "price": {"single": str(single), "double": str(single + 20), "family": str(single + 45)},
                "pricerange": rng.choice(PRICES),
                "stars": rng.choice("0233444455"),
                "takesbookings": "yes",
                "type": kind if "hotel" not in row["name"] else "hotel",
            }
            part["hotel"].append(row)
        for i in range(sizes["attraction"]):
            kind = ATTRACTION_TYPES[i % len(ATTRACTION_TYPES)]
            ends = _ATTRACTION_WORDS[kind]
            row = self._common(
                rng, names, names.unique([f"{{w}} {e}" for e in ends] + [f"the {{p}} {e}" for e in ends])
            )
            fee = rng.choice(["free", "free", "2 pounds", "3.50 pounds", "4 pounds", "5 pounds", "8.20 pounds", "?"])
            row |= {"entrance fee": fee, "openhours": rng.choice(_HOURS), "type": kind}
            row["pricerange"] = "free" if fee == "free" else "?" if fee == "?" else rng.choice(PRICES[:2])
            part["attraction"].append(row)
        part["train"] = self._railway(rng, places, sizes["line"])
        for department in word_lists()["departments"]:
            if names.split_of(department) == split:
                part["hospital"].append({"department": department, "id": 0, "phone": self._phone(rng)})
        self.parts[split] = part
        for domain, rows in part.items():
            for row in rows:
                if domain != "train":
                    row["id"] = len(self.rows[domain]) if domain == "hospital" else str(len(self.rows[domain]))
                self.rows[domain].append(row)

    @staticmethod
    def _railway(rng: random.Random, places: list[str], lines: int) -> list[Row]:
        rows: list[Row] = []
        pairs = [(a, b) for i, a in enumerate(places) for b in places[i + 1 :]]
        for a, b in rng.sample(pairs, min(lines // 2, len(pairs))):
            duration, price = rng.randrange(17, 130), rng.randrange(440, 4000, 10) / 100
            for departure, destination in ((a, b), (b, a)):
                first, gap = rng.randrange(300, 420), rng.choice((60, 90, 120))
                for day in DAYS:
                    for leave in range(first, 1380 - duration, gap):
                        rows.append(
                            {
                                "arriveBy": clock(leave + duration), "day": day, "departure": departure,
                                "destination": destination, "duration": f"{duration} minutes",
                                "leaveAt": clock(leave), "price": f"{price:.2f} pounds", "trainID": "",
                            }
                        )  # fmt: skip
        return rows

    def query(self, domain: str, constraints: dict[str, str]) -> list[Row]:
        """Give the rows that fulfil the constraints; "dontcare" and slots that are no column bind nothing.

        Trains arrive no later than ``arriveBy`` and leave no earlier than ``leaveAt``.
        """
        wanted = {k: v for k, v in constraints.items() if v and v not in ("dontcare", "not mentioned")}
        if domain == "train":
            arrive, leave = wanted.pop("arriveBy", "99:99"), wanted.pop("leaveAt", "00:00")
            return [r for r in self._find("train", wanted) if r["arriveBy"] <= arrive and r["leaveAt"] >= leave]
        return self._find(domain, wanted)

    def _find(self, domain: str, wanted: dict[str, str]) -> list[Row]:
        """Intersect the index entries of the constraints that are columns."""
        index, rows = self._index[domain], self.rows[domain]
        found = [index[slot].get(value, frozenset()) for slot, value in wanted.items() if slot in index]
        if not found:
            return list(rows)
        return [rows[i] for i in sorted(frozenset.intersection(*found))]

    def own(self, split: Split, domain: str, rows: list[Row]) -> list[Row]:
        """Keep the rows that the dialogues of ``split`` may offer."""
        mine = self.mine[split][domain]
        return [row for row in rows if id(row) in mine]

    def databases(self, split: Split | None = None) -> dict[str, Any]:
        """Give all databases in native layout, or only the part that one split offers."""
        rows = self.rows if split is None else self.parts[split]
        return {
            "restaurant": rows["restaurant"],
            "hotel": rows["hotel"],
            "attraction": rows["attraction"],
            "train": rows["train"],
            "bus": rows["train"],
            "hospital": rows["hospital"],
            "police": [self.police],
            "taxi": [{"taxi_colors": CAR_COLOURS, "taxi_types": CAR_TYPES, "taxi_phone": ["^[0-9]{10}$"]}],
        }


@lru_cache(maxsize=4)
def build_town(seed: int) -> Town:
    """Build the town of a seed; the last few are kept, since every dialogue of a seed lives in the same
    town.
    """
    return Town(seed)
