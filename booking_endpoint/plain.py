"""The way through a booking for a patient without JavaScript: every answer is a page.

Same rooms, same checks, same addresses as the JSON answers. What was typed is sealed in
memory at once and never rendered, except in the form it was typed into.
"""

from datetime import timedelta
from typing import Any

from starlette.responses import Response

from booking_endpoint import availability as calendar
from booking_endpoint.booking import LONGEST, Refused, Request, may_change, read_identity
from booking_endpoint.booking import mark as _
from booking_endpoint.envelope import seal, to_text
from booking_endpoint.instants import Slot, day_of, rfc3339
from booking_endpoint.pages import Pages
from booking_endpoint.practice import Visit
from booking_endpoint.rooms import Asked, Booked, Rooms, Taken
from booking_endpoint.store import Booking, State
from booking_endpoint.web import Problem

MOST_TIMES = 24
"""Radios on one page: more cannot be taken in."""

GONE = _("This time has just been taken")


class Plain:
    """The endpoint's answers to a browser that sends forms and shows pages."""

    def __init__(self, rooms: Rooms, pages: Pages, prefix: str) -> None:
        self._rooms, self._pages, self._prefix = rooms, pages, prefix

    # --- routes ------------------------------------------------------------------------------

    async def get_availability(self, asked: Asked) -> Response:
        if not self._rooms.practice.visit(asked.get("visit")):
            return self._visits(asked, "get", "availability")
        return await self._times(asked, "tickets")

    async def post_ticket(self, asked: Asked) -> Response:
        """The details form, for the visit and time chosen."""
        visit = self._rooms.visit(asked)
        if not asked.get("start"):
            return await self._times(asked, "tickets", missing=True)
        start = self._rooms.start(asked)
        slot = await self._rooms.offered(visit, start, asked.now)
        ticket = self._rooms.form_ticket(asked)
        return self._details(asked, visit, start, slot, ticket, {})

    async def post_booking(self, asked: Asked) -> Response:
        if not asked.get("envelope"):
            return await self._seal(asked)
        booked = await self._rooms.book(asked, proof="")
        visit = self._rooms.visit(asked)
        if isinstance(booked, Taken):
            more = {"moved": "1", "start": asked.get("start")}
            return self._gone(asked, visit, booked.nearest, "bookings", **more)
        if booked.booking.state is State.CANCELLED:
            return self._booked(asked, booked.booking, _("Your visit"))
        return self._receipt(asked, visit, booked)

    async def show_booking(self, asked: Asked) -> Response:
        return self._booked(asked, await self._rooms.booking(asked), _("Your visit"))

    async def cancel_booking(self, asked: Asked) -> Response:
        booking = await self._rooms.cancel(await self._rooms.booking(asked), asked.now)
        return self._booked(asked, booking, _("Your visit"))

    async def move_booking(self, asked: Asked) -> Response:
        """Asks for what is missing, one page each: the visit, the time."""
        booking = await self._rooms.booking(asked)
        self._rooms.check_change(booking, asked.now)
        if not self._rooms.practice.visit(asked.get("visit")):
            return self._visits(asked, "post", "bookings/move")
        if not asked.get("start"):
            missing = bool(asked.get("ticket"))
            return await self._times(asked, "bookings/move", booking, missing)
        moved = await self._rooms.move(asked, booking, proof="")
        if isinstance(moved, Taken):
            return self._gone(asked, self._rooms.visit(asked), moved.nearest, "bookings/move")
        return self._booked(asked, moved, _("Your visit has been moved"))

    def refuse(self, asked: Asked, problem: Problem) -> Response:
        """What could not be done, and what to do now, on a page."""
        message = self._say(asked, problem.message, phone=self._pages.phone(asked.language))
        return self._page(
            asked,
            "refused.html",
            self._error(asked, _("This could not be done")),
            problem.status,
            heading=self._say(asked, _("This could not be done")),
            message=message,
            back="gerer" if problem.field == "manage" else "rendez-vous",
        )

    # --- pages -------------------------------------------------------------------------------

    def _visits(self, asked: Asked, method: str, action: str) -> Response:
        """What is the visit for? Says what is missing when the question was answered by nothing."""
        question = _("What is the visit for?")
        wrong = {"visit": self._say(asked, _("Select what the visit is for."))}
        first_time = method == "post" and "visit" not in asked.fields and not asked.get("again")
        return self._page(
            asked,
            "visits.html",
            self._say(asked, question) if first_time else self._error(asked, question),
            200 if first_time else 422,
            question=self._say(asked, question),
            method=method,
            action=f"{self._prefix}/{action}",
            hidden={**self._kept(asked, "manage"), **({"again": "1"} if method == "post" else {})},
            errors={} if first_time else wrong,
        )

    async def _times(
        self, asked: Asked, action: str, but: Booking | None = None, missing: bool = False
    ) -> Response:
        """From the first free day on, as many whole days as fit two dozen times."""
        visit = self._rooms.visit(asked)
        busy = await self._rooms.busy(asked.now, but)
        practice, slots = self._rooms.practice, list[Slot]()
        today = day_of(asked.now, practice.zone)
        day, later = max(self._rooms.window(asked)[0], today) - timedelta(days=1), None
        while later := calendar.next_free_day(day, practice, visit, busy, asked.now):
            day = later
            free = list(calendar.offered_on(day, practice, visit, busy, asked.now))
            if slots and len(slots) + len(free) > MOST_TIMES:
                break
            slots += free
        kept = self._kept(asked, "visit", "manage")
        ticket = {"ticket": self._rooms.form_ticket(asked)} if but else {}
        mark = "" if asked.get("from") else self._say(asked, _("Next free time"))
        told: dict[str, Any] = {"hidden": {**kept, **ticket}, "later": {}, "here": "", "mark": mark}
        if later:
            told["later"] = {**kept, "from": later.isoformat()}
            told["here"] = f"{self._prefix}/{action if but else 'availability'}"
        errors = {"start": self._say(asked, _("Choose a time."))} if missing else {}
        return self._list(asked, visit, slots, action, errors=errors, **told)

    def _gone(
        self, asked: Asked, visit: Visit, nearest: list[Slot], action: str, **more: str
    ) -> Response:
        """The time is gone, the envelope stays: the same request, for another time.

        `start` in `more` is the time that is gone: without another choice the same page again.
        """
        kept = self._kept(asked, "visit", "ticket", "manage", "envelope")
        others = _("Choose another. What you wrote is not lost.")
        none = _("There is no free time online. Please call {phone}.")
        phone = self._pages.phone(asked.language)
        message = self._say(asked, others) if nearest else self._say(asked, none, phone=phone)
        told = {"hidden": {**kept, **more}, "later": {}, "here": "", "mark": "", "message": message}
        return self._list(asked, visit, nearest, action, errors={}, **told)

    def _list(
        self, asked: Asked, visit: Visit, slots: list[Slot], action: str, **told: Any
    ) -> Response:
        title, message = _("Choose a time"), told.pop("message", "")
        wrong = bool(message or told["errors"])
        return self._page(
            asked,
            "times.html",
            self._error(asked, title) if wrong else self._say(asked, title),
            409 if message else 422 if wrong else 200,
            label=self._pages.label(asked.language, visit),
            groups=self._pages.groups(asked.language, slots),
            action=f"{self._prefix}/{action}",
            heading=self._say(asked, GONE) if message else "",
            message=message,
            phone=self._pages.phone(asked.language),
            **told,
        )

    def _details(
        self,
        asked: Asked,
        visit: Visit,
        start: int,
        slot: Slot | Taken,
        ticket: str,
        errors: dict[str, str],
    ) -> Response:
        """The form to fill; with other times when the chosen one is gone; nothing typed is lost."""
        if isinstance(slot, Taken) and not slot.nearest:
            return self._gone(asked, visit, [], "bookings")
        others = slot.nearest if isinstance(slot, Taken) else []
        wrong = bool(errors or others)
        kept = {**self._kept(asked, "visit"), "ticket": ticket, "start": rfc3339(start)}
        return self._page(
            asked,
            "details.html",
            (self._error if wrong else self._say)(asked, _("Your details")),
            409 if others else 422 if errors else 200,
            chosen="" if others else self._pages.chosen(asked.language, visit, start),
            times=self._pages.groups(asked.language, others),
            hidden=kept,
            values=asked.fields,
            errors={
                name: self._say(asked, text, most=LONGEST.get(name, 0))
                for name, text in errors.items()
            },
            asks_birth_date=visit.asks_birth_date,
            reminder="no" if visit.discreet else self._rooms.practice.rules.email_reminders,
        )

    async def _seal(self, asked: Asked) -> Response:
        """Read what was typed, seal it in memory, and answer a page that carries no name."""
        visit, start = self._rooms.visit(asked), self._rooms.start(asked)
        ticket, practice = asked.need("ticket"), self._rooms.practice
        if asked.get("website"):
            raise Problem(403, "robot", _("Please call {phone}."))
        self._rooms.tickets.check(ticket, asked.now)
        slot = await self._rooms.offered(visit, start, asked.now)
        today = day_of(asked.now, practice.zone)
        try:
            identity = read_identity(asked.fields, visit, today, self._pages.months())
        except Refused as refused:
            return self._details(asked, visit, start, slot, ticket, refused.errors)
        if isinstance(slot, Taken):
            return self._details(asked, visit, start, slot, ticket, {})
        request = Request(identity, visit.id, rfc3339(start), asked.language, self._rooms.number())
        keys = [recipient.key for recipient in practice.sealed_to]
        envelope = to_text(seal(request.to_json(), keys))
        return self._page(
            asked,
            "confirm.html",
            self._say(asked, _("Confirm your visit")),
            chosen=self._pages.chosen(asked.language, visit, start),
            hidden={**self._kept(asked, "visit", "start", "ticket"), "envelope": envelope},
        )

    def _receipt(self, asked: Asked, visit: Visit, booked: Booked) -> Response:
        requested = booked.booking.state is State.REQUESTED
        heading = _("Your request has been received") if requested else _("Your visit is booked")
        waiting = _("The practice will phone you to confirm.")
        return self._page(
            asked,
            "receipt.html",
            self._say(asked, heading),
            201 if booked.new else 200,
            heading=self._say(asked, heading),
            booked=self._pages.booked(asked.language, booked.booking.slot, visit),
            next=self._say(asked, waiting) if requested else "",
            preparation="" if visit.discreet else visit.preparation[asked.language],
            code=booked.code,
            manage=self._pages.link(asked.language, "gerer"),
        )

    def _booked(self, asked: Asked, booking: Booking, heading: str) -> Response:
        cancelled = booking.state is State.CANCELLED
        heading = self._say(asked, _("Your visit is cancelled") if cancelled else heading)
        changeable = may_change(booking.slot.start, self._rooms.practice, asked.now)
        return self._page(
            asked,
            "booked.html",
            heading,
            heading=heading,
            booked=self._pages.booked(
                asked.language, booking.slot, self._rooms.practice.visit(asked.get("visit"))
            ),
            hidden=self._kept(asked, "manage"),
            changeable=changeable and not cancelled,
            late=not (changeable or cancelled),
            phone=self._pages.phone(asked.language),
            again=cancelled,
        )

    def _page(
        self, asked: Asked, fragment: str, title: str, status: int = 200, **told: Any
    ) -> Response:
        """A page that Back finds again; only a receipt, which names a visit, is `no-store`."""
        discreet = self._discreet(asked)
        text = self._pages.page(asked.language, fragment, title, discreet=discreet, **told)
        receipt = fragment in ("receipt.html", "booked.html")
        cache = "no-store" if receipt else "private, no-cache"
        return Response(text, status, {"Cache-Control": cache}, "text/html")

    def _discreet(self, asked: Asked) -> bool:
        """Whether the visit is; of a booking seen again nobody knows: it may be."""
        practice = self._rooms.practice
        visit = practice.visit(asked.get("visit"))
        return visit.discreet if visit else practice.discreet and bool(asked.get("manage"))

    def _say(self, asked: Asked, message: str, **values: object) -> str:
        return self._pages.say(asked.language, message, **values)

    def _error(self, asked: Asked, title: str) -> str:
        return f"{self._say(asked, _('Error:'))} {self._say(asked, title)}"

    def _kept(self, asked: Asked, *names: str) -> dict[str, str]:
        """The fields a page hands on to the next, and its language."""
        return {
            "lang": asked.language,
            **{name: asked.get(name) for name in names if asked.get(name)},
        }
