"""`duologue studio PATH`: people annotate, compare, talk, and look at attention and runs, in their browsers.

duologue studio runs
duologue studio runs --host 0.0.0.0 --port 8800 --token-file token.txt --name lab.example.org
duologue studio runs --model tiny --model openai:NAME --base-url http://127.0.0.1:8000/v1
duologue studio runs --database postgresql://ada@db/annotations
"""

from __future__ import annotations

import gc
import os
import secrets
import socket
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from cyclopts import Parameter

from duologue.cli.model_flags import ModelFlags
from duologue.errors import InputError, MissingExtra
from duologue.models.generation.options import DecodingOptions

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def studio(
    path: Path = Path("runs"),
    *,
    host: str = "127.0.0.1",
    port: int = 8765,
    name: tuple[str, ...] = (),
    database: str | None = None,
    token_file: Path | None = None,
    seed: int = 0,
    decoding: Annotated[DecodingOptions | None, Parameter(name="*")] = None,
    models: ModelFlags | None = None,
) -> None:
    """Serve a folder of runs and annotation projects until Ctrl-C.

    Parameters
    ----------
    path
        What is served; projects are the YAML files in its folder `projects`.
    host
        Where to listen. Beyond this machine the owner's pages need a token.
    port
        The same; 0 takes a free one.
    name
        Names under which browsers reach another host; repeatable.
    database
        Of annotations: sqlite:///FILE or postgresql://USER@HOST/NAME (or DUOLOGUE_DATABASE, which no list of
        processes shows); by default SQLite in PATH.
    token_file
        A file with the owner's token; by default one is drawn for another host than this machine.
    seed
        Of sampling in chat.
    """
    if any(find_spec(package) is None for package in ("fastapi", "sqlalchemy", "uvicorn")):
        raise MissingExtra("studio", "the studio")
    import uvicorn

    from duologue.studio.app import make_app
    from duologue.studio.studio import TalkOptions, open_studio

    token = _token(token_file, host)
    hosts = (*name, *(() if host in ("0.0.0.0", "::") else (host,)))
    if host in ("0.0.0.0", "::") and not name:
        raise InputError("browsers need a name for this machine", where="--host", mend="add --name HOST")
    flags = models or ModelFlags()
    talk = TalkOptions(flags.model, flags.options(), flags.open(), decoding or DecodingOptions(), seed)
    with open_studio(
        path, database=database or os.environ.get("DUOLOGUE_DATABASE"), token=token, hosts=hosts, talk=talk
    ) as opened:
        # addresses of annotators' pages are their keys, so they are not logged
        config = uvicorn.Config(
            make_app(opened), host=host, port=port, access_log=False, log_level="warning", server_header=False
        )
        server = uvicorn.Server(config)
        listening = config.bind_socket()
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else bodies wait 40 ms behind their heads
        listening.listen(config.backlog)  # whoever reads the address may come at once
        shown = name[0] if name else host
        address = f"http://{f'[{shown}]' if ':' in shown else shown}:{listening.getsockname()[1]}/"
        print(f"Studio: {address}" + (f"enter#{quote(token)}" if token else ""), flush=True)
        print("Ctrl-C ends it; what was annotated is saved.", file=sys.stderr, flush=True)
        gc.collect()
        gc.freeze()  # what was imported stays: to look through it again and again would hold clicks up for 80 ms
        server.run(sockets=[listening])


def _token(file: Path | None, host: str) -> str | None:
    if file is None:
        return None if host in _LOOPBACK else secrets.token_urlsafe(24)
    try:
        token = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("the token cannot be read", where=str(file), mend=str(error)) from None
    if len(token) < 16:
        raise InputError("a token of fewer than 16 characters", where=str(file), mend="give a longer one")
    return token
