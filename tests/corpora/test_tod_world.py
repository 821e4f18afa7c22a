"""The tod world: not trivial, true to its own database, annotated as MultiWOZ 2.1, the same for everybody."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest

from duologue.corpora.worlds.names import split_of
from duologue.corpora.worlds.phrases import partition
from duologue.corpora.worlds.tod import SPLITS, Sample, Split, databases, sample, write
from duologue.corpora.worlds.tod.dialogue import Played, play
from duologue.corpora.worlds.tod.goal import BOOK_SLOTS
from duologue.corpora.worlds.tod.phrasing import pools
from duologue.corpora.worlds.tod.town import build_town, minutes
from duologue.errors import InputError

SEED = 11
CONSTRAINTS = ("taxi", "hotel", "attraction", "train", "restaurant", "hospital")


@pytest.fixture(scope="module")
def items() -> dict[Split, list[Sample]]:
    return {split: list(sample(400, SEED, split)) for split in SPLITS}


@pytest.fixture(scope="module")
def everything(items: dict[Split, list[Sample]]) -> list[Sample]:
    return [item for split in SPLITS for item in items[split]]


def delexicalise(turn: dict[str, Any]) -> str:
    """Replace annotated tokens by their slot, lower-case the rest."""
    tokens = turn["text"].lower().split(" ")
    for _, slot, said, first, last in sorted(turn["span_info"], key=lambda s: -s[3]):
        text = " ".join(tokens[first : last + 1])
        tokens[first : last + 1] = [text.replace(said.lower(), f"[{slot.lower()}]")]
    return " ".join(tokens)


def state(turn: dict[str, Any]) -> dict[tuple[str, str], str]:
    """Flatten metadata to (domain, slot) -> value, bookings left out."""
    found = {}
    for domain, parts in turn["metadata"].items():
        for group in ("semi", "book"):
            for slot, value in parts[group].items():
                if slot != "booked" and value not in ("", "not mentioned"):
                    found[domain, slot] = value
    return found


def played(n: int, split: Split) -> Iterator[Played]:
    """The dialogues of `sample` without their chats, which cost time."""
    town = build_town(SEED)
    return (play(random.Random(f"tod/{SEED}/{split}/{i}"), town, split) for i in range(n))


# What makes the world hard to win by memory.


@pytest.mark.slow
def test_few_test_turns_occur_in_ten_thousand_training_dialogues() -> None:
    seen = {delexicalise(t) for p in played(10_000, "train") for t in p.log[::2]}
    turns = [delexicalise(t) for p in played(500, "test") for t in p.log[::2]]
    share = sum(turn in seen for turn in turns) / len(turns)
    print(f"delexicalised test user turns that training has: {share:.1%}")
    assert share <= 0.30


@pytest.mark.slow
def test_copying_the_nearest_training_state_is_not_enough() -> None:
    text = pytest.importorskip("sklearn.feature_extraction.text")

    def contexts(split: Split, n: int) -> tuple[list[str], list[dict[tuple[str, str], str]]]:
        inputs, states = [], []
        for item in played(n, split):
            log = item.log
            for i in range(0, len(log), 2):
                inputs.append(" ".join(turn["text"] for turn in log[max(0, i - 1) : i + 1]))
                states.append(state(log[i + 1]))
        return inputs, states

    inputs, states = contexts("train", 1_000)
    questions, gold = contexts("test", 150)
    tfidf = text.TfidfVectorizer(sublinear_tf=True)
    nearest = (tfidf.fit_transform(inputs) @ tfidf.transform(questions).T).tocsc().argmax(axis=0).A1
    accuracy = 100 * sum(states[at] == wanted for at, wanted in zip(nearest, gold, strict=True)) / len(gold)
    print(f"joint goal accuracy of the nearest training context: {accuracy:.1f}")
    assert accuracy < 50


def test_splits_share_no_venues_and_no_names(items: dict[Split, list[Sample]]) -> None:
    named: dict[Split, set[str]] = {}
    for split in SPLITS:
        part = databases(SEED, split)
        rows = [row for domain in ("restaurant", "hotel", "attraction") for row in part[domain]]
        named[split] = {r["name"] for r in rows} | {r["food"] for r in part["restaurant"]}
        named[split] |= {r["departure"] for r in part["train"]}
        offered = {b["name"] for s in items[split] for p in s.dialogue["log"][-1]["metadata"].values()
                   for b in p["book"]["booked"] if "name" in b}  # fmt: skip
        assert offered <= named[split]
        people = build_town(SEED + 1).names[split].people["they"]
        assert {split_of(name.lower()) for name in people} == {split}
    for a, b in (("train", "val"), ("train", "test"), ("val", "test")):
        assert not named[a] & named[b]


def test_every_split_has_phrases_of_its_own_in_every_pool() -> None:
    for pool, phrases in pools().items():
        assert len(phrases) == len(set(phrases)), pool
        parts = {split: set(own) for split, own in partition(phrases).items()}
        for split in ("val", "test"):
            others = set().union(*(parts[other] for other in SPLITS if other != split))
            own = parts[split] - others
            assert 1 / 4 <= len(own) / len(parts[split]) <= 1 / 2, (pool, split)
            assert parts["train"] - parts[split], (pool, split)


# The same for everybody.


def test_an_item_depends_on_seed_split_and_index_only() -> None:
    few, many = list(sample(3, 5, "val")), list(islice(sample(10_000_000, 5, "val"), 6))
    assert few == many[:3]
    assert list(sample(2, 5, "val", start=4)) == many[4:]
    assert list(sample(3, 6, "val")) != few


def test_ids_are_unique_and_tell_single_from_multi(everything: list[Sample]) -> None:
    assert len({item.id for item in everything}) == len(everything)
    for item in everything:
        domains = [d for d in (*CONSTRAINTS, "police") if item.dialogue["goal"][d]]
        assert (re.match(r"P?MUL\d{4}", item.id) is not None) == (len(domains) > 1)


# Annotation.


def test_turns_alternate_and_carry_what_their_side_carries(everything: list[Sample]) -> None:
    for item in everything:
        log = item.dialogue["log"]
        assert len(log) % 2 == 0
        for i, turn in enumerate(log):
            assert turn["text"] == " ".join(turn["text"].split())
            assert turn["text"]
            assert bool(turn["metadata"]) == bool(i % 2)
            assert turn["dialog_act"]
        assert "general-bye" in log[-1]["dialog_act"]


def test_spans_hold_their_value_and_cover_what_is_said(everything: list[Sample]) -> None:
    for item in everything:
        for turn in item.dialogue["log"]:
            tokens = turn["text"].split()
            for act, slot, value, first, last in turn["span_info"]:
                assert 0 <= first <= last < len(tokens)
                assert value in " ".join(tokens[first : last + 1])
                assert slot in [s for s, _ in turn["dialog_act"][act]]
            bare = delexicalise(turn)
            assert not re.search(r"\d\d:\d\d|tr\d{4}|\d{11}|\b[0-9a-z]{8}\b(?<=[0-9])", bare), (turn["text"], bare)


def test_states_follow_from_what_the_user_says(everything: list[Sample]) -> None:
    """A value enters the state when its user says it, or accepts an offer; nothing vanishes but by a change."""
    for item in everything:
        before: dict[tuple[str, str], str] = {}
        log = item.dialogue["log"]
        said_so_far = ""
        for user, system in zip(log[::2], log[1::2], strict=True):
            after = state(system)
            assert before.keys() <= after.keys()
            informed = {value for act, pairs in user["dialog_act"].items() for _, value in pairs if "Inform" in act}
            said_so_far += " " + user["text"].lower()
            for (domain, slot), value in after.items():
                if before.get((domain, slot)) != value:
                    assert value in informed or (slot == "name" and value in said_so_far), (item.id, slot, value)
            before = after
            said_so_far += " " + system["text"].lower()


def test_goals_are_reached(everything: list[Sample]) -> None:
    for item in everything:
        last = state(item.dialogue["log"][-1])
        system = " ".join(turn["text"] for turn in item.dialogue["log"][1::2])
        for domain in CONSTRAINTS:
            goal = item.dialogue["goal"][domain]
            for slot, value in {**goal.get("info", {}), **goal.get("book", {})}.items():
                if slot not in ("invalid", "pre_invalid"):
                    assert last[domain, slot] == value, (item.id, domain, slot)
            if goal.get("book"):
                booked = item.dialogue["log"][-1]["metadata"][domain]["book"]["booked"]
                assert [b["reference"] in system for b in booked] == [True]


def test_requests_are_answered_from_the_database(everything: list[Sample]) -> None:
    keys = {"phone": "Phone", "address": "Addr", "postcode": "Post", "trainID": "Id", "duration": "Time"}
    for item in everything:
        for domain in ("restaurant", "hotel", "attraction", "train"):
            goal = item.dialogue["goal"][domain]
            told = {s for t in item.dialogue["log"][1::2] for a, p in t["dialog_act"].items() for s, _ in p
                    if a.lower().startswith(domain)}  # fmt: skip
            assert {keys[slot] for slot in goal.get("reqt", []) if slot in keys} <= told, item.id


def test_what_is_said_about_the_database_is_true(everything: list[Sample]) -> None:
    town = build_town(SEED)
    tables = databases(SEED)
    known = {key: {row[key] for d in domains for row in tables[d]} for key, domains in
             (("trainID", ("train",)), ("name", ("restaurant", "hotel", "attraction")))}  # fmt: skip
    for item in everything[::2]:
        for system in item.dialogue["log"][1::2]:
            for domain in ("restaurant", "hotel", "attraction", "train"):
                wanted = system["metadata"][domain]["semi"]
                rows = town.query(domain, wanted)
                acts = system["dialog_act"]
                if f"{domain.capitalize()}-NoOffer" in acts:
                    assert not rows, item.id
                for slot, value in acts.get(f"{domain.capitalize()}-Inform", []):
                    if slot == "Choice":
                        assert int(value) == len(rows)
                for entry in system["metadata"][domain]["book"]["booked"]:
                    key = "trainID" if domain == "train" else "name"
                    assert entry[key] in known[key]


def test_a_final_offer_lies_within_the_goal(everything: list[Sample]) -> None:
    """What inform asks for: the last state's venues are among those that the goal allows."""
    town = build_town(SEED)
    for item in everything:
        for domain in ("restaurant", "hotel", "attraction", "train"):
            info = item.dialogue["goal"][domain].get("info")
            if info:
                final = item.dialogue["log"][-1]["metadata"][domain]["semi"]
                allowed = {id(row) for row in town.query(domain, info)}
                assert {id(row) for row in town.query(domain, final)} <= allowed


