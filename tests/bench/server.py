"""The endpoint's own command line with one part exchanged: `python -m tests.bench.server KIND …`.

`bare` answers fixed bytes on one Starlette route; `one-by-one` is the endpoint on the usual store.
uvicorn, its settings and the process are the endpoint's in both.
"""

import json
import os
import sys
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from booking_endpoint import __main__ as command
from booking_endpoint import app
from tests.bench.one_by_one import OneByOne

SAID = "BENCH_SAID"
"""Names the file that holds what `bare` answers."""

NOT_OURS = ("date", "content-length")
"""The server writes these itself."""


def bare() -> Starlette:
    """One route that returns the bytes and headers of an answer the endpoint once gave."""
    said = json.loads(Path(os.environ[SAID]).read_text("utf-8"))
    body = said["body"].encode()
    headers = {name: value for name, value in said["headers"].items() if name not in NOT_OURS}

    async def answer(request: Request) -> Response:
        return Response(body, headers=headers)

    return Starlette(routes=[Route("/rdv/availability", answer)])


def main(kind: str, arguments: list[str]) -> int:
    if kind == "bare":
        command.from_environment = bare
    else:
        setattr(app, "Store", OneByOne)  # noqa: B010 -- the one part that is exchanged
    return command.main(arguments, os.environ)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
