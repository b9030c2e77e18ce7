"""What is decided without a server: what differs, what is sent, how a server's state reads."""

import gzip
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import brotli
import pytest

from deploy.publishing.asking import host_named
from deploy.publishing.bundle import describe, packed
from deploy.publishing.difference import Difference
from deploy.publishing.state import Light, judge
from deploy.publishing.upload import archive
from deploy.server.release import BadRelease, Release, is_inside
from deploy.server.telling import counted
from tasks import as_invoke_says, namespace
from tests.serving import ROOT

NOW = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)


def lasting(days: int) -> dict[str, object]:
    """A certificate of a known authority."""
    return {"until": (NOW + timedelta(days=days)).isoformat(), "trusted": True}


WELL: dict[str, Any] = {
    "now": NOW.isoformat(),
    "release": {"id": "20261122T160000Z-00000000", "made": "", "kit": "", "locked": "2026-11-01"},
    "previous": None,
    "bad": [],
    "endpoint": {"wanted": "a", "running": "a", "status": 200},
    "backup": (NOW - timedelta(hours=20)).isoformat(),
    "certificate": lasting(days=40),
    "disk": {"free": 50, "total": 100},
    "updates": 0,
    "reboot": False,
    "lock": None,
}


def test_a_difference_names_what_is_new_gone_and_changed() -> None:
    there = {"site/a.html": "1", "site/b.html": "2", "site/c.html": "3", "site/c.html.gz": "4"}
    here = {"site/a.html": "1", "site/b.html": "9", "site/d.html": "5", "endpoint/x": "6"}
    found = list(Difference.between(there, here).lines())
    assert found[:4] == ["+ endpoint/x", "~ site/b.html", "- site/c.html", "+ site/d.html"]
    assert [line for line in found[4:] if line.startswith("The endpoint changes")] == found[4:]


def test_an_endpoint_that_goes_is_said_to_go() -> None:
    there = {"site/a.html": "1", "endpoint/practice.toml": "2", "endpoint/x": "3"}
    *_paths, why, where = Difference.between(there, {"site/a.html": "1"}).lines()
    assert why.startswith("The endpoint goes: nobody books")
    assert where.startswith("stays on the server")


@pytest.mark.parametrize(
    ("pages", "gone", "much"), [(20, 10, False), (20, 11, True), (80, 20, False), (80, 21, True)]
)
def test_ten_pages_may_go_or_a_quarter(pages: int, gone: int, much: bool) -> None:
    there = {f"site/{number}.html": "" for number in range(pages)}
    here = {f"site/{number}.html": "" for number in range(gone, pages)}
    assert Difference.between(there, here).takes_much_away(there) is much


def test_the_same_content_gives_the_same_archive_and_another_instant_another_id() -> None:
    bundle = {"site/a.html": b"a", "site/b.html": b"b"}
    turned = dict(reversed(bundle.items()))
    one, two = describe(bundle, NOW), describe(turned, NOW)
    assert archive(one, bundle, ["site/a.html"]) == archive(two, turned, ["site/a.html"])
    later = describe(bundle, NOW + timedelta(seconds=1))
    assert (one.id[-8:] == later.id[-8:], one.id < later.id) == (True, True)


def test_texts_are_packed_where_that_saves_and_unpack_to_themselves() -> None:
    noise = random.Random(1).randbytes(500)  # noqa: S311  # not a secret
    pages = {"long.html": b"<p>word</p>" * 50, "short.txt": b"a", "picture.avif": bytes(500)}
    found = packed({**pages, "noise.svg": noise})
    assert found.keys() == {"long.html.gz", "long.html.br"}
    assert gzip.decompress(found["long.html.gz"]) == pages["long.html"]
    assert brotli.decompress(found["long.html.br"]) == pages["long.html"]
    assert packed(pages) == packed(pages)


@pytest.mark.parametrize(
    "path",
    [
        *("", "site", "site/", "/etc/passwd", "site/../x", "site//x", "site/./x", "other/x"),
        *("../site/x", "release.json", "venv/bin/python", "site/a\nb", "endpoint/.."),
    ],
)
def test_a_release_holds_nothing_outside_its_two_folders(path: str) -> None:
    assert not is_inside(path)
    told = Release("20261122T160000Z", "0.1.0", "", {path: "0" * 64}).told()
    with pytest.raises(BadRelease):
        Release.read(told)


def test_a_description_that_contradicts_itself_is_no_release() -> None:
    told = Release("20261122T160000Z", "0.1.0", "", {"site/a": "0" * 64}).told()
    assert Release.read(json.loads(json.dumps(told))).told() == told
    told["hashes"] = {**told["hashes"], "endpoint": "1" * 64}
    with pytest.raises(BadRelease):
        Release.read(told)