def test_failures_and_changes_occur(everything: list[Sample]) -> None:
    acts = [act for item in everything for turn in item.dialogue["log"] for act in turn["dialog_act"]]
    values = [v for item in everything for v in state(item.dialogue["log"][-1]).values()]
    for wanted in ("Restaurant-NoOffer", "Booking-NoBook", "Booking-Book", "Train-OfferBooked", "Hotel-Select",
                   "Taxi-Inform", "Restaurant-Recommend", "general-reqmore"):  # fmt: skip
        assert acts.count(wanted) >= 5, wanted
    assert values.count("dontcare") > 50
    domains = [sum(bool(item.dialogue["goal"][d]) for d in (*CONSTRAINTS, "police")) for item in everything]
    assert {1, 2, 3} <= set(domains)


def test_trains_fit_and_run_by_the_clock() -> None:
    rows = databases(SEED)["train"]
    assert len({row["trainID"] for row in rows}) == len(rows)
    for row in rows[:500]:
        assert minutes(row["arriveBy"]) - minutes(row["leaveAt"]) == int(row["duration"].split()[0])


# Chat, situation, interference.


def test_the_chat_leads_into_the_task(everything: list[Sample]) -> None:
    for item in everything:
        types = item.chat["types"]
        length = types.index("rewritten")
        assert len(types) == len(item.chat["turns"])
        assert length % 2 == 0
        assert 4 <= length <= 10
        assert types == ["prepended"] * length + ["rewritten"] + ["original"] * (len(item.dialogue["log"]) - 1)
        assert item.chat["turns"][length + 1 :] == [turn["text"] for turn in item.dialogue["log"][1:]]
        lines = item.situation["exchange"].split(",\n")
        assert len(lines) == length - 1
        assert [line[1:5] for line in lines] == (["User", "Syst"] * length)[: length - 1]


