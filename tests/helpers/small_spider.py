"""A small corpus in Spider's layout: three databases, and questions that say all kinds of things.

folder = write_spider(tmp_path)     # dev.json, tables.json, database/NAME/NAME.sqlite
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

DATABASES = {
    "stage": """
        CREATE TABLE musician (musician_id INTEGER PRIMARY KEY, name TEXT, age INT, country TEXT, planet TEXT,
          net_worth REAL);
        INSERT INTO musician VALUES (1, 'Ada', 31, 'Norway', 'Earth', 32.5), (2, 'Bo', 45, 'Chile', 'Earth', 3),
          (3, 'Cy', 30, 'Norway', 'Earth', 7.25),
          (4, 'Di', 22, 'Ghana', 'Earth', 40), (5, 'Eve', 58, 'Chile', 'Earth', 1.5);
        CREATE TABLE gig (gig_id INTEGER PRIMARY KEY, musician_id INT REFERENCES musician (musician_id), year INT,
          town TEXT);
        INSERT INTO gig VALUES (1, 1, 2018, 'Oslo'), (2, 1, 2019, 'Accra'), (3, 1, 2021, 'Oslo'), (4, 2, 2019, 'Arica'),
          (5, 2, 2021, 'Oslo'), (6, 4, 2018, 'Accra');
    """,
    "shop": """
        CREATE TABLE product (product_id INTEGER PRIMARY KEY, title TEXT, price REAL, weight REAL, maker TEXT);
        INSERT INTO product VALUES (1, 'Lamp', 20, 1.5, 'Acme'), (2, 'Chair', 45, 6, 'Nordic Wood'),
          (3, 'Table', 120, 19, 'Nordic Wood'), (4, 'Clock', 30, .5, 'Acme');
    """,
    "zoo": """
        CREATE TABLE animal (animal_id INTEGER PRIMARY KEY, name TEXT, species TEXT, age INT);
        INSERT INTO animal VALUES (1, 'Kim', 'owl', 4), (2, 'Lou', 'fox', 7), (3, 'Max', 'fox', 2);
    """,
}


class Asked(NamedTuple):
    """A question, its query and database."""

    question: str
    query: str
    database: str = "stage"


QUESTIONS = {
    "column": Asked("Show the name and age of the musicians.", "SELECT name, age FROM musician"),
    "second sentence": Asked(
        "Which musicians are from Norway? List their ages.", "SELECT age FROM musician WHERE country = 'Norway'"
    ),
    "names": Asked(
        "Which musicians are from Chile? List their names.", "SELECT name FROM musician WHERE country = 'Chile'"
    ),
    "key first": Asked(
        "Which musician played the most gigs? List the musician id and name.",
        "SELECT T2.musician_id, T1.name FROM musician AS T1 JOIN gig AS T2 ON T1.musician_id = T2.musician_id"
        " GROUP BY T2.musician_id ORDER BY count(*) DESC LIMIT 1",
    ),
    "aggregate": Asked("What is the average age of the musicians?", "SELECT avg(age) FROM musician"),
    "figures": Asked(
        "Find the minimum and maximum net worth of musicians from Chile.",
        'SELECT min(net_worth), max(net_worth) FROM musician WHERE country = "Chile"',
    ),
    "on average": Asked("How old are the musicians on average?", "SELECT avg(age) FROM musician"),
    "value": Asked("How many musicians are from Norway?", "SELECT count(*) FROM musician WHERE country = 'Norway'"),
    "count": Asked(
        "What are the names of musicians who played at least two gigs?",
        "SELECT T1.name FROM musician AS T1 JOIN gig AS T2 ON T1.musician_id = T2.musician_id"
        " GROUP BY T1.musician_id HAVING count(*) >= 2",
    ),
    "degree": Asked("Which musicians are older than 30?", "SELECT name FROM musician WHERE age > 30"),
    "year": Asked("How many gigs were played after 2018?", "SELECT count(*) FROM gig WHERE year > 2018"),
    "both": Asked(
        "Which towns had a gig in 2018 and are home to Ada?",
        "SELECT town FROM gig WHERE year = 2018 INTERSECT SELECT T2.town FROM musician AS T1 JOIN gig AS T2"
        " ON T1.musician_id = T2.musician_id WHERE T1.name = 'Ada' AND T2.year = 2018",
    ),
    "condition-column": Asked(
        "What are the names of musicians with an age above 30?", "SELECT name FROM musician WHERE age > 30"
    ),
    "direction": Asked(
        "List the names of the musicians in descending order of age.", "SELECT name FROM musician ORDER BY age DESC"
    ),
    "sorted": Asked(
        "List the name and country of the musicians in descending order of age.",
        "SELECT name, country FROM musician ORDER BY age DESC",
    ),
    "ranking": Asked(
        "What is the name of the musician with the highest net worth?",
        "SELECT name FROM musician ORDER BY net_worth DESC LIMIT 1",
    ),
    "limit": Asked(
        "List the names of the top 3 musicians by net worth.",
        "SELECT name FROM musician ORDER BY net_worth DESC LIMIT 3",
    ),
    "distinct": Asked("What are the different countries of the musicians?", "SELECT DISTINCT country FROM musician"),
    "counted once": Asked("How many different towns had gigs?", "SELECT count(DISTINCT town) FROM gig"),
    "maker": Asked(
        "What is the average price of products by Nordic Wood?",
        "SELECT avg(price) FROM product WHERE maker = 'Nordic Wood'",
        "shop",
    ),
    "cheapest": Asked(
        "Show the title of the cheapest product.", "SELECT title FROM product ORDER BY price LIMIT 1", "shop"
    ),
    "fox": Asked("List the names of the foxes.", "SELECT name FROM animal WHERE species = 'fox'", "zoo"),
    "oldest": Asked(
        "What is the species of the oldest animal?", "SELECT species FROM animal ORDER BY age DESC LIMIT 1", "zoo"
    ),
    # What nothing ambiguous comes of, and why.
    "nothing": Asked("How many musicians are there?", "SELECT count(*) FROM musician"),
    "gold-empty": Asked("How many gigs took place in 1999?", "SELECT count(*) FROM gig WHERE year = 1999"),
    "gold-fails": Asked("What does a gig cost in Oslo?", "SELECT cost FROM gig WHERE town = 'Oslo'"),
    "one-reading": Asked("Who lives on the planet Earth?", "SELECT name FROM musician WHERE planet = 'Earth'"),
    "unreadable": Asked("Who is it?", "SELEC name FROM"),
    "no database": Asked("How deep is it?", "SELECT depth FROM sea", "atlantis"),
}


def write_spider(folder: Path) -> Path:
    """Write the corpus; its questions have the ids of `QUESTIONS`."""
    for name, script in DATABASES.items():
        (folder / "database" / name).mkdir(parents=True)
        with closing(sqlite3.connect(folder / "database" / name / f"{name}.sqlite")) as connection:
            connection.executescript(script)
    rows = [
        {"id": name, "db_id": asked.database, "question": asked.question, "query": asked.query}
        for name, asked in QUESTIONS.items()
    ]
    (folder / "dev.json").write_text(json.dumps(rows))
    return folder
