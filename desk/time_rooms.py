"""Times to give away: move a visit, book for somebody who called, close some hours."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from booking_endpoint.booking import LONGEST, Identity, Refused, read_identity
from booking_endpoint.booking import Request as Wanted
from booking_endpoint.envelope import seal, to_text
from booking_endpoint.instants import MINUTE, Slot, rfc3339
from booking_endpoint.practice import Visit
from desk.act_rooms import as_seen
from desk.acts import book as taking
from desk.acts import put
from desk.offers import busy_of, doubts, free_days
from desk.opening import Opened
from desk.pages import Desk, read_day, read_form, read_place, read_view
from desk.session import Session

Fields = Mapping[str, str]

LONGEST_CLOSURE = timedelta(days=400)


def times_for(
    desk: Desk, session: Session, visit: Visit | None, fields: Fields, moving: Opened | None = None
) -> dict[str, Any]:
    """The free times of a week for a visit, and the ways to the weeks beside it.

    One that is being moved takes nothing, and is not offered the time at which it stands.
    """
    today = desk.place.now().date()
    first = max(read_day(fields.get("on", "")) or today, today)
    busy = busy_of(session.listing, desk.practice, moving.id if moving else "")
    now = int(desk.place.clock())
    days = free_days(first, desk.practice, visit, busy, now) if visit else {}
    stands = int(moving.start.timestamp()) if moving else None
    zone = desk.practice.zone
    return {
        "first": first,
        "sooner": max(first - timedelta(days=7), today) if first > today else None,
        "later": first + timedelta(days=7),
        "free": {
            day: [
                (rfc3339(slot.start), datetime.fromtimestamp(slot.start, zone))
                for slot in slots
                if slot.start != stands
            ]
            for day, slots in days.items()
        },
    }


def chosen(desk: Desk, fields: Fields) -> datetime | None:
    """The time that was typed, else the free one that was chosen."""
    if fields.get("clock"):
        return desk.instant_of(fields.get("date", ""), fields["clock"])
    try:
        return desk.local(fields.get("start", ""))
    except ValueError:
        return None


def asked_twice(
    desk: Desk, session: Session, times: Slot, visit: Visit | None, fields: Fields, without: str
) -> list[str]:
    """Why to look twice at a time; nothing once somebody has."""
    if fields.get("sure"):
        return []
    busy = busy_of(session.listing, desk.practice, without)
    return list(doubts(times, desk.practice, visit, busy, int(desk.place.clock())))


# --- move ----------------------------------------------------------------------------------------


async def ask_move(desk: Desk, session: Session, request: Request) -> Response:
    """Where a visit can go."""
    asked = dict(request.query_params)
    booking = desk.find(asked)
    if booking is None or booking.state == "cancelled":
        return desk.back(asked)
    return move_page(desk, session, booking, {"on": str(desk.entry(booking).start.date()), **asked})


def move_page(
    desk: Desk, session: Session, booking: Opened, fields: Fields, status: int = 200, **more: Any
) -> Response:
    entry = desk.entry(booking)
    visit = desk.practice.visit(booking.identity.get("visit", ""))
    return desk.page(
        "move.html",
        status,
        it=entry,
        seen=fields.get("seen") or entry.seen,
        day=read_day(fields.get("day", "")) or entry.start.date(),
        view=read_view(fields),
        back=read_place(fields),
        values=defaultdict(str, fields),
        **{"doubts": [], "wanted": None, "wrong": False, **more},
        **times_for(desk, session, visit, fields, booking),
    )


async def move(desk: Desk, session: Session, request: Request) -> Response:
    """Move a visit; asked twice where the hours do not hold the new time."""
    fields = await read_form(request)
    booking = desk.find(fields)
    seen = as_seen(booking, fields.get("seen", "")) if booking else None
    if booking is None or seen is None or seen.state == "cancelled":
        return desk.back(fields)
    start = chosen(desk, fields)
    if start is None or start == seen.start:
        return move_page(desk, session, booking, fields, 422, wrong=True)
    visit = desk.practice.visit(booking.identity.get("visit", ""))
    lasts = timedelta(minutes=visit.minutes) if visit else seen.end - seen.start
    times = Slot(int(start.timestamp()), int((start + lasts).timestamp()))
    if why := asked_twice(desk, session, times, visit, fields, booking.id):
        return move_page(desk, session, booking, fields, 422, doubts=why, wanted=start)
    act = put(seen, desk.practice, seen.state, (start, desk.local(rfc3339(times.end))))
    deed = await session.do([act])
    return desk.back({**fields, "day": str(start.date())}, deed.name)


# --- book ----------------------------------------------------------------------------------------


async def ask_book(desk: Desk, session: Session, request: Request) -> Response:
    return book_page(desk, session, dict(request.query_params))


def book_page(
    desk: Desk, session: Session, fields: Fields, status: int = 200, **more: Any
) -> Response:
    """The form for somebody who called; with the free times once the visit is known."""
    visit = desk.practice.visit(fields.get("visit", "")) or desk.practice.visits[0]
    return desk.page(
        "book.html",
        status,
        visit=visit,
        day=read_day(fields.get("day", "")) or desk.place.now().date(),
        view=read_view(fields),
        back=read_place(fields),
        values=defaultdict(str, fields),
        **{"doubts": [], "wanted": None, "errors": {}, **more},
        **times_for(desk, session, visit, {"on": fields.get("day", ""), **fields}),
    )


async def book(desk: Desk, session: Session, request: Request) -> Response:
    """Take a time for somebody who called, sealed here to all who may read it."""
    fields = await read_form(request)
    visit = desk.practice.visit(fields.get("visit", ""))
    if visit is None:
        return desk.back(fields)
    months = dict(desk.language.months())
    start, today = chosen(desk, fields), desk.place.now().date()
    errors = {} if start else {"start": "time"}
    try:
        identity = read_identity(fields, visit, today, months)
    except Refused as refused:
        said = {
            name: desk.language.say(text, most=LONGEST.get(name, 0))
            for name, text in refused.errors.items()
        }
        return book_page(desk, session, fields, 422, errors={**said, **errors})
    if start is None:
        return book_page(desk, session, fields, 422, errors=errors)
    moment = int(start.timestamp())
    times = Slot(moment, moment + visit.minutes * MINUTE)
    if why := asked_twice(desk, session, times, visit, fields, ""):
        return book_page(desk, session, fields, 422, doubts=why, wanted=start)
    name = desk.place.chance(16).hex()
    envelope = sealed(desk, identity, visit, times)
    act = taking(name, start, desk.local(rfc3339(times.end)), visit, envelope)
    deed = await session.do([act])
    return desk.back({**fields, "day": str(start.date())}, deed.name)


def sealed(desk: Desk, identity: Identity, visit: Visit, times: Slot) -> str:
    """The same envelope that a page of the site seals, to the same recipients."""
    number, language = desk.place.chance(16).hex(), desk.language.code
    wanted = Wanted(identity, visit.id, rfc3339(times.start), language, number)
    return to_text(seal(wanted.to_json(), [one.key for one in desk.practice.sealed_to]))
