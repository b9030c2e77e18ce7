"""Hours: closed to patients for a while, or offered to them besides."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from booking_endpoint.availability import Extra
from booking_endpoint.instants import CELL, Slot
from desk.acts import close as closing
from desk.acts import offer as offering
from desk.acts import opposite
from desk.offers import busy_of, gained
from desk.pages import Desk, read_day, read_form, read_place, read_view
from desk.people import to_call
from desk.session import Session

Fields = Mapping[str, str]

LONGEST_CLOSURE = timedelta(days=400)


# --- close ---------------------------------------------------------------------------------------


async def ask_close(desk: Desk, session: Session, request: Request) -> Response:
    """Some hours, a day, a fortnight: who stands in it is said before it is closed."""
    asked = dict(request.query_params)
    day = read_day(asked.get("day", "")) or desk.place.now().date()
    span = span_of(desk, asked)
    standing = to_call(session.listing.bookings, *span) if span else []
    return desk.page(
        "close.html",
        200 if span or "from" not in asked else 422,
        day=day,
        view=read_view(asked),
        back=read_place(asked),
        values=defaultdict(str, asked),
        wrong="from" in asked and span is None,
        span=span,
        standing=[desk.entry(booking) for booking in standing],
        ready=ready_made(day),
    )


def ready_made(day: date) -> dict[str, dict[str, str]]:
    """What is closed most often, as the fields of the form."""
    tomorrow, fortnight = str(day + timedelta(days=1)), str(day + timedelta(days=14))
    return {
        "afternoon": {"from": str(day), "begins": "12:00", "until": tomorrow, "ends": "00:00"},
        "day": {"from": str(day), "begins": "00:00", "until": tomorrow, "ends": "00:00"},
        "fortnight": {"from": str(day), "begins": "00:00", "until": fortnight, "ends": "00:00"},
    }


def span_of(desk: Desk, fields: Fields) -> tuple[datetime, datetime] | None:
    begins = desk.instant_of(fields.get("from", ""), fields.get("begins", ""))
    ends = desk.instant_of(fields.get("until", ""), fields.get("ends", ""))
    if begins and ends and begins < ends and ends - begins <= LONGEST_CLOSURE:
        return begins, ends
    return None


async def close(desk: Desk, session: Session, request: Request) -> Response:
    """Offer nothing in these hours. Nobody who stands in them is told or moved."""
    fields = await read_form(request)
    span = span_of(desk, fields)
    if span is None:
        return desk.back(fields)
    word = f"desk-{desk.place.chance(8).hex()}"
    return desk.back(fields, (await session.do([closing(word, *span)])).name)


# --- offer ---------------------------------------------------------------------------------------


async def ask_offer(desk: Desk, session: Session, request: Request) -> Response:
    """Hours beside those of the facts: what patients could book in them is shown first."""
    asked = dict(request.query_params)
    day = read_day(asked.get("day", "")) or desk.place.now().date()
    extra, free = extra_in(desk, asked), {}
    if extra:
        busy, now = busy_of(session.listing, desk.practice), int(desk.place.clock())
        free = gained(extra, desk.practice, busy, now)
    zone = desk.practice.zone
    return desk.page(
        "offer.html",
        200 if extra or "begins" not in asked else 422,
        day=day,
        view=read_view(asked),
        back=read_place(asked),
        values=defaultdict(str, asked),
        chosen=[visit.id for visit in desk.practice.visits if is_for(visit.id, asked)],
        wrong="begins" in asked and extra is None,
        span=ends_of(extra, desk) if extra else None,
        free=[
            (visit, [datetime.fromtimestamp(slot.start, zone) for slot in free[visit.id]])
            for visit in desk.practice.visits
            if visit.id in free
        ],
    )


def is_for(visit: str, fields: Fields) -> bool:
    """Whether a visit is ticked; all are on a page that nobody has sent yet."""
    return f"visit-{visit}" in fields or "begins" not in fields


def extra_in(desk: Desk, fields: Fields) -> Extra | None:
    """The hours a form asks for; the end may be midnight. None for what are none."""
    day = read_day(fields.get("on", ""))
    last = day + timedelta(days=1) if day and fields.get("ends") == "00:00" else day
    begins = desk.instant_of(str(day), fields.get("begins", ""))
    ends = desk.instant_of(str(last), fields.get("ends", ""))
    every = [visit.id for visit in desk.practice.visits]
    visits = [visit for visit in every if is_for(visit, fields)]
    if begins is None or ends is None or begins >= ends or not visits:
        return None
    span = Slot(int(begins.timestamp()), int(ends.timestamp()))
    if span.start % CELL:
        return None
    return Extra(span, () if visits == every else tuple(visits))


def ends_of(extra: Extra, desk: Desk) -> tuple[datetime, datetime]:
    """Where hours begin and end, on the practice's own clock."""
    zone = desk.practice.zone
    start, end = (datetime.fromtimestamp(at, zone) for at in (extra.span.start, extra.span.end))
    return start, end


async def offer(desk: Desk, session: Session, request: Request) -> Response:
    """Offer these hours to patients, at once."""
    fields = await read_form(request)
    extra = extra_in(desk, fields)
    if extra is None:
        return desk.back(fields)
    word, (start, end) = f"desk-{desk.place.chance(8).hex()}", ends_of(extra, desk)
    deed = await session.do([offering(word, start, end, extra.visits)])
    return desk.back({**fields, "day": str(start.date())}, deed.name)


async def withdraw(desk: Desk, session: Session, request: Request) -> Response:
    """Offer them no longer. Who has booked in them stays."""
    fields = await read_form(request)
    found = (one for one in session.listing.offered if one.word == fields.get("word"))
    one = next(found, None)
    if one is None:
        return desk.back(fields)
    act = opposite(offering(one.word, one.start, one.end, one.visits))
    return desk.back(fields, (await session.do([act])).name)
