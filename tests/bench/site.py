"""How long a site takes to build, beside Hugo, Eleventy and plain Pelican, from the same texts."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from playwright.sync_api import expect, sync_playwright

from tasks import chromium
from tests.bench.generators import EDITED, Eleventy, Generator, Hugo, Ours, PlainPelican
from tests.bench.machine import memory
from tests.bench.peer import NotInstalled
from tests.bench.report import Goal, Result, at_most, number, unmeasured
from tests.bench.texts import LANGUAGES
from tests.serving import answers, free_port, wait_until
from theme.plugins.reading import check_content

FEW, MANY, MOST = 75, 300, 1200
"""Documents, each in four languages."""

ROUNDS, TURNS, SAVES = 3, 2, 5
ARTICLE = f"content/articles/{EDITED}.fr.md"
COLD, BODY, TITLE = "cold build", "one body edit, a new process", "one title edit"
TEMPLATE, NOTHING = "everything rendered anew, Markdown known", "nothing changed"
WANTED = {COLD: 1.8, BODY: 0.35, TITLE: 0.8, TEMPLATE: 0.8, NOTHING: 0.3}
WHY = {
    COLD: "Python-Markdown alone takes 1.2 times the processor time of Hugo's whole build; "
    "templates, the check of each text and the search take as much again.",
    BODY: "Half of it is Python importing Pelican and the facts; the rest is Pelican reading "
    "what it has read before.",
    TITLE: "The page, its lists, the feed and the index of one language.",
    TEMPLATE: "Our pages carry hours, fees and structured data; then all are read for the search.",
    NOTHING: "Every file that goes in or came out is compared by its bytes, before Pelican is "
    "imported.",
}
NOTE = (
    "{many} documents in four languages: some 300 words under five headings, a table, two lists, "
    "links, a picture. Whole processes, medians of {rounds} rounds, every one beside a Hugo build "
    "of its own. Hugo, Eleventy and plain Pelican (theme `simple`) make pages and lists; ours "
    "also checks texts, searches, feeds and structured data. Pictures had been converted before."
)


def run(folder: Path) -> Result:
    ours = Ours("ours", folder / "ours")
    hugo, eleventy = Hugo("Hugo", folder / "hugo"), Eleventy("Eleventy", folder / "eleventy-site")
    plain = PlainPelican("plain Pelican", folder / "plain")
    found = Result("Site", note=NOTE.format(many=MANY, rounds=ROUNDS))
    peers: list[Generator] = [plain]
    foreign: list[Hugo | Eleventy] = [hugo, eleventy]
    for peer in foreign:
        try:
            peer.install()
            peers.append(peer)
        except NotInstalled as error:
            print(f"{peer.name} COULD NOT BE INSTALLED: {error}", file=sys.stderr, flush=True)
            found.note += f" {peer.name} could not be installed ({error})."
    ours.write(MANY)
    wrong = check_content(ours.folder / "content", LANGUAGES)
    assert not wrong, wrong
    ours.build()  # converts the pictures, once for all
    for generator in peers:
        generator.write(MANY)
    rounds = [one_round(ours, peers) for _ in range(ROUNDS)]
    tell_rounds(found, rounds, hugo.name if hugo in peers else "")
    tell_memory(found, ours, hugo if hugo in peers else None)
    tell_growth(found, ours)
    found.goals.append(saved(ours))
    return found


def one_round(ours: Ours, peers: list[Generator]) -> dict[str, float]:
    """Seconds of every build, each once, theirs between ours."""
    page, base = ours.folder / ARTICLE, ours.folder / "theme" / "templates" / "base.html"
    seconds: dict[str, float] = {}
    ours.forget()
    seconds[COLD] = timed(ours.build)
    for peer in peers:
        seconds[peer.name] = timed(peer.build)
    seconds[NOTHING] = timed(ours.build)
    text = page.read_text("utf-8")
    page.write_text(f"{text}\nUne phrase.\n", "utf-8")
    seconds[BODY] = timed(ours.build)
    page.write_text(page.read_text("utf-8").replace("Title: ", "Title: Autre ", 1), "utf-8")
    seconds[TITLE] = timed(ours.build)
    shown = base.read_text("utf-8")
    base.write_text(shown.replace("<main", "<main data-again", 1), "utf-8")
    seconds[TEMPLATE] = timed(ours.build)
    base.write_text(shown, "utf-8")
    page.write_text(text, "utf-8")
    return seconds


def timed(build: Callable[[], None]) -> float:
    started = time.perf_counter()
    build()
    return time.perf_counter() - started


def tell_rounds(found: Result, rounds: list[dict[str, float]], hugo: str) -> None:
    """Each build in seconds, and against Hugo's of the same round."""
    found.columns = (f"{4 * MANY:,} pages", "seconds", "times Hugo's build")
    for name in rounds[0]:
        times = median(one[name] / one[hugo] for one in rounds) if hugo else float("nan")
        found.rows.append((name, number(median(one[name] for one in rounds)), number(times)))
        if name in WANTED and hugo:
            found.goals.append(at_most(name, times, WANTED[name], " × Hugo", WHY[name]))
        elif name in WANTED:
            wanted = f"< {WANTED[name]} × Hugo"
            found.goals.append(unmeasured(name, wanted, "Hugo is not installed."))


