"""Patients for the tests: one books as the page's script does, one has a browser without script.

Both speak real HTTP. Nothing here knows the endpoint's rooms: only what a page knows.
"""

import json
import secrets
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import altcha
import httpx
from selectolax.lexbor import LexborHTMLParser, LexborNode

from booking_endpoint.envelope import PrivateKey, open_envelope, public_text, seal, to_text
from booking_endpoint.tickets import Tickets
from booking_endpoint.words import OWN_WORDS, SOURCE, read_language
from tests.serving import SECRET, Practice

RECIPIENTS = 3
"""A page's facts always name so many keys."""

WHO = {"name": "Ada Exemple", "phone": "06 39 98 10 00", "whom": "self"}
"""Somebody who does not exist, as the details form asks for her."""

BIRTH = {"birth_day": "27", "birth_month": "mars", "birth_year": "1958"}

NO_TLS = httpx.create_ssl_context()
"""Made once: every client wants one, though all speaks plain HTTP here, and it takes long."""

SIGHTED = ("text", "tel", "email", "radio", "checkbox")
CHOSEN = ("radio", "checkbox")
"""What a person can fill in; the rest of a form goes back as it came."""


class Clock:
    """The server's clock, in the hand of the test."""

    def __init__(self, now: str) -> None:
        self.now = datetime.fromisoformat(now)

    def __call__(self) -> float:
        return self.now.timestamp()

    def pass_by(self, **time: float) -> None:
        """So much time goes by: `pass_by(hours=2)`."""
        self.now += timedelta(**time)

    def set(self, now: str) -> None:
        self.now = datetime.fromisoformat(now)


class Visitor:
    """Somebody with a line to the endpoint, which closes behind them."""

    http: httpx.Client

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self.http.close()


async def crowd(practice: Practice, stack: AsyncExitStack, many: int) -> list[httpx.AsyncClient]:
    """So many programs that send, each with a line of its own."""
    return [
        await stack.enter_async_context(
            httpx.AsyncClient(
                base_url=f"{practice.origin}/rdv",
                headers={"Origin": practice.origin},
                timeout=30,
                verify=NO_TLS,
            )
        )
        for _ in range(many)
    ]


# --- with a script -------------------------------------------------------------------------------


class Patient(Visitor):
    """Books with a script: asks for times, solves the challenge, seals, sends."""

    def __init__(self, practice: Practice, language: str = "fr", port: int = 0) -> None:
        self.practice, self.language = practice, language
        self.keys = [public_text(practice.key)] * RECIPIENTS
        self.http = httpx.Client(
            base_url=f"http://127.0.0.1:{port or practice.port}/rdv",
            headers={
                "Origin": practice.origin,
                "Accept": "application/json",
                "Accept-Language": language,
            },
            timeout=30,
            verify=NO_TLS,
        )

    def listing(
        self, visit: str = "consultation", first: str = "", days: str | int = 31
    ) -> httpx.Response:
        """What `GET /availability` answers: by default for as many days as may be asked for."""
        asked = {"visit": visit, "days": days, **({"from": first} if first else {})}
        return self.http.get("/availability", params=asked)

    def times(self, visit: str = "consultation", first: str = "", days: int = 31) -> list[str]:
        """The free starts, earliest first."""
        found = self.listing(visit, first, days).raise_for_status().json()["days"]
        return [start for day in found for start in day["starts"]]

    def ticket(self) -> dict[str, str]:
        """A ticket and the proof of the work done for it."""
        answer = self.post("/tickets").raise_for_status().json()
        return {"ticket": answer["ticket"], "proof": solved(answer["challenge"])}

    def envelope(self, visit: str, start: str, **who: str) -> str:
        """The identity, sealed as the page seals it."""
        content = {**WHO, "email": "", "birth_date": "", "caller": "", "reminder": "", **who}
        content |= {"visit": visit, "start": start, "language": self.language}
        content["number"] = secrets.token_hex(16)
        sealed = seal(json.dumps(content, ensure_ascii=False).encode(), self.keys)
        return to_text(sealed)

    def request(self, start: str, visit: str = "consultation", **who: str) -> dict[str, str]:
        """All that a booking sends, with a new ticket."""
        return {
            "visit": visit,
            "start": start,
            "envelope": self.envelope(visit, start, **who),
            **self.ticket(),
        }

    def book(self, start: str, visit: str = "consultation", **who: str) -> httpx.Response:
        return self.post("/bookings", self.request(start, visit, **who))

    def booked(self, start: str, visit: str = "consultation") -> dict[str, str]:
        """The answer to a booking that must be granted."""
        answer = self.book(start, visit)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def move(self, manage: str, start: str, visit: str = "consultation") -> httpx.Response:
        told = {"manage": manage, "start": start, "visit": visit, **self.ticket()}
        return self.post("/bookings/move", told)

    def post(self, path: str, fields: object = None, **headers: str) -> httpx.Response:
        return self.http.post(path, json={} if fields is None else fields, headers=headers)


def solved(challenge: dict[str, Any]) -> str:
    """The work a page does before it may book."""
    asked = altcha.Challenge.from_dict(challenge)
    solution = altcha.solve_challenge(asked)
    assert solution is not None
    return altcha.Payload(asked, solution).to_base64()


def ready_ticket(now: float) -> dict[str, str]:
    """A ticket and a proof that cost no work: made with the test's own secret."""
    ticket, challenge = Tickets([SECRET], effort=1).script(secrets.token_bytes(16), 0, int(now))
    return {"ticket": ticket, "proof": solved(challenge)}


