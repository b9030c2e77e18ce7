"""What the facts ask somebody to look at: by themselves, or as the days go by. Knows no clock."""

from collections.abc import Iterator
from datetime import date, timedelta

from booking_endpoint.practice import Practice

SOON, YEAR = timedelta(days=30), timedelta(days=366)


def doubts(practice: Practice) -> Iterator[str]:
    """What stays in doubt whatever the day, said at each build."""
    legal = practice.legal
    if why := legal.rationale:
        hosts = ", ".join(host.name for host in legal.hosts_of("booking"))
        yield (
            f"hosting_mode: {hosts} is not declared as certified for health data (HDS). No"
            f" authority has said that sealing settles this. Your reasons are of {why.dated},"
            f" advised by {why.adviser}; a certified host needs none."
        )
    if legal.certificate and legal.certificate.version == "1.1":
        yield "hds_version: since 16 May 2026 a host should hold version 2.0; ask yours"


def reminders(practice: Practice, today: date) -> Iterator[str]:
    """What has run out on this day, or soon will."""
    legal = practice.legal
    if legal.security_expires is None:
        yield "security_expires: is missing; with a date, security.txt says where to report a fault"
    else:
        yield from running_out("security_expires", legal.security_expires, today)
        if legal.security_expires - today > YEAR:
            last = legal.security_expires
            yield f"security_expires: {last} is over a year away; RFC 9116 wants less"
    if legal.certificate:
        yield from running_out("hds_expires", legal.certificate.expires, today)
    if legal.rationale and today - legal.rationale.dated > YEAR:
        yield f"hds_rationale_date: {legal.rationale.dated} is over a year ago; think it over again"


def running_out(key: str, last: date, today: date) -> Iterator[str]:
    if last <= today:
        yield f"{key}: {last} is past; renew it"
    elif last - today < SOON:
        yield f"{key}: {last} is near; renew it"
