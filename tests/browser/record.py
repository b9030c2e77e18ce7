"""What a browser does while somebody uses it, heard from outside: requests, answers, messages.

Knows nothing of the site.
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import brotli
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, WebError


@dataclass
class Record:
    """Every request of a browser and every word on its console, from the first page on."""

    requests: list[Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    weighed: dict[str, int] = field(default_factory=dict)
    """The bytes of each answer that was read, as brotli sends them."""
    answered: list[bytes] = field(default_factory=list)
    """Headers and body of each of them."""
    said: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, context: BrowserContext) -> "Record":
        record = cls()
        context.on("request", record._ask)
        context.on("console", record._hear)
        context.on("weberror", record._fail)
        return record

    def _ask(self, request: Request) -> None:
        """A body is read at once: a page that was left no longer tells it."""
        self.requests.append(request)
        self.bodies.append(request.post_data_buffer or b"")

    def _hear(self, message: ConsoleMessage) -> None:
        self.said.append(message.text)

    def _fail(self, error: WebError) -> None:
        self.said.append(str(error.error))

    @property
    def hosts(self) -> set[str]:
        """All that were asked; a file made in the page itself has none."""
        return {urlsplit(request.url).netloc for request in self.requests} - {""}

    @property
    def asked(self) -> list[Request]:
        """The requests that cost something: not the icon, and no file made in the page."""
        told = [request for request in self.requests if request.url.startswith("http")]
        return [request for request in told if not request.url.endswith("/icon.svg")]

    def sent(self) -> bytes:
        """Everything that left the browser: addresses, headers, bodies."""
        return b"\n".join([*self.bodies, self.asked_for()])

    def asked_for(self) -> bytes:
        """Addresses and headers alone: what a proxy, a log and the next page are told."""
        told = []
        for request in self.requests:
            told += [request.url.encode(), repr(request.headers).encode()]
        return b"\n".join(told)

    def posted(self, path: str) -> list[bytes]:
        """The body of every POST to an address that ends so."""
        told = zip(self.requests, self.bodies, strict=True)
        return [b for r, b in told if r.method == "POST" and r.url.endswith(path)]

    def read_answers(self) -> None:
        """Read what came back so far (not what the browser had kept); a page left tells nothing."""
        for request in self.asked:
            response = request.response()
            if response and response.status in (200, 201) and request.url not in self.weighed:
                body = response.body()
                self.answered.append(repr(response.headers).encode() + b"\n" + body)
                self.weighed[request.url] = len(brotli.compress(body))


def layout_shift(page: Page) -> float:
    """How far things have jumped since the page was opened (CLS, as Chromium counts it)."""
    told: Any = page.evaluate(
        """() => new Promise(done => {
            let sum = 0
            new PerformanceObserver(list => {
                for (const shift of list.getEntries()) if (!shift.hadRecentInput) sum += shift.value
            }).observe({ type: "layout-shift", buffered: true })
            const soon = () => setTimeout(() => done(sum), 50)
            requestAnimationFrame(() => requestAnimationFrame(soon))
        })"""
    )
    return float(told)