def opened(envelope: bytes, key: PrivateKey) -> dict[str, str]:
    """What the doctor reads in an envelope."""
    content = open_envelope(envelope, [key])
    assert content is not None, "it was sealed to somebody else"
    return dict(json.loads(content))


def in_words(message: str, language: str) -> str:
    """What the endpoint says in this language, as its catalogue has it and a page shows it."""
    catalogue = read_language(language, OWN_WORDS).catalogue
    assert language == SOURCE or message in catalogue, f"nobody says {message!r} any more"
    return " ".join(catalogue.get(message, message).split())


def plus(start: str, **time: int) -> str:
    """An instant of the interface, so much later."""
    moment = datetime.fromisoformat(start) + timedelta(**time)
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


# --- without a script ----------------------------------------------------------------------------


@dataclass
class Input:
    """One field of a form, as a browser sees it."""

    name: str
    value: str
    kind: str
    checked: bool = False


class Form:
    """A form on a page: what a browser would send, and what a person can fill in."""

    def __init__(self, node: LexborNode) -> None:
        self.method = (node.attributes.get("method") or "get").lower()
        self.action = node.attributes.get("action") or ""
        self.button = text_of(node.css_first("button"))
        self.inputs = [read_input(found) for found in node.css("input") if found.attributes]

    def values(self, name: str) -> list[str]:
        """What the fields of this name hold, or the choices they offer."""
        return [field.value for field in self.inputs if field.name == name]

    def choices(self, name: str) -> list[str]:
        """What the radios of this name offer."""
        return [one.value for one in self.inputs if one.name == name and one.kind == "radio"]

    def held(self) -> dict[str, str]:
        """What a person would find filled in or chosen already."""
        return {
            field.name: field.value
            for field in self.inputs
            if field.kind in SIGHTED and field.value and (field.kind not in CHOSEN or field.checked)
        }

    def filled(self, answers: dict[str, str]) -> list[tuple[str, str]]:
        """What a browser sends: every named field in the order of the page."""
        there = {field.name for field in self.inputs if field.kind in SIGHTED}
        assert set(answers) <= there, f"the form does not ask for {set(answers) - there}"
        return [pair for field in self.inputs for pair in sent(field, answers)]


def read_input(node: LexborNode) -> Input:
    told = node.attributes
    kind = told.get("type") or "text"
    value = told.get("value") or ("on" if kind == "checkbox" else "")
    return Input(told.get("name") or "", value, kind, "checked" in told)


def sent(field: Input, answers: dict[str, str]) -> Iterator[tuple[str, str]]:
    """What one field adds to the request."""
    if field.kind in CHOSEN:
        chosen = answers[field.name] == field.value if field.name in answers else field.checked
        if chosen:
            yield field.name, field.value
    elif field.kind in SIGHTED:
        yield field.name, answers.get(field.name, field.value)
    else:
        yield field.name, field.value


class Page:
    """A page as it arrived."""

    def __init__(self, response: httpx.Response) -> None:
        assert response.headers["content-type"].startswith("text/html"), response.text
        self.response, self.status = response, response.status_code
        self.html = response.text
        self._tree = LexborHTMLParser(response.content)

    @property
    def title(self) -> str:
        return text_of(self._tree.css_first("title"))

    @property
    def heading(self) -> str:
        return text_of(self._tree.css_first("main h1"))

    @property
    def text(self) -> str:
        """What is to be read in the middle of the page."""
        return text_of(self._tree.css_first("main"))

    @property
    def language(self) -> tuple[str, str]:
        root = self._tree.css_first("html")
        assert root is not None
        return root.attributes.get("lang") or "", root.attributes.get("dir") or ""

    @property
    def forms(self) -> list[Form]:
        return [Form(node) for node in self._tree.css("main form")]

    def form(self, to: str) -> Form:
        """The form that leads to this address."""
        [found] = [form for form in self.forms if form.action.endswith(to)]
        return found

    @property
    def problem(self) -> str:
        """The summary of what is wrong; empty when there is none on the page."""
        node = self._tree.css_first(".problem")
        shown = node is not None and "hidden" not in node.attributes
        return text_of(node) if shown else ""

    @property
    def errors(self) -> dict[str, str]:
        """What is said beside each field."""
        return {
            (node.attributes["id"] or "").removesuffix("-error"): text_of(node)
            for node in self._tree.css(".field__error")
            if "hidden" not in node.attributes
        }

    def hint(self, name: str) -> str:
        """What is said beside a choice or a field, as it is read."""
        return text_of(self._tree.css_first(f"#{name}-hint"))

    @property
    def links(self) -> list[str]:
        return [node.attributes.get("href") or "" for node in self._tree.css("main a")]

    @property
    def code(self) -> str:
        return text_of(self._tree.css_first("[data-field=code]"))


def text_of(node: LexborNode | None) -> str:
    """A node's text, as it is read: spaces that do not show are gone."""
    return " ".join(node.text().split()) if node else ""


class Browser(Visitor):
    """A patient whose scripts are off: opens pages, fills forms, sends them."""

    def __init__(self, practice: Practice, language: str = "fr") -> None:
        self.practice = practice
        self.http = httpx.Client(
            base_url=practice.origin,
            headers={
                "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                "Accept-Language": f"{language},en;q=0.3",
                "Sec-Fetch-Site": "same-origin",
            },
            timeout=30,
            verify=NO_TLS,
        )

    def open(self, path: str) -> Page:
        return Page(self.http.get(path))

    def send(self, form: Form, **answers: str) -> Page:
        """Fill what is to be filled, press the button."""
        pairs = form.filled(answers)
        if form.method == "get":
            return Page(self.http.get(f"{form.action}?{urlencode(pairs)}"))
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return Page(self.http.post(form.action, content=urlencode(pairs), headers=headers))
