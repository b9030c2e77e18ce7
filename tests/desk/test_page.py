"""The doctor's page over real HTTP: who gets in, what is shown, what an act does."""

import gc
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

from booking_endpoint.envelope import PrivateKey, fingerprint, public_text
from booking_endpoint.practice import Practice
from desk.app import DEEDS, LOOKS, STATIC
from desk.opening import Opened
from desk.server import Server
from tests.desk.cast import (
    MONDAY,
    NAME,
    PASSPHRASE,
    PHONE,
    TOKEN,
    Beside,
    Reader,
    at,
    at_desk,
    exported,
    facts,
    identity,
    printing,
    running,
    store_booking,
)
from tests.keys import new_key
from tests.serving import wait_until

Sit = Callable[..., Reader]


@pytest.fixture(scope="module")
def paris(key: PrivateKey) -> Practice:
    return facts(key)


@pytest.fixture
def sit(paris: Practice, key: PrivateKey) -> Iterator[Sit]:
    """Sits down at a desk before a server; unlocked, unless a test says otherwise."""
    with ExitStack() as served:

        def down(server: Server, *, unlocked: bool = True) -> Reader:
            reader = served.enter_context(at_desk(paris, key, server))
            if unlocked:
                reader.unlock()
            return reader

        yield down


@pytest.fixture
def reader(sit: Sit, tmp_path: Path, key: PrivateKey) -> Reader:
    """An unlocked desk with one visit on Monday at nine."""
    return sit(printing(tmp_path, exported(key)))


@pytest.fixture(scope="module")
def standing(
    tmp_path_factory: pytest.TempPathFactory, paris: Practice, key: PrivateKey
) -> Iterator[Reader]:
    """The same for tests that change nothing, or see to it that nothing was changed."""
    server = printing(tmp_path_factory.mktemp("desk"), exported(key))
    with at_desk(paris, key, server) as reader:
        reader.unlock()
        yield reader


def tree(answer: httpx.Response) -> LexborHTMLParser:
    return LexborHTMLParser(answer.text)


def texts(answer: httpx.Response, selector: str) -> list[str]:
    return [node.text(strip=True) for node in tree(answer).css(selector)]


# --- who gets in ---------------------------------------------------------------------------------

SHOWN, DONE = [*STATIC, *LOOKS], ["unlock", "lock", *DEEDS]
"""Every address of the desk, from its own tables: none can be forgotten here."""


@pytest.mark.parametrize("token", ["", "x", TOKEN[:-1], TOKEN.upper(), "é"])
def test_another_token_finds_nothing(standing: Reader, token: str) -> None:
    """A page of another program on this machine does not know it."""
    assert NAME in standing.get().text
    for path in SHOWN + DONE:
        for method in ("GET", "POST"):
            answer = standing.http.request(method, f"/{token}/{path}")
            assert answer.status_code in (404, 405)
            assert answer.content in (b"", b"Not Found", b"Method Not Allowed")
    assert NAME in standing.get().text, "a wrong token locked the desk"


@pytest.mark.parametrize(
    "host", ["rebound.example", "localhost:{port}", "127.0.0.1", "127.0.0.1:1", "[::1]:{port}", ""]
)
def test_another_host_finds_nothing(standing: Reader, host: str) -> None:
    """A web page may have its own name point to this machine (DNS rebinding)."""
    told = {"Host": host.format(port=standing.port)}
    for path in SHOWN:
        answer = standing.get(path, headers=told)
        assert (answer.status_code, answer.content) == (404, b"")
    for path in DONE:
        answer = standing.http.post(f"/{TOKEN}/{path}", headers=told, data={"act": "cancel"})
        assert (answer.status_code, answer.content) == (404, b"")
    assert NAME in standing.get().text


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "Same-Origin"])
def test_another_site_finds_nothing(standing: Reader, site: str) -> None:
    """Even a page that has learnt the address, on another port of this machine."""
    told = {"Sec-Fetch-Site": site}
    for path in SHOWN:
        assert standing.get(path, headers=told).status_code == 404
    for path in DONE:
        assert standing.http.post(f"/{TOKEN}/{path}", headers=told).status_code == 404
    assert NAME in standing.get(headers={"Sec-Fetch-Site": "same-origin"}).text


