"""The site while somebody writes: built anew at each save, shown on this machine alone.

The script that loads a page anew and shows mistakes on it is set in here, and never built.
"""

import argparse
import os
import sys
import threading
import webbrowser
from asyncio import to_thread
from collections.abc import Callable, Iterable, Sequence
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from booking_endpoint.booking import mark
from booking_endpoint.headers import HEADERS
from deploy.demo import listen
from deploy.draft import ROOT, Draft, first_draft, next_draft
from deploy.one_origin import Site

_ = mark

LOOK = 0.1
"""Seconds between two looks at the folders."""

HERE = "/.draft"
"""Where the script, its style and what it asks for live; no page of the site begins so."""

EMPTY = '<!doctype html><html lang="{lang}" dir="{dir}"><title>…</title><body><p>{said}</p></body>'

Stamp = frozenset[tuple[Path, int, int]]


class Rebuilder:
    """Holds the draft that is shown, and makes the next one when something was saved."""

    def __init__(self, facts: Path, content: Path, folder: Path, watched: Iterable[Path]) -> None:
        self.draft = first_draft(facts)
        self._facts, self._content = facts, content
        self._folder, self._watched = folder, tuple(watched)

    def watch(self, stop: threading.Event, tell: Callable[[str], object] = print) -> None:
        """Build at each change until told to stop; wait for a file that is still being written."""
        seen: Stamp = frozenset()
        while not stop.wait(LOOK):
            now = stamp(self._watched)
            if now == seen:
                continue
            while not stop.wait(LOOK / 2) and (later := stamp(self._watched)) != now:
                now = later
            seen, started = now, monotonic()
            self.draft = next_draft(self.draft, self._facts, self._content, self._folder)
            tell(report(self.draft, monotonic() - started))


def stamp(folders: Iterable[Path]) -> Stamp:
    """By which a change is seen: every file with its time and size. Not Python: it stays loaded."""
    found = set()
    for folder in folders:
        for path in folder.rglob("*") if folder.is_dir() else [folder]:
            try:
                if path.is_file() and path.suffix not in (".py", ".pyc"):
                    known = path.stat()
                    found.add((path, known.st_mtime_ns, known.st_size))
            except OSError:
                continue  # it went while we looked: the next look sees it gone
    return frozenset(found)


def report(draft: Draft, seconds: float) -> str:
    """One build in the terminal."""
    if draft.wrong:
        return "\n".join(draft.wrong)
    return draft.language.say(_("Built in {seconds} s."), seconds=f"{seconds:.1f}")


def create_app(shown: Callable[[], Draft]) -> Starlette:
    """The site as it is shown now, every page with the script that asks for the next."""

    async def state(_request: Request) -> Response:
        draft = shown()
        say = draft.language.say
        return JSONResponse(
            {
                "version": draft.version,
                "lang": draft.language.code,
                "dir": draft.language.direction,
                "heading": say(_("This cannot be published yet")),
                "wrong": draft.wrong,
                "below": say(_("Below is the last page that was good. It follows as you save.")),
            },
            headers={"Cache-Control": "no-store"},
        )

    async def pages(scope: Scope, receive: Receive, send: Send) -> None:
        draft = shown()
        if draft.site:
            await Pages(draft.site, draft.version)(scope, receive, send)
        else:
            language = draft.language
            said = language.say(_("The first build is under way …"))
            told = {"lang": language.code, "dir": language.direction, "said": escape(said)}
            await HTMLResponse(scripted(EMPTY.format(**told), 0))(scope, receive, send)

    tools = StaticFiles(directory=Path(__file__).parent / "draft")
    return Starlette(
        routes=[Route(f"{HERE}/state", state), Mount(HERE, tools), Mount("/", app=pages)]
    )


class Pages(Site):
    """The site's files, its pages with the script."""

    def __init__(self, folder: Path, version: int) -> None:
        super().__init__(folder)
        self._version = version

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if not isinstance(response, FileResponse) or response.media_type != "text/html":
            return response
        text = await to_thread(Path(response.path).read_text, "utf-8")
        html = scripted(text, self._version)
        headers = {**HEADERS, "Cache-Control": "no-store"}
        return HTMLResponse(html, response.status_code, headers)


def scripted(html: str, version: int) -> str:
    style = f'<link rel="stylesheet" href="{HERE}/draft.css">'
    script = f'<script src="{HERE}/draft.js" data-state="{HERE}/state" data-version="{version}">'
    return html.replace("</body>", f"{style}{script}</script></body>")


def main(arguments: Sequence[str]) -> int:
    """Serve until Ctrl-C; 2 when the port is busy."""
    asked = parser().parse_args(arguments)
    os.environ["BOOKING_PRACTICE"] = str(asked.practice)
    try:
        listener = listen(asked.port)
    except OSError as error:
        print(error, file=sys.stderr)
        return 2
    stop = threading.Event()
    with TemporaryDirectory(prefix="souspli-") as folder:
        watched = (asked.content, asked.practice, ROOT / "theme", ROOT / "booking_endpoint")
        rebuilder = Rebuilder(asked.practice, asked.content, Path(folder), watched)
        builder = threading.Thread(target=rebuilder.watch, args=(stop,))
        builder.start()
        try:
            address = f"http://127.0.0.1:{asked.port}/"
            say = rebuilder.draft.language.say
            print(say(_("Your site while you write: {address} (Ctrl-C stops it)"), address=address))
            sys.stdout.flush()
            if not asked.no_open:
                webbrowser.open(address)
            settings = uvicorn.Config(
                create_app(lambda: rebuilder.draft),
                http="httptools",
                access_log=False,
                log_level="warning",
            )
            uvicorn.Server(settings).run(sockets=[listener])
        except KeyboardInterrupt:
            pass
        finally:
            stop.set()
            builder.join()
    print(rebuilder.draft.language.say(_("Stopped.")))
    return 0


def parser() -> argparse.ArgumentParser:
    described = argparse.ArgumentParser(prog="serve", description=__doc__)
    described.add_argument("--port", type=int, default=8000, help="where to listen (8000)")
    described.add_argument("--no-open", action="store_true", help="do not open the browser")
    described.add_argument("--content", type=Path, default=Path("content"))
    facts = Path(os.environ.get("BOOKING_PRACTICE", "content/practice.toml"))
    described.add_argument("--practice", type=Path, default=facts)
    return described


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
