"""One text -> one checked value. Each raises ValueError with what to write instead."""

import re
from zoneinfo import ZoneInfo

from booking_endpoint.envelope import BadKey, check_key
from booking_endpoint.timetable import CELL_MINUTES, Wall


def read_zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise ValueError(f"{name!r} is not a time zone such as Europe/Paris") from None


def read_rpps(text: str) -> str:
    """Eleven digits of which the last is a Luhn key, as in the national register (RPPS)."""
    digits = [int(sign) for sign in text if sign.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    if len(text) != 11 or len(digits) != 11 or (sum(doubled) + sum(digits[-1::-2])) % 10:
        raise ValueError(f"{text!r} is not an RPPS number: 11 digits, the last one a check digit")
    return text


def read_wall(text: str) -> Wall:
    """A time on the door, 00:00 to 24:00, in steps of five minutes."""
    match = re.fullmatch(r"(\d\d):(\d\d)", text)
    minutes = int(match[1]) * 60 + int(match[2]) if match and int(match[2]) < 60 else -1
    if not 0 <= minutes <= 24 * 60 or minutes % CELL_MINUTES:
        raise ValueError(f"{text!r} is not a time such as 09:00, in steps of five minutes")
    return Wall(minutes)


def read_prefix(text: str) -> str:
    if not re.fullmatch(r"(/[a-z0-9-]+)+", text):
        raise ValueError(f"{text!r} is not an address prefix such as /rdv")
    return text


def read_address(text: str) -> str:
    if not re.fullmatch(r"https://[a-z0-9-]+(\.[a-z0-9-]+)+(/[!-~]*)?", text):
        raise ValueError(f"{text!r} is not an address such as https://meteofrance.com/")
    return text


def read_country(text: str) -> str:
    if not re.fullmatch(r"[A-Z]{2}", text):
        raise ValueError(f"{text!r} is not a country code such as FR")
    return text


def read_key(text: str) -> str:
    """A public key as a recipient's facts have it; a ValueError says which half is none."""
    try:
        check_key(text)
    except BadKey:
        wanted = "a hybrid half: 1,216 bytes" if "." in text else "a P-256 point: 65 bytes"
        raise ValueError(f"is not {wanted} in base64url, as `invoke keys` writes it") from None
    return text