@pytest.mark.parametrize("path", DONE)
def test_looking_changes_nothing(standing: Reader, path: str) -> None:
    assert standing.get(path).status_code == 405
    assert NAME in standing.get().text


def test_every_address_is_in_these_tables(standing: Reader) -> None:
    """What is not there would not be tried by the tests above."""
    routes = standing.app.routes
    assert sorted(getattr(route, "path", "?") for route in routes) == sorted(
        f"/{{token}}/{path}" for path in SHOWN + DONE
    )


def test_no_other_address_leads_to_the_desk(standing: Reader) -> None:
    for path in [f"/{TOKEN}", "/", f"/{TOKEN}/../desk.css", f"/{TOKEN}/static/desk.css", "/docs"]:
        assert standing.http.get(path).status_code == 404


# --- locked and unlocked -------------------------------------------------------------------------


def test_a_locked_desk_shows_no_name(sit: Sit, tmp_path: Path, key: PrivateKey) -> None:
    """Nor does it ask the server for anything."""
    left = tmp_path / "asked"
    reader = sit(running(f"open({str(left)!r}, 'w')"), unlocked=False)
    for path in ["?day=2026-11-23&view=day", f"cancel?id={1:032x}", "?did=x", *LOOKS]:
        answer = reader.http.get(f"{reader.base}{path}", follow_redirects=True)
        assert answer.status_code == 200
        assert tree(answer).css("input[type=password]")
        assert not tree(answer).css(".entry")
    assert not left.exists()


@pytest.mark.parametrize("passphrase", ["", "wrong", f"{PASSPHRASE} ", "é" * 2000, "\x00"])
def test_a_wrong_passphrase_leaves_the_desk_locked(
    sit: Sit, tmp_path: Path, key: PrivateKey, passphrase: str
) -> None:
    reader = sit(printing(tmp_path, exported(key)), unlocked=False)
    answer = reader.post("unlock", passphrase=passphrase)

    assert answer.status_code == 403
    assert texts(answer, "#wrong")
    assert "value" not in tree(answer).css("input")[0].attributes
    assert NAME not in reader.get().text


def test_an_unlocked_desk_shows_the_name_beside_the_time(standing: Reader, key: PrivateKey) -> None:
    for view in ("week", "day"):
        answer = standing.get(f"?day=2026-11-23&view={view}")
        (entry,) = tree(answer).css(".entry")

        assert said(entry, ".entry__start") == "09:00"
        assert said(entry, ".entry__name") == NAME
        assert said(entry, ".entry__reach a").replace("\N{NO-BREAK SPACE}", " ") == PHONE
    assert fingerprint(public_text(key)) in standing.get().text


def said(node: LexborNode, selector: str) -> str:
    found = node.css_first(selector)
    assert found is not None
    return found.text(strip=True)


def test_a_locked_desk_has_forgotten(sit: Sit, tmp_path: Path, key: PrivateKey) -> None:
    """Not only is nothing shown: no object that held the name is left in memory."""
    name = "Ada Oubliée"
    reader = sit(printing(tmp_path, exported(key, content=identity(MONDAY, name=name))))
    assert name in reader.get().text
    assert held(name)
    reader.post("lock")

    assert name not in reader.get().text
    assert name not in reader.get("?day=2026-11-23&view=day").text
    assert held(name) == []


def held(name: str) -> list[Opened]:
    gc.collect()
    kept = [one for one in gc.get_objects() if isinstance(one, Opened)]
    return [one for one in kept if one.identity.get("name") == name]


