"""What can be done to the calendar, as the server's `acts` reads it. Pure.

An act tells what was seen, so that it overwrites nothing; its opposite is an act as well.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from booking_endpoint.instants import rfc3339
from booking_endpoint.practice import Practice, Visit
from desk.opening import Closed, Listing, Offered, Opened, moment

Act = Mapping[str, Any]

OPPOSITES = {"close": "open", "open": "close", "offer": "withdraw", "withdraw": "offer"}
"""Of the acts on hours. Each carries all that its opposite needs."""

KINDS = {"book": "booked", "close": "closed", "open": "reopened"} | {
    "offer": "offered",
    "withdraw": "withdrawn",
}

LAST = 10
"""Deeds that can be undone."""


@dataclass(frozen=True, slots=True, repr=False)
class Deed:
    """What somebody did with one click: one act or several, and what became of each."""

    name: str
    at: int
    acts: tuple[Act, ...]
    outcomes: tuple[str, ...] = ()
    """As the server said; none while it has not been reached."""
    undone: bool = False
    read: bool = False
    """Whether somebody was told what did not succeed."""

    @property
    def waiting(self) -> bool:
        return not self.outcomes

    @property
    def failed(self) -> list[tuple[Act, str]]:
        """The acts that were refused, each with the server's word."""
        pairs = zip(self.acts, self.outcomes, strict=False)
        return [(act, outcome) for act, outcome in pairs if outcome != "done"]

    @property
    def done(self) -> list[Act]:
        pairs = zip(self.acts, self.outcomes, strict=False)
        return [act for act, outcome in pairs if outcome == "done"]

    def on(self, standing: Collection[str]) -> bool:
        """Whether any of its acts is about hours, or a booking that is still there."""
        return any(act.get("id", "") in ("", *standing) for act in self.acts)

    def to_json(self) -> dict[str, Any]:
        return {field: getattr(self, field) for field in self.__slots__}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        lists = {"acts": tuple(told["acts"]), "outcomes": tuple(told["outcomes"])}
        return cls(**{**told, **lists})


def place(start: datetime, end: datetime) -> dict[str, str]:
    """Two instants as the interface writes them."""
    return {"start": rfc3339(int(start.timestamp())), "end": rfc3339(int(end.timestamp()))}


def kept_free(visit: Visit | None) -> dict[str, int]:
    return {"before": visit.before if visit else 0, "after": visit.after if visit else 0}


def put(
    booking: Opened,
    practice: Practice,
    state: str,
    times: tuple[datetime, datetime] | None = None,
) -> Act:
    """Let a booking have this state, and these times if they are others than now."""
    start, end = times or (booking.start, booking.end)
    return {
        "act": "put",
        "id": booking.id,
        "seen": {**place(booking.start, booking.end), "state": booking.state},
        "wanted": {**place(start, end), "state": state},
        **kept_free(practice.visit(booking.identity.get("visit", ""))),
    }


def book(name: str, start: datetime, end: datetime, visit: Visit, envelope: str) -> Act:
    """Take a time for somebody who called; who it is stands in the envelope alone."""
    times = place(start, end)
    return {"act": "book", "id": name, **times, **kept_free(visit), "envelope": envelope}


def close(word: str, start: datetime, end: datetime) -> Act:
    return {"act": "close", "word": word, **place(start, end)}


def offer(word: str, start: datetime, end: datetime, visits: Sequence[str]) -> Act:
    """Offer these hours too, for these visits, or for all."""
    return {"act": "offer", "word": word, **place(start, end), "visits": [*visits]}


def opposite(act: Act) -> Act:
    """The act that leaves everything as it was before this one."""
    match act["act"]:
        case "put":
            return {**act, "seen": act["wanted"], "wanted": act["seen"]}
        case "book":
            times = {"start": act["start"], "end": act["end"]}
            kept = {"before": act["before"], "after": act["after"]}
            seen, wanted = ({**times, "state": word} for word in ("confirmed", "cancelled"))
            return {"act": "put", "id": act["id"], "seen": seen, "wanted": wanted, **kept}
        case word:
            return {**act, "act": OPPOSITES[word]}


def kind(act: Act) -> str:
    """What an act does, in one word, which the page says in the reader's language."""
    if act["act"] != "put":
        return KINDS[act["act"]]
    seen, wanted = act["seen"], act["wanted"]
    match seen["state"], wanted["state"]:
        case "requested", "cancelled":
            return "declined"
        case _, "cancelled":
            return "cancelled"
        case "cancelled", _:
            return "restored"
        case _ if seen["start"] != wanted["start"]:
            return "moved"
        case "requested", "confirmed":
            return "accepted"
        case _:
            return "unaccepted"


def foreseen(listing: Listing, acts: Iterable[Act]) -> Listing:
    """What the server will say once it has done these."""
    bookings = {booking.id: booking for booking in listing.bookings}
    closed = {closure.word: closure for closure in listing.closed}
    offered = {hours.word: hours for hours in listing.offered}
    for act in acts:
        match act["act"]:
            case "put" if act["id"] in bookings:
                before, wanted = bookings[act["id"]], act["wanted"]
                start, end = moment(wanted["start"]), moment(wanted["end"])
                moved = before.moved or start != before.start
                state = wanted["state"]
                bookings[act["id"]] = replace(
                    before, start=start, end=end, state=state, moved=moved
                )
            case "book":
                start, end = moment(act["start"]), moment(act["end"])
                bookings[act["id"]] = Opened(act["id"], start, end, "confirmed", False, {}, "")
            case "close":
                word = act["word"]
                closed[word] = Closed(word, moment(act["start"]), moment(act["end"]))
            case "open":
                closed.pop(act["word"], None)
            case "offer":
                word, times = act["word"], (moment(act["start"]), moment(act["end"]))
                offered[word] = Offered(word, *times, tuple(act["visits"]))
            case "withdraw":
                offered.pop(act["word"], None)
    return Listing([*bookings.values()], [*closed.values()], listing.strange, [*offered.values()])


def told(deeds: Iterable[Deed], outcomes: Mapping[str, Sequence[str]]) -> list[Deed]:
    """The same deeds with what the server has just said of some of them, by their names."""
    return [
        replace(deed, outcomes=tuple(outcomes[deed.name])) if deed.name in outcomes else deed
        for deed in deeds
    ]


def trimmed(deeds: Sequence[Deed]) -> list[Deed]:
    """The last ones, and those that wait or that nobody has been told of."""
    last = {deed.name for deed in deeds[-LAST:]}
    return [
        deed
        for deed in deeds
        if deed.name in last or deed.waiting or (deed.failed and not deed.read)
    ]