def test_the_situation_sums_up_the_users_chat(everything: list[Sample]) -> None:
    for item in everything:
        text = item.situation["gen_sit"]
        assert 10 <= len(text.split()) <= 75, text
        assert "?" not in text
        users = " ".join(item.chat["turns"][: item.chat["types"].index("rewritten") : 2])
        for entity in item.entities:
            assert entity.lower() in text.lower()
            assert entity.lower() in users.lower()


def test_backstories_rest_on_the_situation(everything: list[Sample]) -> None:
    for item in everything:
        backstory, reaction = item.interference["backstory"], item.interference["reaction"]
        first, second = item.interference["augmented_idx"]
        assert first % 2 == 0
        assert second == first + 1
        assert any(entity.lower() in backstory.lower() for entity in item.entities), backstory
        assert any(word in backstory for word in re.findall(r"\w+", reaction) if word[0].isupper() or len(word) > 3)
        for text in (backstory, reaction):
            assert "?" not in text
            assert "reference" not in text.lower()
            assert not re.search(r"\d{10}|\d\d:\d\d|TR\d{4}|[a-z]{2}\d{2,3}[a-z]{2}", text)
            streets = "street|avenue|road|drive|lane|boulevard|court|square|parkway|circle|highway|passage"
            assert not re.search(f" ({streets}) ", text.lower())
            names = {title for title in re.findall(r"(?<!^)(?<![.!] )\b[A-Z][a-z]+", text)}
            for name in names:
                assert name in item.situation["gen_sit"] or name in ("I",), (name, text, item.situation["gen_sit"])