def test_a_desk_that_is_locked_while_the_server_answers_shows_nothing(
    sit: Sit, tmp_path: Path, key: PrivateKey
) -> None:
    """The answer comes after the key has gone."""
    name = "Ada Tardive"
    (tmp_path / "lines").write_text(exported(key, content=identity(MONDAY, name=name)))
    reader = sit(
        running(
            f"import pathlib, time; here = pathlib.Path({str(tmp_path)!r})\n"
            "(here / 'asked').touch()\n"
            "while not (here / 'go').exists(): time.sleep(0.01)\n"
            "print((here / 'lines').read_text())"
        )
    )
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(httpx.get, reader.address, timeout=20)
        wait_until(lambda: (tmp_path / "asked").exists())
        reader.post("lock")
        (tmp_path / "go").touch()
        answer = asked.result()

    assert answer.status_code == 200
    assert name not in answer.text
    assert tree(answer).css("input[type=password]")
    assert held(name) == []


# --- hostile text --------------------------------------------------------------------------------

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title></style></p><h1>Annulé</h1>",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt; & {name}",
    '{"name": "Ada"}',
    "a" * 200,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_somebody_wrote_is_text_and_nothing_else(
    sit: Sit, tmp_path: Path, key: PrivateKey, text: str
) -> None:
    wrote = dict.fromkeys(["name", "email", "caller", "visit", "language", "number"], text)
    who = identity(MONDAY, whom="child", **wrote, phone=f"{text}06")
    reader = sit(printing(tmp_path, exported(key, content=who)))
    plain = frame(reader.get("?day=2020-01-06&view=day"))

    for path in ["?view=week", "?day=2026-11-23&view=day", f"cancel?id={1:032x}"]:
        answer = reader.get(path)
        page = tree(answer)
        assert answer.status_code == 200
        assert texts(answer, ".entry__name bdi") == [text]
        assert not page.css("style, img, iframe, object, [style], [onmouseover]")
        assert all(one.attributes["src"] == f"/{TOKEN}/desk.js" for one in page.css("script"))
        assert len(page.css("h1")) == 1
        assert not {*frame(answer)} - {*plain}
        for link in page.css("[href], [action]"):
            address = link.attributes.get("href") or link.attributes.get("action") or ""
            assert address.startswith(("tel:", "?", "#", f"/{TOKEN}/")), address


def frame(answer: httpx.Response) -> list[str | None]:
    """What the head of a page is made of, whoever comes."""
    return [node.tag for node in tree(answer).css("head *")]


def test_signs_that_turn_a_line_around_are_taken_out(
    sit: Sit, tmp_path: Path, key: PrivateKey
) -> None:
    who = identity(MONDAY, name="Ada\u202eelpmexE\u2069\x1b[2J")
    answer = sit(printing(tmp_path, exported(key, content=who))).get()
    assert texts(answer, ".entry__name") == ["AdaelpmexE[2J"]


# --- acts ----------------------------------------------------------------------------------------


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "bookings.db"


def state(database: Path, booking_id: str) -> tuple[str, int]:
    """What the database says of a booking, and how many cells of time it holds."""
    with closing(sqlite3.connect(database)) as file:
        word = "SELECT state FROM bookings WHERE id = ?"
        cells = "SELECT count(*) FROM occupied WHERE booking = ?"
        name = (bytes.fromhex(booking_id),)
        return file.execute(word, name).fetchone()[0], file.execute(cells, name).fetchone()[0]


def form(answer: httpx.Response, action: str) -> dict[str, str]:
    """The fields of the form that leads there."""
    (found,) = forms(answer, action)
    return found


def forms(answer: httpx.Response, action: str) -> list[dict[str, str]]:
    """The fields of all the forms that lead there."""
    return [
        {
            str(one.attributes["name"]): str(one.attributes.get("value") or "")
            for one in found.css("input, button[name]")
        }
        for found in tree(answer).css(f'form[action="/{TOKEN}/{action}"]')
    ]