LONG_AGO = (NOW - timedelta(days=9)).isoformat()


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"release": None}, "release"),
        ({"endpoint": {"wanted": "a", "running": "", "status": 0}}, "endpoint"),
        ({"endpoint": {"wanted": "a", "running": "b", "status": 200}}, "endpoint"),
        ({"endpoint": {"wanted": "a", "running": "a", "status": 503}}, "endpoint"),
        ({"certificate": None}, "certificate"),
        ({"certificate": lasting(days=-1)}, "certificate"),
        ({"certificate": lasting(days=3)}, "certificate"),
        ({"certificate": {**lasting(days=40), "trusted": False}}, "certificate"),
        ({"backup": None}, "backup"),
        ({"backup": LONG_AGO}, "backup"),
        ({"disk": {"free": 4, "total": 100}}, "disk"),
        ({"lock": {"who": "Ada", "since": (NOW - timedelta(hours=2)).isoformat()}}, "at work"),
        ({"now": (NOW + timedelta(minutes=5)).isoformat()}, "clock"),
        ({"release": {**WELL["release"], "locked": "2026-01-01"}}, "packages"),
    ],
)
def test_what_is_wrong_comes_first_and_says_what_to_do(
    change: dict[str, object], name: str
) -> None:
    first, *others = judge({**WELL, **change}, NOW)
    assert (first.light, first.name, bool(first.to_do)) == (Light.RED, name, True)
    assert {one.light for one in others} == {Light.GREEN}
    assert first.to_do in first.line()


def test_where_nobody_books_online_no_backup_is_asked_for() -> None:
    found = judge({**WELL, "endpoint": None, "backup": None}, NOW)
    assert {one.light for one in found} == {Light.GREEN}
    assert [one.what for one in found if one.name == "endpoint"] == [
        "none: this practice takes no bookings online"
    ]
    left = judge({**WELL, "endpoint": None, "backup": LONG_AGO}, NOW)
    assert [one.name for one in left if one.light is Light.RED] == ["backup"]


def test_a_server_that_is_well_has_nothing_to_do() -> None:
    found = judge(WELL, NOW)
    assert {one.light for one in found} == {Light.GREEN}
    assert "->" not in "".join(one.line() for one in found)


def test_what_will_be_wrong_soon_is_amber() -> None:
    soon = {
        "certificate": lasting(days=10),
        "backup": (NOW - timedelta(days=3)).isoformat(),
        "disk": {"free": 10, "total": 100},
        "updates": 3,
        "reboot": True,
    }
    lights = [one.light for one in judge({**WELL, **soon}, NOW)]
    assert lights[:5] == [Light.AMBER] * 5
    assert set(lights[5:]) == {Light.GREEN}


def test_logs_are_counts_and_a_person_in_one_is_never_shown() -> None:
    """Whatever a line holds that is not as it should be, it is only counted."""
    name, address = "Jean-Dupont", "203.0.113.7"
    pages = [
        "2026-11-22T16 GET 200",
        "2026-11-22T16 GET 200",
        "2026-11-22T17 GET 404",
        f'{address} - - "GET /{name}" 200',
        f"2026-11-22T17 GET 200 {name}",
    ]
    journal = [
        "OperationalError at store.py:12",
        "OperationalError at store.py:12",
        f"ValueError: {name} at store.py:12",
        f"KeyError at {name}.py:1 {address}",
    ]
    found = counted(pages, journal)
    assert found["pages"] == {"2026-11-22": {"200": 2, "404": 1}}
    assert found["failures"] == {"OperationalError at store.py:12": 2}
    assert found["others"] == 4
    assert name not in json.dumps(found)
    assert address not in json.dumps(found)


def test_the_server_is_read_from_publishconf_without_running_it(tmp_path: Path) -> None:
    settings = tmp_path / "publishconf.py"
    settings.write_text('from nowhere import *\nSERVER = "souspli@dr-example.fr"\n', "utf-8")
    assert host_named(settings) == "souspli@dr-example.fr"
    assert host_named(ROOT / "publishconf.py") == ""


@pytest.mark.parametrize("verb", ["publish", "rollback", "status", "logs"])
def test_a_server_may_be_named_behind_the_verb_or_left_out(verb: str) -> None:
    assert as_invoke_says([verb, "souspli@dr-example.fr", "--x"]) == [
        *(verb, "--host", "souspli@dr-example.fr", "--x")
    ]
    for words in ([verb], [verb, "--json"], ["verify", "https://dr-example.fr"]):
        assert as_invoke_says(words) == words
    assert "host" in {name for one in namespace[verb].get_arguments() for name in one.names}
