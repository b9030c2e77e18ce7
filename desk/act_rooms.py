"""Cancel, accept, decline, bring back: from a page that asks, by a POST, and undone by another."""

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from booking_endpoint.instants import rfc3339
from desk.acts import LAST, Act, Deed, close, kind, opposite, put
from desk.opening import STATES, Opened, moment, plain
from desk.pages import Desk, read_day, read_form, read_place, read_view
from desk.people import together
from desk.session import Session

STATE_OF = {"cancel": "cancelled", "decline": "cancelled", "accept": "confirmed"}
"""What a booking becomes by each act of a form."""


def as_seen(booking: Opened, text: str) -> Opened | None:
    """The booking as that page had shown it, whatever it has become since."""
    start, _, rest = text.partition(" ")
    end, _, state = rest.partition(" ")
    if state not in STATES:
        return None
    try:
        return replace(booking, start=moment(start), end=moment(end), state=state)
    except ValueError:
        return None


async def ask(desk: Desk, _session: Session, request: Request) -> Response:
    """Before a booking is cancelled: who it is, and that nobody else will tell them."""
    asked = dict(request.query_params)
    booking = desk.find(asked)
    if booking is None or booking.state == "cancelled":
        return desk.back(asked)
    entry = desk.entry(booking)
    day, view = read_day(asked.get("day", "")) or entry.start.date(), read_view(asked)
    return desk.page(
        "cancel.html",
        it=entry,
        day=day,
        view=view,
        back=read_place({"day": str(day), "view": view}),
    )


async def change(desk: Desk, session: Session, request: Request) -> Response:
    """Cancel a booking, accept or decline one that was requested; as the page had shown it."""
    fields = await read_form(request)
    booking, state = desk.find(fields), STATE_OF.get(fields.get("act", ""))
    seen = as_seen(booking, fields.get("seen", "")) if booking else None
    if seen is None or state is None:
        return desk.back(fields)
    note = plain(fields.get("note", "").strip())
    deed = await session.do([put(seen, desk.practice, state)], (seen.id, note))
    return desk.back(fields, deed.name)


async def ask_together(desk: Desk, session: Session, request: Request) -> Response:
    """The coming visits of one person, to be released in one act."""
    asked = dict(request.query_params)
    found = together(session.listing.bookings, desk.place.now()).get(asked.get("id", ""), [])
    if not found:
        return desk.back(asked)
    return desk.page(
        "together.html",
        entries=[desk.entry(one) for one in found],
        day=read_day(asked.get("day", "")) or desk.entry(found[0]).start.date(),
        view=read_view(asked),
        back=read_place(asked),
    )


async def release(desk: Desk, session: Session, request: Request) -> Response:
    """Cancel all the visits that were ticked: one deed, undone as one."""
    fields = await read_form(request)
    ticked = {name: text for name, text in fields.items() if len(name) == 32}
    known = [one for one in session.listing.bookings if one.id in ticked]
    seen = [one for booking in known if (one := as_seen(booking, ticked[booking.id]))]
    acts = [put(one, desk.practice, "cancelled") for one in seen if one.state != "cancelled"]
    if not acts:
        return desk.back(fields)
    return desk.back(fields, (await session.do(acts)).name)


async def undo(desk: Desk, session: Session, request: Request) -> Response:
    """Do the opposite of a deed, in the other order; or withdraw what was never sent."""
    fields = await read_form(request)
    deed = session.memory.deed(fields.get("deed", ""))
    if deed is None or deed.undone:
        return desk.back(fields)
    if deed.waiting:
        session.withdraw(deed)
        await session.keep()
        return desk.back(fields)
    if not deed.done:
        return desk.back(fields)
    session.replace(deed, undone=True)
    undone = await session.do([opposite(act) for act in reversed(deed.done)])
    return desk.back(fields, undone.name)


async def read(desk: Desk, session: Session, request: Request) -> Response:
    """Somebody has read what the server refused."""
    fields = await read_form(request)
    if deed := session.memory.deed(fields.get("deed", "")):
        session.replace(deed, read=True)
        await session.keep()
    return desk.back(fields)


async def history(desk: Desk, session: Session, _request: Request) -> Response:
    """The last deeds, the newest first."""
    told = [
        (deed, desk.local(rfc3339(deed.at)), acts_of(desk, session, deed))
        for deed in reversed(session.memory.deeds[-LAST:])
    ]
    return desk.page("done.html", told=told, times=desk.times)


def acts_of(desk: Desk, session: Session, deed: Deed) -> list[tuple[Act, str, str]]:
    """Each act of a deed: the act itself, what it is called, whom it was about."""
    return [(act, kind(act), desk.who(session, act)) for act in deed.acts]


async def reopen(desk: Desk, session: Session, request: Request) -> Response:
    """Take a closure back. Those that a calendar made are the calendar's."""
    fields = await read_form(request)
    word = fields.get("word", "")
    found = next((one for one in session.listing.closed if one.word == word), None)
    if found is None or word.startswith("calendar-"):
        return desk.back(fields)
    return desk.back(
        fields, (await session.do([opposite(close(found.word, found.start, found.end))])).name
    )


async def absent(desk: Desk, session: Session, request: Request) -> Response:
    """Nobody came; or somebody did after all. The server is not told."""
    fields = await read_form(request)
    booking = desk.find(fields)
    if booking and booking.start <= desk.place.now() and booking.state != "cancelled":
        session.memory.absent ^= {booking.id}
        await session.keep()
    return desk.back(fields)
