"""Which articles share a topic, and what it is called in addresses. Knows heads, no Pelican."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from booking_endpoint.booking import mark
from theme.plugins.heads import BadHead, Head

_ = mark


class Article(Protocol):
    """Something written that has a head."""

    head: Head


@dataclass(frozen=True, slots=True)
class Named:
    """A topic as it is led to."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Topic(Named):
    """What two or more articles of one language are about."""

    articles: list[Article]


def slug_of(name: str) -> str:
    """`Examens et dépistage` becomes `examens-et-depistage`; empty without a Latin letter."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", plain.lower()))


def topic_slugs(heads: Iterable[Head], default: str) -> dict[str, str]:
    """The topic of each article, by its key: what its original names, in whatever language."""
    return {head.key: slug_of(head.topic) for head in heads if head.lang == default and head.topic}


def topics_of(articles: Iterable[Article], slugs: Mapping[str, str]) -> dict[str, Topic]:
    """The topics that articles of one language share, in the order of these articles."""
    found: dict[str, Topic] = {}
    for article in articles:
        if article.head.topic:
            slug = slugs[article.head.key]
            found.setdefault(slug, Topic(slug, article.head.topic, [])).articles.append(article)
    return {slug: topic for slug, topic in found.items() if len(topic.articles) > 1}


def check_topics(heads: Mapping[str, Head], default: str) -> Iterator[tuple[str, BadHead]]:
    """File and mistake for every topic that has no address, or that has two names."""
    slugs = topic_slugs(heads.values(), default)
    names: dict[tuple[str, str], str] = {}
    places: dict[tuple[str, str], str] = {}
    for file, head in heads.items():
        if not head.topic:
            continue
        slug = slugs.get(head.key)
        if not slug:
            message = _("Topic: write it into the original ({lang}) too, in Latin letters")
            yield file, BadHead(message, lang=default)
        elif names.setdefault((head.lang, slug), head.topic) != head.topic:
            message = _("Topic: '{topic}' is called '{other}' in another article; keep one")
            yield file, BadHead(message, topic=head.topic, other=names[head.lang, slug])
        elif places.setdefault((head.lang, head.topic), slug) != slug:
            message = _("Topic: '{topic}' translates two topics of the originals; name each")
            yield file, BadHead(message, topic=head.topic)