def test_a_visit_is_cancelled_after_a_second_look(
    sit: Sit, database: Path, key: PrivateKey
) -> None:
    """The page that asks changes nothing; the yes frees the time, and the agenda shows it."""
    booking = store_booking(database, key)
    reader = sit(Beside.at(database))
    (link,) = tree(reader.get("?day=2026-11-23&view=day")).css(".entry__acts a[href*=cancel]")
    question = reader.http.get(str(link.attributes["href"]))
    assert texts(question, ".entry__name") == [NAME]
    assert state(database, booking) == ("confirmed", 6)

    done = reader.post("change", **form(question, "change"))
    assert (done.status_code, "?day=2026-11-23&view=day" in done.headers["Location"]) == (303, True)
    assert state(database, booking) == ("cancelled", 0)
    page = tree(reader.http.get(done.headers["Location"]))
    assert [one.text(strip=True) for one in page.css(".entry--cancelled .entry__name")] == [NAME]
    assert not page.css(".entry__acts")


def test_a_request_is_accepted(sit: Sit, database: Path, key: PrivateKey) -> None:
    booking = store_booking(database, key, requested=True)
    reader = sit(Beside.at(database))
    assert state(database, booking) == ("requested", 6)
    reader.post("change", **forms(reader.get(), "change")[0])

    assert state(database, booking) == ("confirmed", 6)


def test_nothing_else_is_an_act(sit: Sit, database: Path, key: PrivateKey) -> None:
    """An unknown act, an id that is none of this agenda's or a command, a desk that is locked."""
    booking = store_booking(database, key)
    reader = sit(Beside.at(database))
    reader.get()
    seen = form(reader.get(f"cancel?id={booking}"), "change")["seen"]
    for fields in [
        {"act": "cancel", "id": booking, "seen": ""},
        {"act": "cancel", "id": booking, "seen": "x"},
        {"act": "cancel", "id": booking, "seen": f"{seen}x"},
        {"id": booking},
        {"act": "", "id": booking},
        {"act": "export", "id": booking},
        {"act": "cancel"},
        {"act": "cancel", "id": "0" * 32},
        {"act": "cancel", "id": booking.upper()},
        {"act": "cancel", "id": f"{booking}; touch x"},
        {"act": "cancel", "id": "--help"},
    ]:
        answer = reader.post("change", **{"seen": seen, **fields})
        assert (answer.status_code, answer.headers["Location"]) == (303, reader.base)
    reader.post("lock")
    reader.post("change", act="cancel", id=booking, seen=seen)
    assert state(database, booking) == ("confirmed", 6)


# --- the server, gone or strange -----------------------------------------------------------------


def test_when_the_server_is_gone_what_was_known_stays(
    sit: Sit, tmp_path: Path, key: PrivateKey
) -> None:
    reader = sit(printing(tmp_path, exported(key)))
    assert reader.get().status_code == 200
    (tmp_path / "lines").unlink()
    answer = reader.get()

    assert answer.status_code == 503
    (told,) = texts(answer, "[role=alert]")
    assert "Le serveur ne répond pas" in told
    assert "09:00" in told
    assert "FileNotFoundError" in told
    assert texts(answer, ".entry__name") == [NAME]


def test_when_the_server_was_never_there_it_is_said(sit: Sit) -> None:
    answer = sit(running("import sys; sys.exit(1)")).get()
    assert answer.status_code == 503
    assert texts(answer, "[role=alert]")
    assert not tree(answer).css(".entry")


def test_a_strange_line_is_said_and_hides_nobody(sit: Sit, tmp_path: Path, key: PrivateKey) -> None:
    answer = sit(printing(tmp_path, "Welcome to the server!", exported(key))).get()
    assert answer.status_code == 200
    assert texts(answer, "[role=alert]")
    assert texts(answer, ".entry__name") == [NAME]


class Broken(Server):
    """A fault that nobody foresaw, with a name in its message."""

    def listing(self) -> list[str]:
        raise LookupError(NAME)


