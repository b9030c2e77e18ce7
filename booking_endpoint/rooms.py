"""The steps every answer is made of, for one practice. Knows no HTTP; clock and chance come in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from booking_endpoint import availability as calendar
from booking_endpoint.availability import Busy
from booking_endpoint.booking import mark as _
from booking_endpoint.booking import may_change
from booking_endpoint.envelope import read_envelope
from booking_endpoint.instants import DAY, Slot, day_of, parse_instant
from booking_endpoint.limits import NOBODY, Limits, TooMany
from booking_endpoint.practice import Practice, Visit
from booking_endpoint.store import Booking, Claim, State, Store
from booking_endpoint.tickets import TRIES, BadTicket, Tickets
from booking_endpoint.web import Problem

MOST_DAYS = 31

Clock = Callable[[], float]
Randomness = Callable[[int], bytes]


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """One request, read at the door. Has no repr: the fields may hold a name."""

    fields: Mapping[str, str]
    language: str
    now: int
    network: bytes = NOBODY

    def get(self, name: str) -> str:
        return self.fields.get(name, "")

    def need(self, name: str) -> str:
        if not self.get(name):
            raise Problem(422, "field", _("This request is not complete."), field=name)
        return self.fields[name]


@dataclass(frozen=True, slots=True)
class Taken:
    """The time is gone: what is free nearest to it."""

    nearest: list[Slot]


@dataclass(frozen=True, slots=True)
class Booked:
    """A slot is taken for this patient; `new` unless the same ticket came before."""

    booking: Booking
    code: str
    new: bool


class Rooms:
    """Practice, tickets and store, and what is done with them in which order."""

    def __init__(
        self, practice: Practice, tickets: Tickets, store: Store, randomness: Randomness
    ) -> None:
        self.practice, self.tickets, self.store = practice, tickets, store
        self.limits = Limits(practice.rules, randomness)
        self._randomness = randomness

    # --- what was asked for ------------------------------------------------------------------

    def visit(self, asked: Asked) -> Visit:
        visit = self.practice.visit(asked.get("visit"))
        if visit is None:
            raise Problem(404, "visit", _("Select what the visit is for."), field="visit")
        return visit

    def start(self, asked: Asked) -> int:
        """The chosen time, in UTC seconds."""
        try:
            return parse_instant(asked.get("start"))
        except ValueError:
            raise Problem(422, "start", _("Choose a time."), field="start") from None

    def window(self, asked: Asked) -> list[date]:
        """The days asked for: a week from today on, unless the question says otherwise."""
        today = day_of(asked.now, self.practice.zone)
        try:
            first = date.fromisoformat(asked.get("from") or today.isoformat())
            count = int(asked.get("days") or 7)
            days = [first + timedelta(days=offset) for offset in range(min(count, MOST_DAYS + 1))]
        except (ValueError, OverflowError):
            raise Problem(422, "date", _("This is not a date."), field="from") from None
        if not 1 <= len(days) <= MOST_DAYS:
            raise Problem(422, "days", _("Ask for 1 to 31 days."), field="days")
        return days

    async def booking(self, asked: Asked) -> Booking:
        """The booking a manage ticket or code stands for; one answer for all that is not there."""
        if not asked.get("manage"):
            raise Problem(422, "code", _("Enter the code on your receipt."), field="manage")
        try:
            booking = await self.store.booking(self.tickets.find(asked.get("manage")))
        except BadTicket:
            raise unknown_booking() from None
        if booking is None:
            raise unknown_booking()
        return booking

    # --- what is free ------------------------------------------------------------------------

    async def busy(self, now: int, but: Booking | None = None) -> Busy:
        """What is taken up to the horizon; a booking does not stand in its own way.

        From two days ago on: where the practice's day began, the rule against crumbs begins.
        """
        until = now + (self.practice.furthest_days + 1) * DAY
        own, counting = but.id if but else b"", bool(self.practice.caps)
        return await self.store.busy(now - 2 * DAY, until, own, counting=counting)

    async def offered(
        self, visit: Visit, start: int, now: int, but: Booking | None = None
    ) -> Slot | Taken:
        """The slot that starts then, if it is on offer now; else what is, nearest to it."""
        busy = await self.busy(now, but)
        slot = calendar.offered_at(start, self.practice, visit, busy, now)
        return slot or Taken(calendar.nearest(start, self.practice, visit, busy, now))

    def likely(self, visit: Visit, start: int, now: int) -> Slot | None:
        """The slot, if it was free when somebody last looked: who writes it looks once more.

        Not where a time may be refused for the gap it leaves, which only a fresh look can tell.
        """
        busy = None if self.practice.rules.no_crumbs else self.store.glance()
        return calendar.offered_at(start, self.practice, visit, busy, now) if busy else None

    # --- what is done ------------------------------------------------------------------------

    def script_ticket(self, asked: Asked) -> dict[str, object]:
        """A ticket and the work asked for it, which is dearer while many are asked for."""
        dearer = self.limits.ask_ticket(asked.network, asked.now)
        counter = int.from_bytes(self._randomness(4), "big") % (TRIES * dearer)
        ticket, challenge = self.tickets.script(self._randomness(16), counter, asked.now)
        return {"ticket": ticket, "challenge": challenge}

    def form_ticket(self, asked: Asked) -> str:
        self.limits.ask_ticket(asked.network, asked.now)
        return self.tickets.form(self._randomness(16), asked.now)

    def number(self) -> str:
        """A random number in hexadecimal, for an envelope sealed here."""
        return self._randomness(16).hex()

    async def book(self, asked: Asked, proof: str) -> Booked | Taken:
        """Check everything, then take the slot. The same ticket again: the same answer."""
        visit, start = self.visit(asked), self.start(asked)
        nonce = self.tickets.redeem(asked.need("ticket"), proof, asked.now)
        envelope = read_envelope(asked.need("envelope"))
        codes = {handle.id: handle.code for handle in self.tickets.handles(nonce)}
        slot = self.likely(visit, start, asked.now) or await self.offered(visit, start, asked.now)
        if isinstance(slot, Taken):
            return await self.earlier(codes) or slot
        try:
            claim, booking = await self.claim(asked, list(codes), visit, slot, envelope)
        except TooMany:  # perhaps by this very booking, whose answer got lost
            if earlier := await self.earlier(codes):
                return earlier
            raise
        if claim is Claim.TAKEN:
            return await self.gone(visit, start, asked.now)
        return Booked(booking, codes[booking.id], new=claim is Claim.GRANTED)

    async def earlier(self, codes: Mapping[bytes, str]) -> Booked | None:
        """What the same ticket has booked before."""
        booking = await self.store.booking(list(codes))
        return Booked(booking, codes[booking.id], new=False) if booking else None

    async def claim(
        self, asked: Asked, ids: list[bytes], visit: Visit, slot: Slot, envelope: bytes
    ) -> tuple[Claim, Booking]:
        """Take a slot that is on offer, within what one network and one day may book."""
        waits = visit.approval or self.limits.under_attack(asked.now)
        state = State.REQUESTED if waits else State.CONFIRMED
        moved, claim = bool(asked.get("moved")), Claim.TAKEN
        self.limits.claim(asked.network, asked.now)
        try:
            cells = slot.cells(visit.before, visit.after)
            limits = calendar.limits(slot, self.practice, visit)
            beyond = not calendar.within_hours(slot, self.practice, visit)
            claim, booking = await self.store.book(
                ids, slot, cells, state, envelope, moved, limits, beyond=beyond
            )
        finally:
            if claim is not Claim.GRANTED:
                self.limits.give_back(asked.network, asked.now)
        if claim is Claim.GRANTED:
            self.limits.booked(asked.now)
        return claim, booking

    async def move(self, asked: Asked, booking: Booking, proof: str) -> Booking | Taken:
        """Take the new time and release the old in one step, or keep the old."""
        visit, start = self.visit(asked), self.start(asked)
        self.tickets.redeem(asked.need("ticket"), proof, asked.now)
        slot = await self.offered(visit, start, asked.now, booking)
        if isinstance(slot, Taken):
            return slot
        cells = slot.cells(visit.before, visit.after)
        limits = calendar.limits(slot, self.practice, visit)
        beyond = not calendar.within_hours(slot, self.practice, visit)
        moved = await self.store.move(booking.id, slot, cells, limits, beyond=beyond)
        if moved is None:
            raise unknown_booking()
        if moved[0] is Claim.TAKEN:
            return await self.gone(visit, start, asked.now, booking)
        return moved[1]

    async def cancel(self, booking: Booking, now: int) -> Booking:
        """Cancel; a visit that is cancelled already stays so."""
        if booking.state is State.CANCELLED:
            return booking
        self.check_change(booking, now)
        return await self.store.cancel(booking.id) or booking

    def check_change(self, booking: Booking, now: int) -> None:
        if booking.state is State.CANCELLED:
            raise unknown_booking()
        if not may_change(booking.slot.start, self.practice, now):
            raise Problem(
                403, "late", _("It is too late to change this visit online. Please call {phone}.")
            )

    async def gone(self, visit: Visit, start: int, now: int, but: Booking | None = None) -> Taken:
        """Somebody was faster between our look and our write: what is left near that time."""
        busy = await self.busy(now, but)
        return Taken(calendar.nearest(start, self.practice, visit, busy, now))


def unknown_booking() -> Problem:
    return Problem(
        404,
        "unknown",
        _("We do not find this visit. Check the code on your receipt, or call {phone}."),
        field="manage",
    )
