"""One page for the printer, on this machine alone, for as long as it is needed."""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from booking_endpoint.markup import say, templates
from booking_endpoint.web import HEADERS
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


@contextmanager
def shown(language: Language, paper: Paper) -> Iterator[str]:
    """The page at an address that nobody can guess; gone at the end, and kept by nobody."""
    base = f"/{secrets.token_urlsafe(24)}"
    answers = {
        f"{base}/": (paper_page(language, paper, base).encode(), "text/html; charset=utf-8"),
        f"{base}/paper.css": ((HERE / "static" / "paper.css").read_bytes(), "text/css"),
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
