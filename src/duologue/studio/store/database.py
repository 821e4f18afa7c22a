"""Opens the database and brings its tables up to date.

engine = open_database("sqlite:///runs/studio.sqlite")
engine = open_database("postgresql+psycopg://user@host/name")
"""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from duologue.errors import InputError

_CONNECTIONS = 20
"""That stay open: opening one costs more than asking it."""
_MEND = "give sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"


def open_database(url: str) -> Engine:
    """Connect, and migrate the tables to this version.

    Args:
        url: of SQLAlchemy; a plain `postgresql://` means psycopg.

    Raises:
        InputError: no such database, or one that a newer version made.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise InputError("not the URL of a database", where="--database", mend=_MEND) from None
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "postgresql+psycopg"):
        raise InputError(f"no database of the kind {parsed.drivername}", where="--database", mend=_MEND)
    shown = parsed.render_as_string(hide_password=True)
    if parsed.drivername == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise InputError("annotations need a file", where=shown, mend=_MEND)
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed, pool_size=_CONNECTIONS, connect_args={"timeout": 30})
        event.listen(engine, "connect", _as_we_need_it)
    else:
        engine = create_engine(parsed, pool_size=_CONNECTIONS, pool_pre_ping=True)
    try:
        migrate(engine)
    except DBAPIError as error:
        engine.dispose()
        told = str(error.orig).strip().splitlines()[0]
        raise InputError(f"the database cannot be used: {told}", where=shown, mend=_MEND) from None
    except CommandError:
        engine.dispose()
        what, mend = "a newer version of Duologue made these tables", "use that version, or another database"
        raise InputError(what, where=shown, mend=mend) from None
    return engine


def migrate(engine: Engine) -> None:
    """Bring the tables up to date."""
    with as_file(files("duologue.studio.store").joinpath("migrations")) as scripts, engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(scripts).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _as_we_need_it(connection: Any, record: object) -> None:
    """Readers and the writer do not wait for one another, and what was committed survives a power cut."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
