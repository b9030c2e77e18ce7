"""How a server is, for who keeps it: what is wrong first, each with what to do. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from typing import Any

Told = Mapping[str, Any]

CERTIFICATE = 4, 15
"""Days left below which it is red, and amber: a certificate of 45 days is renewed before that."""
BACKUP = 8, 2
"""Days since the last one above which it is red, and amber."""
LOCK_FILE = 180, 60
"""Days since the endpoint's packages were last looked through."""
CLOCK = 60, 5
"""Seconds between both clocks."""
FREE = 5, 15
"""Hundredths of the disk that are free, below which."""
AT_WORK = 3600
"""Seconds after which somebody who publishes has probably been cut off."""


class Light(IntEnum):
    """In the order in which they are read."""

    RED = 0
    AMBER = 1
    GREEN = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    light: Light
    name: str
    what: str
    to_do: str = ""

    def line(self) -> str:
        sign = {Light.RED: "!!", Light.AMBER: "! ", Light.GREEN: "  "}[self.light]
        arrow = f"\n     -> {self.to_do}" if self.to_do and self.light != Light.GREEN else ""
        return f"{sign} {self.name}: {self.what}{arrow}"


def judge(told: Told, now: datetime) -> list[Finding]:
    """All findings, red first. `now` is this machine's, in UTC, as the server was asked."""
    found = [
        release(told),
        *bookings(told, now),
        certificate(told["certificate"], now),
        disk(told["disk"]),
        *updates(told["updates"], told["reboot"]),
        *at_work(told["lock"], now),
        *lock_file(told["release"], now.date()),
        clock(told["now"], now),
    ]
    return sorted(found, key=lambda one: one.light)


def graded(value: float, limits: tuple[float, float]) -> Light:
    """Above the first limit red, above the second amber; the other way round where it sinks."""
    red, amber = limits if limits[0] > limits[1] else (-limits[0], -limits[1])
    grade = value if limits[0] > limits[1] else -value
    return Light.RED if grade > red else Light.AMBER if grade > amber else Light.GREEN


def release(told: Told) -> Finding:
    if told["release"] is None:
        return Finding(Light.RED, "release", "nothing is published", "python3 tasks.py publish")
    name = told["release"]["id"]
    failed = [one for one in told["bad"] if one > name]
    if failed:
        what = f"{name}; {failed[-1]} failed and was taken back"
        return Finding(Light.AMBER, "release", what, "python3 tasks.py logs, then publish again")
    return Finding(Light.GREEN, "release", name)


def bookings(told: Told, now: datetime) -> Iterator[Finding]:
    """Where they are taken, and their last backup; without any there is nothing to lose."""
    if told["endpoint"]:
        yield endpoint(told["endpoint"])
    elif told["release"]:
        yield Finding(Light.GREEN, "endpoint", "none: this practice takes no bookings online")
    if told["endpoint"] or told["backup"]:
        yield backup(told["backup"], now)


def endpoint(told: Told) -> Finding:
    if not told["status"]:
        what, to_do = "does not answer", "python3 tasks.py logs; then rollback, or publish again"
    elif told["running"] != told["wanted"]:
        what, to_do = "another release runs than is served", "publish again: that starts it anew"
    elif told["status"] != 200:
        what = f"answers {told['status']}: its database cannot be used just now"
        to_do = "look at the disk below; python3 tasks.py logs names the error"
    else:
        return Finding(Light.GREEN, "endpoint", "well")
    return Finding(Light.RED, "endpoint", what, to_do)


def certificate(told: Told | None, now: datetime) -> Finding:
    if told is None:
        to_do = "nginx does not run, or has no certificate: begin with bootstrap"
        return Finding(Light.RED, "certificate", "none is shown", to_do)
    days = (datetime.fromisoformat(told["until"]) - now).total_seconds() / 86400
    if days >= 0 and not told["trusted"]:
        to_do = "bootstrap once more with --certbot MAIL, or with one of a known authority"
        what = "browsers warn of it: nobody they know has signed it for this name"
        return Finding(Light.RED, "certificate", what, to_do)
    what = f"{days:.0f} days left" if days >= 0 else f"expired {-days:.0f} days ago"
    to_do = "as root on the server: certbot renew; or give bootstrap a new one"
    return Finding(graded(days, CERTIFICATE), "certificate", what, to_do)


def backup(when: str | None, now: datetime) -> Finding:
    to_do = "today: python3 tasks.py backup"
    if when is None:
        return Finding(Light.RED, "backup", "none was ever made", to_do)
    days = (now - datetime.fromisoformat(when)).total_seconds() / 86400
    return Finding(graded(days, BACKUP), "backup", f"the last one {days:.0f} days ago", to_do)


def disk(told: Told) -> Finding:
    free = 100 * told["free"] / max(told["total"], 1)
    what = f"{told['free'] / 1e9:.1f} GB free, {free:.0f} %"
    return Finding(graded(free, FREE), "disk", what, "make room: bookings stop when it is full")


def updates(waiting: int | None, reboot: bool) -> Iterator[Finding]:
    to_do = "as root on the server: unattended-upgrade"
    if waiting is None:
        yield Finding(Light.AMBER, "updates", "cannot be counted", to_do)
    else:
        light = Light.AMBER if waiting else Light.GREEN
        yield Finding(light, "updates", f"{waiting} waiting", to_do)
    if reboot:
        what = "a restart of the machine is due"
        yield Finding(Light.AMBER, "updates", what, "as root on the server: systemctl reboot")


def at_work(held: Told | None, now: datetime) -> Iterator[Finding]:
    if held:
        seconds = (now - datetime.fromisoformat(held["since"])).total_seconds()
        light = Light.RED if seconds > AT_WORK else Light.AMBER
        what = f"{held['who']} is publishing since {seconds / 60:.0f} minutes"
        yield Finding(light, "at work", what, "wait; one who was cut off is let go after a minute")


def lock_file(told: Told | None, today: date) -> Iterator[Finding]:
    if told and told["locked"]:
        days = (today - date.fromisoformat(told["locked"])).days
        to_do = "bring the kit up to date, then publish"
        yield Finding(
            graded(days, LOCK_FILE), "packages", f"chosen {told['locked']}, {days} days ago", to_do
        )


def clock(server: str, now: datetime) -> Finding:
    seconds = abs((datetime.fromisoformat(server) - now).total_seconds())
    to_do = "one of both clocks is wrong; on the server, as root: timedatectl"
    return Finding(graded(seconds, CLOCK), "clock", f"{seconds:.0f} s apart", to_do)
