"""The tables of annotation. Nothing that a person said is ever changed: a later event goes before an earlier one.

`migrations/` makes these tables in a database; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

metadata = MetaData()

projects = Table(
    "projects",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

items = Table(
    "items",
    metadata,
    Column("project", ForeignKey("projects.name"), primary_key=True),
    Column("id", String(128), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("body", JSON, nullable=False),
)

annotators = Table(
    "annotators",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("project", ForeignKey("projects.name"), nullable=False),
    Column("name", String(128), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
    UniqueConstraint("project", "name"),
)

assignments = Table(
    "assignments",
    metadata,
    Column("annotator", ForeignKey("annotators.id"), primary_key=True),
    Column("item", String(128), primary_key=True),
    Column("project", ForeignKey("projects.name"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("given_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("annotator", "position"),
    Index("assignments_of_items", "project", "item"),
)

events = Table(
    "events",
    metadata,
    # SQLite numbers rows by itself only where the key is its own INTEGER
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("project", ForeignKey("projects.name"), nullable=False),
    Column("annotator", ForeignKey("annotators.id"), nullable=False),
    Column("item", String(128), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("question", String(64), nullable=False, default=""),
    Column("target", String(64), nullable=False, default=""),
    Column("value", JSON),
    Column("seconds", Float),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("events_of_projects", "project", "number"),
    sqlite_autoincrement=True,
)
"""What people did, in order. `id` is drawn by the page, so that what is sent twice is saved once."""
