"""The desk between two answers: locked or not, how a page is made of it, how a form is read."""

from collections.abc import Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from babel import Locale
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from booking_endpoint.envelope import fingerprint
from booking_endpoint.instants import MINUTE, instant
from booking_endpoint.markup import say, templates
from booking_endpoint.timetable import Wall
from booking_endpoint.words import OWN_WORDS, read_language
from desk.acts import Act
from desk.agenda import Entry, entry_of, extra_of, read_date
from desk.keyring import unlock_all
from desk.opening import Listing, Opened, moment
from desk.session import Place, Ring, Session

HERE = Path(__file__).parent


class Desk:
    """One doctor at one desk: locked until the passphrase came, and again when nobody is there."""

    def __init__(self, place: Place, pems: list[bytes], token: str, idle_minutes: int) -> None:
        self.place, self.practice, self._pems = place, place.practice, pems
        self.token, self._idle = token, idle_minutes * MINUTE
        self._touched = 0.0
        self.session: Session | None = None
        self.paused = False
        self.published = {fingerprint(one.key) for one in place.practice.recipients}
        self.language = read_language(place.practice.languages[0], OWN_WORDS, HERE / "translations")
        self._templates = templates(HERE / "templates")

    def unlock(self, passphrase: str) -> None:
        """Begin a session; raises BadKey."""
        ring = Ring(*unlock_all(self._pems, passphrase))
        self.lock()
        self.session = Session(self.place, ring)
        self.touch()

    def lock(self) -> None:
        """Forget the keys and everything that was opened with them."""
        if self.session:
            self.session.close()
        self.session = None

    def touch(self) -> None:
        """Somebody is there."""
        self._touched = self.place.clock()

    def sitting(self) -> Session | None:
        """The session, unless nobody was there for too long: then the desk locks itself."""
        if self.session and self.place.clock() - self._touched > self._idle:
            self.lock()
        return self.session

    # --- answers -------------------------------------------------------------------------------

    def page(self, template: str, status: int = 200, **told: Any) -> Response:
        text = self._templates.get_template(template).render(
            _=lambda message, **values: say(self.language, message, **values),
            language=self.language,
            names=Locale(self.language.code).languages,
            practice=self.practice,
            base=f"/{self.token}",
            now=self.place.now(),
            **told,
        )
        return Response(text, status, media_type="text/html")

    def locked_page(self, status: int = 200) -> Response:
        return self.page("locked.html", status, wrong=status != 200)

    def wait_page(self, why: str) -> Response:
        """Instead of what would be wrong now; `why` is a message."""
        return self.page("wait.html", 503, why=why)

    def back(self, fields: Mapping[str, str], did: str = "") -> Response:
        """To the agenda, where the form was; with what was done, if something was."""
        place = read_place(fields)
        did = f"{'&' if place else '?'}did={did}" if did else ""
        return RedirectResponse(f"/{self.token}/{place}{did}", 303)

    # --- what forms mean -----------------------------------------------------------------------

    def find(self, fields: Mapping[str, str]) -> Opened | None:
        """The booking asked for, if it is known here."""
        session = self.session
        bookings = session.listing.bookings if session else ()
        return next((one for one in bookings if one.id == fields.get("id")), None)

    def entry(self, booking: Opened) -> Entry:
        offered = self.session.listing.offered if self.session else ()
        return entry_of(booking, self.practice, self.language.code, extra_of(offered))

    def who(self, session: Session, act: Act) -> str:
        """Whom an act is about; nobody for a closure, or where it cannot be read."""
        return session.book.identity(act).get("name", "")

    def standing(self, listing: Listing, act: Act) -> Entry | None:
        """How the booking that an act is about stands now."""
        found = (one for one in listing.bookings if one.id == act.get("id"))
        return next(map(self.entry, found), None)

    def times(self, act: Act) -> tuple[datetime, datetime]:
        """The time an act is about, on the practice's own clock."""
        told = act.get("wanted", act)
        return self.local(told["start"]), self.local(told["end"])

    def local(self, instant_text: str) -> datetime:
        """An instant of the interface on the practice's own clock."""
        return moment(instant_text).astimezone(self.practice.zone)

    def clock_of(self, seconds: float) -> datetime:
        """A moment in UTC seconds on the practice's own clock."""
        return datetime.fromtimestamp(seconds, self.practice.zone)

    def instant_of(self, day: str, clock: str) -> datetime | None:
        """A day and a time of the door; None for what is none, or what the clocks skip."""
        at = read_day(day)
        try:
            hour = time.fromisoformat(clock)
        except ValueError:
            return None
        if at is None or hour.tzinfo or hour.second or hour.microsecond:
            return None
        found = instant(at, Wall(hour.hour * 60 + hour.minute), self.practice.zone)
        return None if found is None else datetime.fromtimestamp(found, self.practice.zone)


def read_day(text: str) -> date | None:
    """A day with a month on either side of it; None for any other text."""
    day = read_date(text)
    return day if day and 2000 < day.year < 2999 else None


def read_view(fields: Mapping[str, str]) -> str:
    view = fields.get("view", "")
    return view if view in ("day", "month") else "week"


def read_place(fields: Mapping[str, str]) -> str:
    """Where in the agenda a form was, as the query of an address: a day and a view, or nothing."""
    day = read_day(fields.get("day", ""))
    return f"?day={day}&view={read_view(fields)}" if day else ""


async def read_form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