@pytest.mark.parametrize("split", SPLITS)
def test_backstories_and_reactions_differ(split: Split) -> None:
    made = [item.interference for item in sample(2_000, SEED, split)]
    backstories, reactions = {m["backstory"] for m in made}, {m["reaction"] for m in made}
    print(f"{split}: {len(backstories) / 2000:.3f} {len(reactions) / 2000:.3f}")
    assert len(backstories) > 0.95 * len(made)
    assert len(reactions) > 0.95 * len(made)


def test_reactions_pass_the_published_gates(everything: list[Sample]) -> None:
    fine = 0
    for item in everything:
        reaction = item.interference["reaction"]
        original = item.dialogue["log"][item.interference["augmented_idx"][1]]["text"]
        ours, theirs = set(reaction.split()), set(original.split())
        fine += len(ours & theirs) / len(ours | theirs) <= 0.25 and original not in reaction
    assert fine > 0.98 * len(everything)


# Files.


def test_written_files_are_complete_and_the_same_twice(tmp_path: Any) -> None:
    written = write(tmp_path / "a", 50, seed=4)
    assert written.dialogues == {"train": 40, "val": 5, "test": 5}
    write(tmp_path / "b", 50, seed=4)
    files = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*") if p.is_file())
    assert len(files) == 6 + 3 + 3 + 8 + 1
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    test = json.loads((tmp_path / "a" / "test.json").read_text())
    assert list(test) == (tmp_path / "a" / "testListFile.txt").read_text().split()
    situations = json.loads((tmp_path / "a" / "situations" / "vaild.json").read_text())
    chats = json.loads((tmp_path / "a" / "fusedchat_prepended.json").read_text())
    assert situations.keys() < chats.keys()
    for name, dialogue in json.loads((tmp_path / "a" / "interference" / "test.json").read_text()).items():
        first, second = dialogue["augmented_idx"]
        assert dialogue["log"][first].pop("backstory")
        assert dialogue["log"][second].pop("reaction")
        assert dialogue["log"] == test[name + ".json"]["log"]


def test_a_corpus_too_small_to_split_is_refused(tmp_path: Any) -> None:
    with pytest.raises(InputError, match="at least 3"):
        write(tmp_path, 2, seed=1)


def test_booking_slots_match_multiwoz() -> None:
    assert BOOK_SLOTS == {
        "restaurant": ["people", "day", "time"],
        "hotel": ["people", "day", "stay"],
        "train": ["people"],
    }
