"""Opened bookings -> who is reminded by e-mail, whom to call instead, what is written. Pure.

No word that a patient typed gets into a message: it says when, who the doctor is, and whom to
call; and what for only where the facts say so.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from enum import Enum
from uuid import UUID

from icalendar import Calendar, vCalAddress

from booking_endpoint.booking import mark
from booking_endpoint.practice import Practice
from booking_endpoint.words import Language
from desk.agenda import Entry, date_of, entry_of
from desk.calendar_out import Sent, Told, event
from desk.opening import Opened

_ = mark

ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
ADDRESS = re.compile(rf"(?=.{{3,120}}\Z)(?=[^@]{{1,64}}@){ATOM}(?:\.{ATOM})*@(?:{LABEL}\.)+{LABEL}")
"""One address and nothing else (the dot-atoms of RFC 5321): no name, no list, no second line."""


class Why(Enum):
    """Why somebody gets no e-mail, as it is said on the list of whom to call."""

    NOT_ASKED = _("asked for no reminder")
    NO_ADDRESS = _("gave no address that we can write to")
    DISCREET = _("discreet visit: say nothing to anybody else who answers")
    WAITS = _("waits for your yes")
    DOUBT = _("look at this booking in the agenda first")
    PERHAPS = _("perhaps reminded: something failed while it was sent")
    REFUSED = _("the e-mail server refused it")


@dataclass(frozen=True, slots=True)
class Reminded:
    """The last message about a booking. Names nobody."""

    start: int
    end: int
    """UTC seconds, as the message tells them."""
    sequence: int
    cancelled: bool
    sure: bool
    """Whether the server took it; until then it is about to be sent, or perhaps was."""


@dataclass(frozen=True, slots=True, repr=False)
class Mail:
    """One message to one person. Has no repr: an address names somebody."""

    id: str
    to: str
    language: str
    visit: str
    """Empty where the facts do not want it told."""
    about: Reminded
    entry: Entry


@dataclass(frozen=True, slots=True, repr=False)
class Call:
    """Somebody who comes on that day and gets no e-mail."""

    entry: Entry
    why: Why


@dataclass(frozen=True, slots=True, repr=False)
class Plan:
    """What is to be done for a day, in the order of the visits."""

    mails: list[Mail]
    calls: list[Call]
    before: list[Entry]
    """Who was reminded before."""

    @property
    def done(self) -> int:
        return len(self.before)


def plan_for(
    day: date,
    bookings: Iterable[Opened],
    practice: Practice,
    reminded: Mapping[str, Reminded],
    now: int,
) -> Plan:
    """Reminders of a day's visits, and word of every cancelled one that somebody was reminded of.

    What was sent once, or perhaps, is never sent again; a visit that was moved since is another.
    """
    plan = Plan([], [], [])
    for booking in sorted(bookings, key=lambda one: (one.start, one.id)):
        entry, last = entry_of(booking, practice, practice.languages[0]), reminded.get(booking.id)
        if entry.cancelled:
            if last and not last.cancelled and last.start > now and address_of(booking):
                plan.mails.append(mail_of(entry, practice, last, cancelled=True))
        elif date_of(booking, practice) == day and booking.start.timestamp() > now:
            if last and last.start == int(booking.start.timestamp()) and not last.cancelled:
                if last.sure:
                    plan.before.append(entry)
                else:
                    plan.calls.append(Call(entry, Why.PERHAPS))
            elif why := obstacle(entry, practice):
                plan.calls.append(Call(entry, why))
            else:
                plan.mails.append(mail_of(entry, practice, last))
    return plan


def obstacle(entry: Entry, practice: Practice) -> Why | None:
    """Why this patient must not be written to; None where she asked for it and may be.

    Of a visit that the facts no longer name nobody knows whether it is discreet: it is in doubt.
    """
    identity = entry.booking.identity
    if entry.doubt or not practice.visit(identity["visit"]):
        return Why.DOUBT
    if entry.discreet:
        return Why.DISCREET
    if entry.requested:
        return Why.WAITS
    if identity["reminder"] != "yes" or practice.rules.email_reminders == "no":
        return Why.NOT_ASKED
    return None if address_of(entry.booking) else Why.NO_ADDRESS


def address_of(booking: Opened) -> str:
    """The address to write to, if it is one and nothing besides; else nothing."""
    address = booking.identity.get("email", "")
    return address if ADDRESS.fullmatch(address) else ""


def mail_of(
    entry: Entry, practice: Practice, last: Reminded | None, *, cancelled: bool = False
) -> Mail:
    """The message about a visit; a number higher than the last one's, so that it replaces that."""
    booking, identity = entry.booking, entry.booking.identity
    spoken = identity["language"] if identity["language"] in practice.languages else ""
    language = spoken or practice.languages[0]
    visit = practice.visit(identity["visit"])
    tells = practice.rules.email_reminders == "visit" and visit and not visit.discreet
    start, end = int(booking.start.timestamp()), int(booking.end.timestamp())
    if cancelled and last:
        start, end = last.start, last.end
    sequence = last.sequence + 1 if last else 0
    return Mail(
        booking.id,
        address_of(booking),
        language,
        visit.label[language] if visit and tells else "",
        Reminded(start, end, sequence, cancelled, sure=False),
        entry,
    )


