"""Facts for machines: schema.org in JSON-LD. Only terms of the core vocabulary, and no ratings."""

import json
from typing import Any

from markupsafe import Markup

from booking_endpoint.practice import Hours, Place, Practice
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
            "openingHoursSpecification": [opening(hours) for hours in on_site(practice)],
            "specialOpeningHoursSpecification": [
                {
                    "@type": "OpeningHoursSpecification",
                    "validFrom": closure.first.isoformat(),
                    "validThrough": closure.last.isoformat(),
                    "opens": "00:00",
                    "closes": "00:00",
                }
                for closure in practice.closures
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


def opening(hours: Hours) -> dict[str, str]:
    return {
        "@type": "OpeningHoursSpecification",
        "dayOfWeek": f"{SCHEMA}/{hours.weekday.name.title()}",
        "opens": clock(hours.opens),
        "closes": clock(hours.closes),
    }


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
