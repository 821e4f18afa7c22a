"""The command line without its start-up: a process that has imported all that they import, and forks for each one.

with commands(folder) as environment:
    subprocess.run("duologue check town.json --format multiwoz21", shell=True, env=environment)

Each command is a process of its own with its own arguments, folder, environment and output; only the imports are
shared. Torch must have no threads yet, hence OMP_NUM_THREADS=1.
"""

from __future__ import annotations

import gc
import json
import os
import pkgutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[2]
_IMPORTED = (
    *("torch", "transformers", "peft", "trl", "datasets", "sentence_transformers", "sklearn", "scipy.optimize"),
    *("sacremoses", "sacrebleu", "bitsandbytes", "transformers.models.llama.modeling_llama"),
)


@contextmanager
def commands(folder: Path, **more: str) -> Iterator[dict[str, str]]:
    """Give the environment of a newcomer: an empty HOME, no hub, and `duologue` and `python` of this checkout."""
    (home := folder / "home").mkdir(parents=True)
    place = folder / "commands.sock"
    client = f'exec "{sys.executable}" -S "{__file__}" "{place}" "$@"\n'
    for name, does in (("duologue", client), ("python", f'exec "{sys.executable}" "$@"\n')):
        (folder / name).write_text(f"#!/bin/sh\n{does}")
        (folder / name).chmod(0o755)
    environment = {
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(_ROOT / "src"),
        "HOME": str(home),
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    server = subprocess.Popen([sys.executable, __file__, str(place)], env=environment | {"COMMAND_SERVER": "1"})
    try:
        while not place.exists() and server.poll() is None:
            time.sleep(0.05)
        yield environment | more
    finally:
        server.terminate()
        server.wait()


def _serve(place: str) -> None:
    import duologue

    every = (module.name for module in pkgutil.walk_packages(duologue.__path__, "duologue."))
    for name in (*_IMPORTED, *(name for name in every if not name.endswith("__main__"))):
        import_module(name)
    gc.freeze()  # what is shared stays shared: no collection of a command looks through it
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(f"{place}.part")
    listening.listen()
    os.rename(f"{place}.part", place)
    while True:
        asked, _ = listening.accept()
        data, files, _, _ = socket.recv_fds(asked, 1 << 20, 3)
        if os.fork() == 0:
            listening.close()
            _answer(asked, json.loads(data), files)
        asked.close()
        for file in files:
            os.close(file)


def _answer(asked: socket.socket, told: dict[str, Any], files: list[int]) -> None:
    """Run the command in a child, and tell its status."""
    child = os.fork()
    if child:
        for file in files:
            os.close(file)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        asked.sendall(json.dumps(status).encode())
        os._exit(0)
    asked.close()
    for number, file in enumerate(files):
        os.dup2(file, number)
    os.chdir(told["folder"])
    os.environ.clear()
    os.environ.update(told["environment"])
    sys.stdout, sys.stderr = (os.fdopen(number, "w", buffering=1) for number in (1, 2))
    sys.argv = ["duologue", *told["arguments"]]
    from duologue.cli.main import run

    try:
        run(sys.argv[1:])
    except SystemExit as ended:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(ended.code if isinstance(ended.code, int) else 1 if ended.code else 0)
    except BaseException:
        import traceback

        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _ask(place: str, arguments: list[str]) -> int:
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(place)
        told = {"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ)}
        socket.send_fds(server, [json.dumps(told).encode()], [0, 1, 2])
        return int(json.loads(server.recv(64) or b"1"))


if __name__ == "__main__":
    if os.environ.get("COMMAND_SERVER"):
        _serve(sys.argv[1])
    sys.exit(_ask(sys.argv[1], sys.argv[2:]))
