"""One text -> one checked value. Each raises Mistake with what to write instead."""

import re
from zoneinfo import ZoneInfo

from booking_endpoint.envelope import BadKey, check_key
from booking_endpoint.mistakes import Mistake, to_writer
from booking_endpoint.timetable import CELL_MINUTES, Wall

NO_POINT = to_writer("is not a P-256 point: 65 bytes in base64url, as `invoke keys` writes it")
NO_HYBRID = to_writer("is not a hybrid half: 1,216 bytes in base64url, as `invoke keys` writes it")


def read_zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise Mistake("'{name}' is not a time zone such as Europe/Paris", name=name) from None


def read_rpps(text: str) -> str:
    """Eleven digits of which the last is a Luhn key, as in the national register (RPPS)."""
    digits = [int(sign) for sign in text if sign.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    if len(text) != 11 or len(digits) != 11 or (sum(doubled) + sum(digits[-1::-2])) % 10:
        message = to_writer("'{text}' is not an RPPS number: 11 digits, the last one a check digit")
        raise Mistake(message, text=text)
    return text


def read_wall(text: str) -> Wall:
    """A time on the door, 00:00 to 24:00, in steps of five minutes."""
    match = re.fullmatch(r"(\d\d):(\d\d)", text)
    minutes = int(match[1]) * 60 + int(match[2]) if match and int(match[2]) < 60 else -1
    if not 0 <= minutes <= 24 * 60 or minutes % CELL_MINUTES:
        raise Mistake("'{text}' is not a time such as 09:00, in steps of five minutes", text=text)
    return Wall(minutes)


def read_prefix(text: str) -> str:
    if not re.fullmatch(r"(/[a-z0-9-]+)+", text):
        raise Mistake("'{text}' is not an address prefix such as /rdv", text=text)
    return text


def read_address(text: str) -> str:
    if not re.fullmatch(r"https://[a-z0-9-]+(\.[a-z0-9-]+)+(/[!-~]*)?", text):
        raise Mistake("'{text}' is not an address such as https://meteofrance.com/", text=text)
    return text


def read_origin(text: str) -> str:
    """Scheme, host and port, as a browser names them in `Origin`; plain HTTP to try it here."""
    origin = text.rstrip("/")
    if not re.fullmatch(
        r"https://[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?|http://127\.0\.0\.\d+:\d+", origin
    ):
        message = to_writer("'{text}' is not the address of a host such as https://rdv.example.fr")
        raise Mistake(message, text=text)
    return origin


def read_country(text: str) -> str:
    if not re.fullmatch(r"[A-Z]{2}", text):
        raise Mistake("'{text}' is not a country code such as FR", text=text)
    return text


def read_key(text: str) -> str:
    """A public key as a recipient's facts have it; the Mistake says which half is none."""
    try:
        check_key(text)
    except BadKey:
        raise Mistake(NO_HYBRID if "." in text else NO_POINT) from None
    return text
