"""Numbers without persons: what is counted, and that no number leads back to somebody."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking_endpoint.envelope import PrivateKey
from booking_endpoint.practice import Practice
from booking_endpoint.words import Language
from desk.counts import Chart, bar, charts_of
from desk.opening import Opened, read_line
from tests.desk.cast import at, exported, facts, identity


@pytest.fixture(scope="module")
def practice(key: PrivateKey) -> Practice:
    return facts(key)


@pytest.fixture(scope="module")
def one(key: PrivateKey) -> Opened:
    """Somebody who comes on a Monday at nine."""
    return replace(read_line(exported(key))[0], identity=identity(at("9:00")))


def times(count: int, one: Opened, **changes: Any) -> list[Opened]:
    visit = changes.pop("visit", "consultation")
    return [replace(one, identity=one.identity | {"visit": visit}, **changes)] * count


def counted(bookings: list[Opened], practice: Practice) -> dict[str, dict[str, str]]:
    """Each chart's bars as they are told; those of nought left out."""
    charts = charts_of(bookings, practice, Language("en", {}))
    return {chart.title: told(chart) for chart in charts}


def told(chart: Chart) -> dict[str, str]:
    bars = [(bar.label, "few" if bar.few else str(bar.count)) for bar in chart.bars]
    return {label: count for label, count in bars if count != "0"}


def test_bookings_are_counted_by_visit_day_hour_and_state(practice: Practice, one: Opened) -> None:
    """By the clock on the door; who cancelled is in the last alone."""
    bookings = times(10, one) + times(5, one, visit="colposcopy", start=at("14:00", 1))
    bookings += times(5, one, state="cancelled") + times(4, one, state="requested")
    assert counted(bookings, practice) == {
        "By visit": {"Gynaecology consultation": "15", "Colposcopy": "5"},
        "By day of the week": {"Monday": "15", "Tuesday": "5"},
        "By hour": {"9:00": "15", "14:00": "5"},
        "By state": {"confirmed": "15", "waiting for your yes": "few", "cancelled": "5"},
    }


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, (0, False)), (1, (0, True)), (4, (0, True)), (5, (5, False)), (7, (5, False))],
)
def test_a_count_is_told_to_the_nearest_five_and_under_five_only_as_that(
    count: int, shown: tuple[int, bool]
) -> None:
    """Seen to fail with the count itself."""
    assert (bar("x", count).count, bar("x", count).few) == shown


@given(st.lists(st.sampled_from(["consultation", "colposcopy", "elsewhere"]), max_size=40))
def test_of_less_than_five_no_length_and_no_word_tells_how_many(visits: list[str]) -> None:
    """Whoever comes beside them."""
    for count in range(1, 5):
        assert bar("x", count) == bar("x", 1)
    assert all(bar(name, visits.count(name)).count % 5 == 0 for name in visits)


def test_what_the_facts_no_longer_name_is_counted_as_other(practice: Practice, one: Opened) -> None:
    """A name that somebody sealed is no label."""
    bookings = times(5, one, visit="<b>Zoé Sentinelle")
    assert counted(bookings, practice)["By visit"] == {"other": "5"}
    assert "Zoé" not in json.dumps(counted(bookings, practice), ensure_ascii=False)


def test_nothing_is_counted_where_nothing_is(practice: Practice) -> None:
    assert all(chart == {} for chart in counted([], practice).values())
