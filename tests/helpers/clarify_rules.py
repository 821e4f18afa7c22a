"""Rules that read what a person reads, the native files of the clarify world, and know when to ask and what is right.

They share no code with the world but its lists of words, so that they would see it go wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from duologue.corpora.worlds.clarify import Item
from duologue.corpora.worlds.clarify.databases.schema import Table
from duologue.corpora.worlds.clarify.phrases import pools
from duologue.corpora.worlds.names import word_lists


def table_answer(grid: list[list[str]], question: dict[str, Any]) -> str | float:
    """The answer to a question of PACIFIC's layout, worked out from its rewrite and the table."""
    asked = question["original_question"]
    values = {
        (row[0], name): int(cell.replace(",", ""))
        for row in grid[1:]
        for name, cell in zip(grid[0][1:], row[1:], strict=True)
    }
    span = re.search(r" from (\d+) to (\d+)", asked)
    rest = asked.replace(span[0], "") if span else asked
    limit = re.search(r"(?<![\w,])[\d,]+\d|(?<![\w,])\d", rest) if question["answer_type"] == "count" else None
    rest = rest.replace(limit[0], "") if limit else rest
    rows, columns = (_named(names, rest) for names in ([row[0] for row in grid[1:]], grid[0][1:]))
    line = {
        next(name for name in key if name not in (rows or columns)): value
        for key, value in values.items()
        if {*key} & {*rows, *columns}
    }
    if rows and columns:
        return f"{values[rows[0], columns[0]]:,}"
    if limit:
        return str(sum(value > int(limit[0].replace(",", "")) for value in line.values()))
    if "change in" in asked:
        first, last = span.groups() if span else (min(line), max(line))
        return line[last] - line[first]
    if "average of" in asked:
        return round(sum(line.values()) / len(line), 2)
    return max(line, key=lambda name: line[name])


def _named(names: list[str], text: str) -> list[str]:
    return [name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE)]


def asks_for_a_cell(item: Item, question: dict[str, Any]) -> bool:
    """Whether a question asks for one cell, as its rewrite and its answer tell; replies are none."""
    asked = [step for step in item.steps if step.user == question["question"]]
    values = {cell for row in item.native["table"]["table"][1:] for cell in row[1:]}
    fits = {reading.answer for reading in asked[0].readings}
    said = [each["question"] for each in item.native["questions"]]
    at = said.index(question["question"])
    is_reply = at > 0 and item.native["questions"][at - 1]["req_clari"]
    return not is_reply and said.count(question["question"]) == 1 and fits <= values and not question["derivation"]


def cells(grid: list[list[str]], question: str) -> int:
    """How many cells fit the words of a question."""
    return _fitting([row[0] for row in grid[1:]], question) * _fitting(grid[0][1:], question)


def _fitting(labels: list[str], question: str) -> int:
    """How many labels are named: whole, or but for one word; all where none is."""
    text = f" {re.sub(r'[^a-z0-9 -]', ' ', question.lower())} "
    whole = [label for label in labels if f" {label.lower()} " in text]
    if whole:
        return 1
    parts = [label.lower().split() for label in labels]
    short = [" ".join(part[:at] + part[at + 1 :]) for part in parts if len(part) > 1 for at in range(len(part))]
    named = [one for one in set(short) if f" {one} " in text and short.count(one) > 1 and one != "number of"]
    return max((short.count(one) for one in named), default=len(labels))


def is_open(item: Item) -> bool:
    """Whether a word of the question ends several columns of a table that the question names."""
    assert item.database is not None
    text = item.steps[0].user.lower()
    words = re.findall(r"[a-z]+", text)
    schema = item.database.schema

    def open_in(table: Table) -> bool:
        return any(
            len(fits := table.fitting(word)) > 1 and not any(column.spoken in text for column in fits) for word in words
        )

    named = [table for table in schema.tables if {table.theme.one, table.theme.many} & set(words)]
    row = {name for table in schema.tables for name in item.database.values(table, table.columns[1])}
    owners = [
        table for table in schema.tables
        if any(str(name) in item.steps[0].user for name in item.database.values(table, table.columns[1]))
    ]  # fmt: skip
    assert row
    if len(named) != 1:
        named = [schema.main] if len(named) > 1 else owners
    return any(open_in(table) for table in named)


def story_readings(row: dict[str, Any]) -> int:
    """How many things in a story a question can mean: sentences that tell of it, by whom the question allows."""
    sentences = re.split(r"(?<=[.?!]) ", row["story"])
    people = {name: (pronoun, job) for name, pronoun, job in _people(sentences)}
    spoken_of = [name for name in people if name in row["history_turns"][-1]["question"]]
    for line in [*pools()["deed"], *pools()["trait"]]:
        told, question, *_ = line.split(" / ")
        form = re.escape(question).replace(r"\{when\}", "").replace(r"\{who\}", "(.+)")
        match = re.fullmatch(form, row["target_turn"]["question"])
        if match is None:
            continue
        said = match[1] if match.groups() else ""
        called = {name: said in ("", name, pronoun, f"the {job}") for name, (pronoun, job) in people.items()}
        if said in ("she", "he"):
            settled = [name for name in spoken_of if called[name]]
            called = {name: fits and name in (settled or people) for name, fits in called.items()}
        did = re.sub(r"\\{\w+\\}", ".+", re.escape(re.sub("[<>.]", "", told))).replace(r"a\ .+", r"an?\ .+")
        return sum(
            bool(re.search(did, sentence)) and any(fits and name in sentence for name, fits in called.items())
            for sentence in sentences
        )
    raise AssertionError(f"nobody asks {row['target_turn']['question']}")


def _people(sentences: list[str]) -> Iterator[tuple[str, str, str]]:
    """The name, the pronoun and the job of everybody whom a story introduces."""
    for at, sentence in enumerate(sentences):
        job = next((job for job in word_lists()["jobs"] if re.search(rf"\b{job}\b", sentence)), None)
        name = re.search(r"\b(?!(?:In|As|People|The|Most|Many|That|One)\b)[A-Z][a-z]+", sentence)
        if job and name:
            rest = " ".join([sentence[name.end() :], *sentences[at + 1 : at + 2]])
            pronoun = re.search(r"\b(she|her|he|his|him)\b", rest, re.IGNORECASE)
            if pronoun:
                yield name[0], "she" if pronoun[0].lower() in ("she", "her") else "he", job