def tell_memory(found: Result, ours: Ours, hugo: Hugo | None) -> None:
    """The most that a cold build holds at once, with all its processes (PSS)."""
    ours.forget()
    most = peak(ours)
    why = (
        "Two processes, each with Python and its libraries; every text is kept for the next build."
    )
    found.goals.append(at_most("cold build, peak memory (PSS)", most, 110, " MiB", why))
    if hugo:
        found.rows.append(("peak memory of Hugo, MiB", number(peak(hugo)), ""))


def peak(generator: Generator) -> float:
    """PSS of a build and all it starts, looked at fifty times a second."""
    seen = [0.0]
    with subprocess.Popen(
        generator.command(), cwd=generator.folder, env=generator.environ, stdout=subprocess.DEVNULL
    ) as running:
        while running.poll() is None:
            try:
                seen.append(memory(running.pid)[1])
            except OSError:
                continue  # a process ended while we looked
            time.sleep(0.02)
    return max(seen)


def tell_growth(found: Result, ours: Ours) -> None:
    """Cold builds of a small, a middling and a large site, in turns."""
    seconds: dict[int, list[float]] = {FEW: [], MANY: [], MOST: []}
    for _ in range(TURNS):
        for many, took in seconds.items():
            ours.write(many)
            took.append(timed(ours.build))
    for many, took in seconds.items():
        found.rows.append((f"cold build of {4 * many:,} pages", number(median(took)), ""))
    why = "Every page costs the same; what all share is made once."
    turns = zip(seconds[MOST], seconds[MANY], strict=True)
    grown = median(most / many for most, many in turns)
    found.goals.append(at_most(f"from {4 * MANY:,} to {4 * MOST:,} pages", grown, 4.4, " ×", why))


def saved(ours: Ours) -> Goal:
    """From the save of a file to the sight of it, in a browser, while `serve` runs."""
    ours.write(MANY)
    port, page_file = free_port(), ours.folder / ARTICLE
    running = subprocess.Popen(
        [sys.executable, "-m", "deploy.serve", "--port", str(port), "--no-open"],
        cwd=ours.folder,
        env=ours.environ,
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: answers(port), 60)
        seconds = in_the_browser(f"http://127.0.0.1:{port}/articles/{EDITED}/", page_file)
    finally:
        running.terminate()
        running.wait(30)
    why = f"{4 * MANY:,} pages, median of {SAVES} saves: found by looking ten times a second."
    return at_most("saved file to new page in the browser", seconds, 0.8, " s", why)


def in_the_browser(address: str, file: Path) -> float:
    """The median of several saves; the first build has as long as it needs."""
    seconds = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(address)
        expect(page.locator("h1")).to_be_visible(timeout=300_000)
        for save in range(SAVES):
            started = time.perf_counter()
            file.write_text(f"{file.read_text('utf-8')}\nEncore-{save}.\n", "utf-8")
            page.get_by_text(f"Encore-{save}.").wait_for(timeout=60_000)
            seconds.append(time.perf_counter() - started)
        browser.close()
    return median(seconds)
