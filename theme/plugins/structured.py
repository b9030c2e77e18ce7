"""Facts for machines: schema.org in JSON-LD. Only terms of the core vocabulary, and no ratings."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from markupsafe import Markup

from booking_endpoint.availability import doors
from booking_endpoint.practice import Place, Practice
from booking_endpoint.timetable import Closure, Hours, Stretch, Weeks
from theme.plugins.doorsign import clock, on_site, prices
from theme.plugins.heads import Head

SCHEMA = "https://schema.org"
PAYMENT = {"card": "Credit Card", "cheque": "Cheque", "cash": "Cash", "transfer": "Bank transfer"}


def as_script(value: dict[str, Any]) -> Markup:
    """JSON that can stand inside a script element: no `<` ever ends it early."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704 -- as the docstring says


def identity(practice: Practice, origin: str) -> str:
    """The one name of the doctor for machines, the same on every page."""
    return f"{origin}/#doctor"


def physician(practice: Practice, code: str, origin: str) -> Markup:
    """The doctor and the practice, in one language."""
    doctor, door = practice.doctor, practice.places[0]
    amounts = [amount for price in prices(practice) for amount in (price.least, price.most)]
    return as_script(
        {
            "@context": SCHEMA,
            "@type": "Physician",
            "@id": identity(practice, origin),
            "name": doctor.name,
            "description": doctor.specialty[code],
            "medicalSpecialty": f"{SCHEMA}/{doctor.schema_specialty}",
            "url": f"{origin}/",
            "telephone": door.phone,
            "address": [address(place) for place in practice.places],
            "geo": {
                "@type": "GeoCoordinates",
                "latitude": float(door.latitude),
                "longitude": float(door.longitude),
            },
            "identifier": {"@type": "PropertyValue", "propertyID": "RPPS", "value": doctor.rpps},
            "knowsLanguage": list(doctor.spoken),
            "currenciesAccepted": "EUR",
            "paymentAccepted": ", ".join(PAYMENT[way] for way in practice.payment.methods),
            "priceRange": f"{min(amounts):.0f}–{max(amounts):.0f} EUR",
            "openingHoursSpecification": [
                weekly(hours) for hours in on_site(practice.hours) if sayable(hours)
            ],
            "specialOpeningHoursSpecification": [
                *(closed(closure) for closure in practice.closures if closure.whole),
                *extra_days(practice),
            ],
        }
    )


def address(place: Place) -> dict[str, str]:
    return {
        "@type": "PostalAddress",
        "streetAddress": place.street,
        "postalCode": place.postcode,
        "addressLocality": place.town,
        "addressCountry": place.country,
    }


def sayable(hours: Hours) -> bool:
    """Whether schema.org has words for these hours: it knows no odd, even or second weeks."""
    return hours.weeks is Weeks.EVERY and hours.every_second_from is None


def weekly(hours: Hours) -> dict[str, str]:
    day = {"dayOfWeek": f"{SCHEMA}/{hours.weekday.name.title()}"}
    return {**opening(hours, hours.first, hours.last), **day}


def opening(stretch: Stretch, first: date, last: date) -> dict[str, str]:
    """Opening times, with the dates between which they hold, where there are any."""
    return {
        "@type": "OpeningHoursSpecification",
        "opens": clock(stretch.opens),
        "closes": clock(stretch.closes),
        **({"validFrom": first.isoformat()} if first > date.min else {}),
        **({"validThrough": last.isoformat()} if last < date.max else {}),
    }


def closed(closure: Closure) -> dict[str, str]:
    """To schema.org, a day is closed that opens and closes at midnight."""
    return {
        "@type": "OpeningHoursSpecification",
        "opens": "00:00",
        "closes": "00:00",
        "validFrom": closure.first.isoformat(),
        "validThrough": closure.last.isoformat(),
    }


def extra_days(practice: Practice) -> Iterator[dict[str, str]]:
    """Days with extra openings, whole: to schema.org, what is special replaces the week's hours."""
    for day in sorted({one.day for one in on_site(practice.openings)}):
        for stretch in sorted(on_site(doors(day, practice)), key=lambda one: one.opens):
            yield opening(stretch, day, day)


def medical_page(practice: Practice, head: Head, url: str, origin: str) -> Markup:
    """An article: when it was written and reviewed, by whom, from what."""
    return as_script(
        {
            "@context": SCHEMA,
            "@type": "MedicalWebPage",
            "name": head.title,
            "description": head.summary,
            "url": url,
            "inLanguage": head.lang,
            "datePublished": head.published.isoformat() if head.published else None,
            "lastReviewed": head.reviewed.isoformat() if head.reviewed else None,
            "author": {"@type": "Person", "name": head.author},
            "reviewedBy": {
                "@type": "Physician",
                "@id": identity(practice, origin),
                "name": practice.doctor.name,
            },
            "citation": [source.url for source in head.sources],
        }
    )
