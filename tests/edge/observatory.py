"""What the HTTP Observatory of MDN would score: its twelve rules, as far as they concern us.

After its published tables (version 5 of its algorithm), said anew in a page of Python. A site
starts at 100; what is missing costs points, and only from 90 on does what is well done add any.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser

HALF_A_YEAR = 15_768_000
"""Seconds (HSTS)."""

PRIVATE = ("no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin")
KINDS = ("script-src", "object-src", "style-src")
UNSAFE = re.compile(r"'unsafe-|\b(?:https?|data|blob|\*):?(?:\s|;|$)|\*")


@dataclass(frozen=True)
class Seen:
    """One answer of a site over HTTPS, and what plain HTTP answers."""

    headers: Mapping[str, str]
    """By names in small letters."""
    page: str
    from_http: tuple[int, str]
    """Status and `Location` there."""


def score(seen: Seen) -> int:
    """Points, as a grade is made of them: 100 and more is A+."""
    points = dict(rules(seen))
    least = 100 + sum(value for value in points.values() if value < 0)
    bonus = sum(value for value in points.values() if value > 0)
    return least + bonus if least >= 90 else max(least, 0)


def rules(seen: Seen) -> Iterator[tuple[str, int]]:
    headers = seen.headers
    yield "policy", of_policy(headers.get("content-security-policy", ""))
    yield "cookies", 0 if "set-cookie" not in headers else -20
    yield "sharing", -50 if headers.get("access-control-allow-origin") == "*" else 0
    yield "redirection", of_redirection(*seen.from_http)
    yield "referrer", 5 if headers.get("referrer-policy") in PRIVATE else 0
    yield "transport", of_transport(headers.get("strict-transport-security", ""))
    yield "integrity", of_scripts(LexborHTMLParser(seen.page))
    yield "types", 0 if headers.get("x-content-type-options") == "nosniff" else -5
    yield "frames", of_frames(headers)
    yield "resources", 10 if is_own(headers, "cross-origin-resource-policy") else 0
    yield "openers", 10 if is_own(headers, "cross-origin-opener-policy") else 0
    isolated = headers.get("cross-origin-embedder-policy") in ("require-corp", "credentialless")
    yield "embedding", 10 if isolated else 0


def is_own(headers: Mapping[str, str], name: str) -> bool:
    return headers.get(name) in ("same-origin", "same-site")


def of_policy(policy: str) -> int:
    rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))
    if not policy:
        return -25
    default = rules.get("default-src", "*")
    loose = {name for name in KINDS if UNSAFE.search(rules.get(name, default))}
    if loose - {"style-src"}:
        return -20
    return 0 if loose else 10 if default == "'none'" else 5


def of_redirection(status: int, location: str) -> int:
    if status not in (301, 302, 307, 308):
        return -20
    return 0 if location.startswith("https://") else -20


def of_transport(value: str) -> int:
    """Being on the browsers' list would add five; we do not ask for it."""
    found = re.search(r"max-age=(\d+)", value)
    if not found:
        return -20
    return 0 if int(found[1]) >= HALF_A_YEAR else -10


def of_frames(headers: Mapping[str, str]) -> int:
    if "frame-ancestors" in headers.get("content-security-policy", ""):
        return 5
    return 0 if headers.get("x-frame-options", "").upper() in ("DENY", "SAMEORIGIN") else -20


def of_scripts(page: LexborHTMLParser) -> int:
    scripts = [one.attributes for one in page.css("script[src]")]
    if any(re.match(r"(?:https?:)?//", one["src"] or "") for one in scripts):
        return -5 if all("integrity" in one for one in scripts) else -50
    return 5 if scripts and all("integrity" in one for one in scripts) else 0
