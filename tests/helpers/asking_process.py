"""A process that asks a server the same questions each time: `test_interruption.py` kills it and reruns it.

python asking_process.py URL FOLDER COUNT [LARGEST LEDGER IN BYTES]
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from duologue.errors import DuologueError
from duologue.models import Ledger, Message, ModelDesk, Request, open_model


async def main(url: str, folder: Path, count: int) -> None:
    requests = [Request((Message("user", f"question {number}"),), seed=number) for number in range(count)]
    async with ModelDesk({"user": open_model("openai:m", base_url=url)}, ledger=Ledger(folder / "ledger")) as desk:
        replies = await asyncio.gather(*(desk.complete("user", request) for request in requests))
    (folder / "replies.json").write_text(json.dumps([[reply.key, reply.text] for reply in replies]))
    desk.receipt.write(folder / "receipt.json")


if __name__ == "__main__":
    if len(sys.argv) > 4:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[4]), int(sys.argv[4])))
    try:
        asyncio.run(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
    except DuologueError as error:
        sys.exit(f"{type(error).__name__}: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
