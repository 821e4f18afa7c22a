"""`duologue`: every command is a typed function in a file of its own; this table is all there is to find them.

Commands are imported when they are called, so `duologue --help` stays fast. A `DuologueError` ends in one line on
stderr and its exit status; the traceback is for `--debug` (or DUOLOGUE_DEBUG=1).
"""

from __future__ import annotations

import errno
import logging
import os
import sys

from cyclopts import App, CycloptsError

from duologue import __version__
from duologue.errors import DuologueError, explain

app = App(
    name="duologue",
    version=__version__,
    help="Make, train and judge multi-turn conversational models from small seeds.",
    result_action="return_value",
    suppress_keyboard_interrupt=False,  # `run` says how to go on
)

COMMANDS = {
    "demo": "A whole experiment on the embedded model, offline.",
    "run": "Run a recipe: stages, run folder, report.",
    "sample": "Write a procedural corpus in its native formats.",
    "convert": "Read a corpus in one format and write it in another.",
    "check": "Validate a file and print what it holds.",
    "diff": "Show what an operator changed.",
    "synthesize": "Run an operator over a corpus.",
    "profiles": "The people behind seed messages: list them, ask for new ones.",
    "gather": "Put the shards of a run together.",
    "rows": "Write replies by a strategy, or pairs of asking and answering, as rows to train on elsewhere.",
    "export": "Write a run as a data set with its card, or as blind tasks for annotators.",
    "train": "Fine-tune a model on dialogues.",
    "merge": "Merge an adapter into its base model.",
    "mask": "Show which tokens are trained; fail when the end is not.",
    "respond": "Let a system answer the system turns of a corpus.",
    "chat": "Talk to a model, or to two side by side, and choose their strategies.",
    "evaluate": "Score predictions, dialogues or annotations; let a model judge.",
    "attend": "How much attention replies pay to their instruction (SRA).",
    "flow": "Clusters of utterances, and what follows what in conversations.",
    "studio": "People annotate, compare, talk, and look at attention and runs, in their browsers.",
    "report": "Write a run's report anew, or a table of results.",
}
"""Command -> the line that `duologue --help` shows; `duologue.cli.<command>` holds a function or App of that name."""

for _name, _help in COMMANDS.items():
    app.command(f"duologue.cli.{_name}:{_name}", name=_name, help=_help)


def run(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its status: 0 done, 1 finished with problems, 2 unusable input."""
    # Before torch is loaded: its threads spin while they wait, which on busy cores makes two ten times slower than one.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    arguments = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in arguments or os.environ.get("DUOLOGUE_DEBUG") == "1"
    arguments = [argument for argument in arguments if argument != "--debug"]
    logging.basicConfig(level=logging.DEBUG if debug else logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("duologue").setLevel(logging.DEBUG if debug else logging.INFO)
    # At its import it misses a package that only a faster 4-bit kernel wants.
    logging.getLogger("bitsandbytes").setLevel(logging.NOTSET if debug else logging.ERROR)
    try:
        status = app(arguments, exit_on_error=False, print_error=False)
    except DuologueError as error:
        _fail(str(error), error.exit_status, debug)
    except CycloptsError as error:
        _fail(f"{_in_one_line(error)} (see duologue --help)", 2, debug)
    except KeyboardInterrupt:
        _fail("stopped; run the same command again to go on where it stopped", 130, debug)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        if error.errno in (errno.ENOENT, errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG) and where:
            _fail(f"{where}{error.strerror}; check the path", 2, debug)
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.EFBIG):
            raise
        _fail(f"{where}{error.strerror}; make room or give another --out, then run it again", 1, debug)
    else:
        sys.exit(status if isinstance(status, int) else 0)


def _in_one_line(error: CycloptsError) -> str:
    """What is wrong with the arguments; options that do not go together say so in their own words."""
    from pydantic import ValidationError

    cause = error.__cause__
    return " ".join((explain(cause) if isinstance(cause, ValidationError) else str(error)).split())


def _fail(line: str, status: int, debug: bool) -> None:
    if debug:
        raise
    print(f"duologue: {line}", file=sys.stderr)
    sys.exit(status)


if __name__ == "__main__":
    run()
