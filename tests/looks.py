"""A built site in another look, for tests and for the pictures of the guide.

`python -m tests.looks` draws docs/pictures/look-*.png anew: each look on a phone and on a desk.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from booking_endpoint.look import LOOKS, Look
from deploy.demo import build
from tasks import chromium
from tests.keys import new_key
from tests.serving import ROOT, facts_with, theme_in
from theme.plugins.integrity import integrity_of
from theme.plugins.look import SHEET, publish, sheet

PICTURES = ROOT / "docs" / "pictures"
PHONE, DESK = (390, 860), (1180, 860)
COLOURS = 96
"""Enough for a page of a few colours, and a small file."""


def dress(site: Path, look: Look, *, was: bytes) -> None:
    """Give a built site another look, as a build would: the sheet, and its hash on every page."""
    for page in site.rglob("*.html"):
        words = page.read_text("utf-8")
        page.write_text(words.replace(integrity_of(was), integrity_of(sheet(look))), "utf-8")
    publish(look, theme_in(site))


class Silent(SimpleHTTPRequestHandler):
    """Serves the folder and says nothing."""

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def served_from(site: Path, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """The site's files over HTTP, without an endpoint and without any header of ours."""
    with ThreadingHTTPServer((host, port), partial(Silent, directory=str(site))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://{host}:{server.server_port}"
        server.shutdown()
        thread.join()


def main() -> int:
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        facts, site = Path(folder) / "practice.toml", Path(folder) / "site"
        facts.write_text(facts_with(new_key()), encoding="utf-8")
        build(facts, site)
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        with served_from(site) as address:
            for name, look in LOOKS.items():
                dress(site, look, was=(theme_in(site) / SHEET).read_bytes())
                write(name, [shot(browser, address, *place) for place in places()])
        browser.close()
    return 0


def places() -> Iterator[tuple[str, tuple[int, int], str]]:
    """What is shown: address, window, scheme."""
    yield "/", PHONE, "light"
    yield "/cabinet/", DESK, "light"
    yield "/rendez-vous/", PHONE, "dark"


def shot(
    browser: Browser, address: str, where: str, size: tuple[int, int], scheme: Any
) -> Image.Image:
    width, height = size
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    page.goto(address + where)
    taken = page.screenshot()
    page.close()
    return Image.open(BytesIO(taken)).convert("RGB")


def write(name: str, shots: list[Image.Image]) -> None:
    """Side by side, less than half as large, in few colours."""
    gap = 24
    width = sum(one.width + gap for one in shots) - gap
    whole = Image.new("RGB", (width, max(one.height for one in shots)), "#808080")
    left = 0
    for one in shots:
        whole.paste(one, (left, 0))
        left += one.width + gap
    size = (width * 9 // 20, whole.height * 9 // 20)
    small = whole.resize(size, Image.Resampling.LANCZOS)
    file = PICTURES / f"look-{name}.png"
    small.quantize(COLOURS, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    print(f"{file.relative_to(ROOT)}: {file.stat().st_size} bytes")


if __name__ == "__main__":
    sys.exit(main())