def message_of(
    mail: Mail, practice: Practice, language: Language, sender: str, now: int
) -> EmailMessage:
    """The message: plain text, and a calendar file under one UID for good (RFC 5545, RFC 5546).

    Marked as sent by a program (RFC 3834), so that nobody's absence answers it.
    """
    about, say = mail.about, language.say
    start = datetime.fromtimestamp(about.start, practice.zone)
    short = {"day": language.short_day(start.date()), "time": language.time(start)}
    told = {**short, "day": language.day(start.date()), "doctor": practice.doctor.name}
    if about.cancelled:
        subject = say(_("Cancelled: appointment on {day} at {time}"), **short)
        lines = [
            say(_("Your appointment on {day} at {time} with {doctor} is cancelled."), **told),
            say(_("If you did not expect this, please call {phone}."), phone=practice.phone),
            say(_("You receive this because a reminder of it was sent to you.")),
        ]
    else:
        subject = say(_("Appointment on {day} at {time}"), **short)
        lines = [
            say(_("You have an appointment on {day} at {time}, with {doctor}."), **told),
            *([say(_("It is for: {visit}."), visit=mail.visit)] if mail.visit else []),
            say(_("If you cannot come, please call {phone}."), phone=practice.phone),
            say(_("You asked for this reminder when you booked. A program sent it: do not reply.")),
        ]
    message, domain = EmailMessage(policy=SMTP), sender.rpartition("@")[2]
    message["From"] = Address(practice.doctor.name, addr_spec=sender)
    message["To"] = Address(addr_spec=mail.to)
    message["Subject"] = subject
    message["Date"] = format_datetime(datetime.fromtimestamp(now, UTC))
    message["Message-ID"] = f"<{mail.id}.{about.sequence}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n\n".join(lines) + "\n")
    method = "CANCEL" if about.cancelled else "PUBLISH"
    message.add_attachment(
        calendar_of(mail, practice, language, sender, now, method),
        maintype="text",
        subtype="calendar",
        filename="appointment.ics",
        params={"method": method, "charset": "utf-8"},
    )
    message["Content-Language"] = language.code  # last: a part takes what says Content with it
    return message


def calendar_of(
    mail: Mail, practice: Practice, language: Language, sender: str, now: int, method: str
) -> bytes:
    """The visit as an event. Its UID is the booking's id alone: a host's name could tell more."""
    about = mail.about
    title = mail.visit or language.say(_("Appointment"))
    state = "cancelled" if about.cancelled else "confirmed"
    told = Told(about.start, about.end, state, title)
    sent = Sent(about.start, about.end, about.sequence, now, told.digest)
    made, organizer = event(str(UUID(mail.id)), told, sent), vCalAddress(f"mailto:{sender}")
    organizer.params["CN"] = practice.doctor.name
    made["ORGANIZER"] = organizer
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Souspli//Desk//EN")
    calendar.add("method", method)
    calendar.add_component(made)
    content: bytes = calendar.to_ical()
    return content
