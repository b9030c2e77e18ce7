"""One page for the printer, on this machine alone, for as long as it is needed."""

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from booking_endpoint.headers import HEADERS
from booking_endpoint.markup import say, templates
from booking_endpoint.words import Language
from desk.paper import Paper, picture

HERE = Path(__file__).parent


def paper_page(language: Language, paper: Paper, base: str) -> str:
    """The page of a key: its words, their picture, its fingerprint, what to do with it."""
    page = templates(HERE / "templates").get_template("paper.html")
    return page.render(
        _=lambda message, **values: say(language, message, **values),
        language=language,
        base=base,
        paper=paper,
        picture=picture(paper.words),
    )


def shown(language: Language, paper: Paper) -> AbstractContextManager[str]:
    """The page of a key at an address of its own."""
    return offered(lambda base: paper_page(language, paper, base), "paper.css")


@contextmanager
def offered(page: Callable[[str], str], style: str) -> Iterator[str]:
    """A page at an address that nobody can guess; gone at the end, and kept by nobody.

    `page` writes it, given what the address of its style begins with.
    """
    base = f"/{secrets.token_urlsafe(24)}"
    answers = {
        f"{base}/": (page(base).encode(), "text/html; charset=utf-8"),
        f"{base}/{style}": ((HERE / "static" / style).read_bytes(), "text/css"),
    }

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            mine = self.headers.get("Host") == here
            body, kind = answers.get(self.path, (b"", "")) if mine else (b"", "")
            self.send_response(200 if kind else 404)
            for name, value in HEADERS.items():
                self.send_header(name, value)
            self.send_header("Cache-Control", "no-store")
            self.send_header("Content-Type", kind or "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: the address is a secret."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        here = f"127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield f"http://{here}{base}/"
        finally:
            server.shutdown()