def test_a_fault_is_logged_without_its_message(
    sit: Sit, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Where the doctor's terminal keeps what it shows, no name must be."""
    answer = sit(Broken((), {})).get()
    logged = caplog.text + "".join(capfd.readouterr())
    assert (answer.status_code, answer.content) == (500, b"")
    assert "LookupError at test_page.py" in logged
    assert NAME not in logged


# --- every answer --------------------------------------------------------------------------------


def answers(reader: Reader) -> dict[str, httpx.Response]:
    return {
        "week": reader.get(),
        "day": reader.get("?day=2026-11-23&view=day"),
        "question": reader.get(f"cancel?id={1:032x}"),
        **{path: reader.get(path) for path in (*STATIC, *LOOKS)},
        "stranger": reader.http.get("/x/"),
        "rebound": reader.get(headers={"Host": "rebound.example"}),
        "pause": reader.post("pause", act="pause"),
        "wrong": reader.post("unlock", passphrase="wrong"),
        **{path: reader.post(path) for path in DEEDS},
        "lock": reader.post("lock"),
        "locked": reader.get(),
    }


def test_no_answer_is_kept_or_may_run_anything(reader: Reader) -> None:
    for name, answer in answers(reader).items():
        assert answer.headers["Cache-Control"] == "no-store", name
        assert "Set-Cookie" not in answer.headers, name
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


SCRIPTS = [f"/{TOKEN}/{name}" for name in STATIC if name.endswith(".js")]


def test_the_pages_need_no_script(reader: Reader) -> None:
    """And carry no style of their own: nothing for a loosened policy to run."""
    for name, answer in answers(reader).items():
        page = tree(answer)
        assert not page.css("style, [style]"), name
        assert all(one.attributes["src"] in SCRIPTS for one in page.css("script"))
        assert all(one.parent and one.parent.tag == "noscript" for one in page.css("[http-equiv]"))
        assert not [node for node in page.css("*") for one in node.attributes if one[:2] == "on"]


def test_an_open_agenda_is_fetched_anew_until_somebody_stops_it(reader: Reader) -> None:
    """What changes by itself can be stopped; a question is never torn away."""
    refreshed = "noscript [http-equiv=refresh]"
    assert tree(reader.get()).css(refreshed)[0].attributes["content"] == (
        "120; url=?day=2026-11-23&view=week&by=itself"
    )
    for asking in (f"cancel?id={1:032x}", f"move?id={1:032x}", "book", "close"):
        assert not tree(reader.get(asking)).css(refreshed)

    for act, by_itself in [("pause", False), ("resume", True)]:
        fields = form(reader.get(), "pause")
        assert fields["act"] == act
        reader.post("pause", **fields)
        assert bool(tree(reader.get()).css(refreshed)) is by_itself
        assert bool(reader.get("changes").text) is by_itself
    reader.post("lock")
    assert not tree(reader.get()).css(refreshed)


@pytest.mark.parametrize(
    "day", ["", "x", "9999-12-31", "0001-01-01", "2026-13-01", "<b>", "2026-11-23T08:00:00Z"]
)
def test_a_day_that_is_none_is_the_next_with_a_visit(standing: Reader, day: str) -> None:
    for view in ("day", "week", "year"):
        answer = standing.get("", params={"day": day, "view": view})
        assert answer.status_code == 200
        assert NAME in answer.text


def test_every_day_that_can_be_asked_for_is_shown(standing: Reader) -> None:
    for day in ("2001-01-01", "2026-11-23", "2026-12-25", "2999-12-31"):
        for view in ("day", "week"):
            assert standing.get(f"?day={day}&view={view}").status_code == 200


def test_who_waits_for_a_yes_is_announced_on_every_day(
    sit: Sit, tmp_path: Path, key: PrivateKey
) -> None:
    """A request for a day three weeks away must not wait until somebody leafs there."""
    there = exported(key, at("09:00", 22), state="requested")
    answer = sit(printing(tmp_path, there)).get("?day=2026-11-23&view=week")
    (waiting,) = tree(answer).css(".waiting a")
    assert waiting.attributes["href"] == "?day=2026-12-15&view=day"


def test_a_week_without_visits_says_so_once(sit: Sit, tmp_path: Path, key: PrivateKey) -> None:
    answer = sit(printing(tmp_path, exported(key, at("09:00", 14)))).get("?day=2026-11-23")
    (nobody,) = tree(answer).css(".nobody")
    assert "lundi 7 décembre 2026" in nobody.text()
    assert not tree(answer).css(".day__nobody")


def test_each_doubt_is_said_in_words(sit: Sit, tmp_path: Path, key: PrivateKey) -> None:
    swapped = identity(at("11:00"))
    answer = sit(
        printing(
            tmp_path,
            exported(key, at("09:00"), number=1, content=swapped),
            exported(key, at("09:30"), number=2, content=swapped, moved=True),
            exported(new_key(), at("10:00"), number=3),
            exported(key, at("10:30"), number=4, envelope="AAAA"),
            exported(key, at("11:00"), number=5, content=b"[]"),
        )
    ).get()
    doubts = [entry.css(".entry__doubt") for entry in tree(answer).css(".entry")]
    assert [len(found) for found in doubts] == [1, 0, 1, 1, 1]
    assert len({found[0].text() for found in doubts if found}) == 4


def test_a_visit_outside_the_present_hours_is_said_to_be(
    sit: Sit, tmp_path: Path, key: PrivateKey
) -> None:
    """Beside another doubt, when there is one; a cancelled visit needs none."""
    answer = sit(
        printing(
            tmp_path,
            exported(key, at("09:00"), number=1),
            exported(key, at("12:45"), number=2),
            exported(new_key(), at("13:15"), number=3),
            exported(key, at("13:30"), number=4, state="cancelled"),
        )
    ).get()
    outside = (
        "Hors des horaires actuels\N{NO-BREAK SPACE}: antérieur à la règle, ou noté à la main."
    )
    doubts = [
        [node.text(strip=True) for node in entry.css(".entry__doubt")]
        for entry in tree(answer).css(".entry")
    ]
    assert [len(found) for found in doubts] == [0, 1, 2, 0]
    assert doubts[1] == [outside] == doubts[2][1:]


def test_a_discreet_visit_is_told_with_a_warning(sit: Sit, tmp_path: Path, key: PrivateKey) -> None:
    """The doctor reads what it is for, and that nobody else may hear of it."""
    hushed = exported(key, at("09:00"), number=1, content=identity(at("09:00"), visit="visit-3"))
    desk = sit(printing(tmp_path, hushed, exported(key, at("09:30"), number=2)))
    warning = "Discret\N{NO-BREAK SPACE}: n’en parler qu’à la personne elle-même"
    first, second = tree(desk.get()).css(".entry")
    assert "Contraception" in first.text()
    assert warning in first.text()
    assert warning not in second.text()


def test_languages_and_ages_are_told(sit: Sit, tmp_path: Path, key: PrivateKey) -> None:
    def line(number: int, **who: Any) -> str:
        start = at("09:00", number - 1)
        return exported(key, start, number=number, content=identity(start, **who))

    answer = sit(
        printing(
            tmp_path,
            line(1, language="he", birth_date="1985-11-24"),
            line(2, birth_date="2026-11-01", whom="child", caller="Ada Exemple"),
            line(3, birth_date="2025-11-01"),
        )
    ).get()
    told = texts(answer, ".entry__facts")
    assert "en hébreu" in told[0]
    assert "40\N{NO-BREAK SPACE}ans" in told[0]
    assert "moins d’un an" in told[1]
    assert "pour un enfant (Ada Exemple)" in told[1]
    assert "1 an" in told[2]
