"""What the facts ask somebody to look at: by themselves, or as the days go by. Knows no clock."""

from collections.abc import Iterator
from datetime import date, timedelta

from booking_endpoint.mistakes import Mistake, to_writer
from booking_endpoint.practice import Practice

LOOK = to_writer("Please look at [legal] {what}")
SOON, YEAR = timedelta(days=30), timedelta(days=366)


def doubts(practice: Practice) -> Iterator[Mistake]:
    """What stays in doubt whatever the day, said at each build."""
    legal = practice.legal
    if why := legal.rationale:
        message = to_writer(
            "{hosts} is not declared as certified for health data (HDS). No authority has said that"
            " sealing settles this. Your reasons are of {day}, advised by {adviser}; a certified"
            " host needs none."
        )
        hosts = ", ".join(host.name for host in legal.hosts_of("booking"))
        told = {"hosts": hosts, "day": why.dated, "adviser": why.adviser}
        yield Mistake(message, 0, "hosting_mode", **told)
    if legal.certificate and legal.certificate.version == "1.1":
        message = to_writer("since 16 May 2026 a host should hold version 2.0; ask yours")
        yield Mistake(message, 0, "hds_version")


def reminders(practice: Practice, today: date) -> Iterator[Mistake]:
    """What has run out on this day, or soon will."""
    legal = practice.legal
    if legal.security_expires is None:
        message = to_writer("is missing; with a date, security.txt says where to report a fault")
        yield Mistake(message, 0, "security_expires")
    else:
        yield from running_out("security_expires", legal.security_expires, today)
        if legal.security_expires - today > YEAR:
            message = to_writer("{last} is over a year away; RFC 9116 wants less")
            yield Mistake(message, 0, "security_expires", last=legal.security_expires)
    if legal.certificate:
        yield from running_out("hds_expires", legal.certificate.expires, today)
    if legal.rationale and today - legal.rationale.dated > YEAR:
        message = to_writer("{day} is over a year ago; think it over again")
        yield Mistake(message, 0, "hds_rationale_date", day=legal.rationale.dated)


def running_out(key: str, last: date, today: date) -> Iterator[Mistake]:
    if last <= today:
        yield Mistake("{last} is past; renew it", 0, key, last=last)
    elif last - today < SOON:
        yield Mistake("{last} is near; renew it", 0, key, last=last)
