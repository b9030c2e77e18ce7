"""What HTTP asks of every route: who may post, how much, in which language, JSON or a page.

Knows no booking. Never logs or repeats what was sent.
"""

import asyncio
import json
import logging
import traceback
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from booking_endpoint.booking import mark as _

log = logging.getLogger("booking_endpoint")

MOST_BYTES = 16 * 1024
"""An envelope in base64 and a proof of work take 10 kB."""

MOST_FIELDS = 40
"""Fields of a form; the longest of ours has fifteen."""

DEADLINE = 10.0
"""Seconds a body may take to arrive."""


class Problem(Exception):
    """An error as an answer: a short word, and a sentence that says what to do."""

    def __init__(
        self, status: int, error: str, message: str, field: str = "", retry: int = 0, **more: Any
    ) -> None:
        super().__init__(error)
        self.status, self.error, self.message = status, error, message
        self.field, self.retry, self.more = field, retry, more


def check_origin(request: Request, origin: str, site: str) -> None:
    """Refuse a POST that another site made a visitor's browser send.

    No cookie gives anybody authority here, so this only stops nuisance. Fetch metadata
    first; older browsers send the Origin alone. `site` is the origin of the pages, where
    that is not this one: to a browser all that comes from there is from elsewhere.
    """
    came, named = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if came == "same-origin" or (came is None and named == origin) or (site and named == site):
        return
    raise Problem(403, "origin", _("Please start again on the practice’s own site."))


async def read_fields(request: Request) -> dict[str, str]:
    """The fields of a JSON object or of a form; raises Problem for anything else."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("application/json", "application/x-www-form-urlencoded"):
        raise Problem(415, "type", _("This request cannot be read."))
    try:
        body = await asyncio.wait_for(read_body(request), DEADLINE)
    except TimeoutError:
        raise Problem(408, "slow", _("The line is too slow. Please try again.")) from None
    return read_json(body) if kind == "application/json" else read_form(body)


async def read_body(request: Request) -> bytes:
    """The body, in memory only, up to MOST_BYTES."""
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BYTES:
                raise Problem(413, "size", _("This request cannot be read."))
    except ClientDisconnect:
        raise Problem(400, "cut", _("The line was cut. Please try again.")) from None
    return body


def read_form(body: bytes) -> dict[str, str]:
    try:
        text = body.decode("utf-8", "replace")
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise Problem(400, "form", _("This request cannot be read.")) from None


def read_json(body: bytes) -> dict[str, str]:
    try:
        values = json.loads(body)
        json.dumps(values, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise Problem(400, "json", _("This request cannot be read."))
    for name, value in values.items():
        if not isinstance(value, str):
            raise Problem(422, "field", _("This request cannot be read."), field=name)
    return values


def wants_page(request: Request) -> bool:
    """Whether a person without a script is asking, and not a program."""
    return "text/html" in request.headers.get("accept", "")


def language_of(request: Request, fields: Mapping[str, str], known: tuple[str, ...]) -> str:
    """The page's language when the form says it, else the first known one the browser asks for."""
    if fields.get("lang") in known:
        return fields["lang"]
    wished = []
    for part in request.headers.get("accept-language", "").split(","):
        tag, _semicolon, weight = part.strip().partition(";q=")
        try:
            wished.append((float(weight or 1), tag.split("-")[0].lower()))
        except ValueError:
            continue
    wished.sort(key=lambda wish: -wish[0])
    return next((code for _weight, code in wished if code in known), known[0])


def log_failure(error: BaseException) -> None:
    """Class, file and line of what went wrong; never its message, which may quote a patient."""
    frames = traceback.extract_tb(error.__traceback__)
    at = f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else "?"
    log.error("%s at %s", type(error).__name__, at)


class Guard:
    """Around every route and refusal: left to the server, an error is logged word for word."""

    def __init__(self, app: ASGIApp, last_resort: Callable[[], Response]) -> None:
        self._app, self._last_resort = app, last_resort

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def begin(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, begin)
        except Exception as error:
            if scope["type"] != "http":
                raise
            log_failure(error)
            if not begun:
                await self._last_resort()(scope, receive, send)
