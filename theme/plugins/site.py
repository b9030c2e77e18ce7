"""Pelican's part: what each page is told, and the pages made from facts."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from pelican import Pelican, signals
from pelican.contents import Content
from pelican.generators import ArticlesGenerator, Generator, PagesGenerator

from booking_endpoint.booking import mark
from booking_endpoint.facts import BadPractice
from theme.plugins.addresses import (
    ARTICLES,
    BOOKING,
    GENERATED,
    HOME,
    SEARCH,
    TOPICS,
    Addresses,
    feed_at,
    file_at,
    generated,
    generated_address,
    topic_address,
)
from theme.plugins.card import HEIGHT, WIDTH, card
from theme.plugins.inputs import Inputs, Templates
from theme.plugins.integrity import STATIC, integrity_of
from theme.plugins.kept import Remembered, digest, files_in
from theme.plugins.redirects import FILE, as_pages, for_nginx, read_redirects
from theme.plugins.search import Entry, from_a_to_z, index, read_topic
from theme.plugins.search import Topic as Found
from theme.plugins.together import spread
from theme.plugins.topics import Named, Topic, topic_slugs, topics_of
from theme.plugins.writing import FRAME, PatientWriter, prune

_ = mark

RELATED = 3
"""How many other articles on its topic an article leads to."""


class FactsGenerator(Generator):  # type: ignore[misc]  # pelican has no types
    """Writes the pages that need no Markdown, and the files for machines."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.context["localsiteurl"] = ""
        self.context["languages"] = self.settings["LANGUAGES"]
        self.context["card"] = {
            "address": self.settings["ALBUM"].add(self._card(), "png"),
            "width": WIDTH,
            "height": HEIGHT,
        }
        self.context["prefix"] = self.settings["PRACTICE"].endpoint

    def _card(self) -> bytes:
        """The picture that goes along with an address, in the colours of the practice's look."""
        known: Remembered = self.settings["TEXTS"]
        colours = self.settings["PRACTICE"].look.day
        if known.get(key := ("card", repr(colours))) is None:
            known.put(key, card(colours))
        drawn: bytes = known.get(key)
        return drawn

    def generate_output(self, writer: PatientWriter) -> None:
        self.context[FRAME] = {}
        for name, template, told in self._pages():
            writer.write_file(name, self.get_template(template), self.context, **told)
        dated = self.settings["PRACTICE"].legal.security_expires is not None
        security = [".well-known/security.txt"] if dated else []
        for name in ("sitemap.xml", "robots.txt", *security):
            template = self.env.get_template(Path(name).name)
            writer.write_file(name, template, self.context, **self._frame("", HOME))
        for code, place in self.context["addresses"].of(ARTICLES).items():
            self._write_feed(writer, code, place)
        writer.flush()
        for code in self.context["addresses"].languages:
            self._write_search(writer, code)
        self._write_redirects(writer)
        writer.flush()
        for name in self.settings["ALBUM"].publish(Path(self.output_path)):
            writer.claim(name)
        place = self.settings["THEME_STATIC_DIR"]
        prune(
            self.output_path, {*writer.names, *(f"{place}/{name}" for name, _ in files_in(STATIC))}
        )

    def _write_feed(self, writer: PatientWriter, code: str, place: str) -> None:
        link = f"{self.settings['SITEURL']}{place}"
        told = self.context | {"feed_language": code, "feed_link": link}
        title = self.context["languages"][code].say("Articles")
        path = feed_at(place).lstrip("/")
        writer.write_feed(self.context["texts"][code], told, path=path, feed_title=title)

    def _write_search(self, writer: PatientWriter, code: str) -> None:
        """The page to search on, once all others are written: it is made from what they say."""
        links = self.context["addresses"].links(code)
        words, a_to_z = self._found(code, self._topics(writer, code, links))
        address = f"/search/{code}-{hashlib.sha256(words).hexdigest()[:16]}.json"
        writer.write_bytes(address.lstrip("/"), words)
        told = {
            "index": {"address": address, "integrity": integrity_of(words)},
            "a_to_z": a_to_z,
        }
        template = self.get_template(GENERATED[SEARCH])
        frame = self._frame(code, SEARCH)
        writer.write_file(file_at(links[SEARCH]), template, self.context, **frame, **told)

    def _found(self, code: str, topics: list[Found]) -> tuple[bytes, list[tuple[str, list[Entry]]]]:
        """The index and the list from A to Z; the last ones, while no page says anything else."""
        known: Remembered = self.settings["PAGES"]
        if (before := known.get(("index", code))) is None or before[0] != topics:
            known.put(("index", code), (topics, (index(topics), from_a_to_z(topics, code))))
        made: tuple[bytes, list[tuple[str, list[Entry]]]] = known.get(("index", code))[1]
        return made

    def _topics(self, writer: PatientWriter, code: str, links: dict[str, str]) -> list[Found]:
        """What every page of a language is about, read from those that are new."""
        name, known = self.settings["SITENAME"], self.settings["PAGES"]
        keys = {key: place for key, place in sorted(links.items()) if key != SEARCH}

        def written(key: str) -> tuple[str, ...]:
            """The headings a doctor has written; none of the first page, which is all headings."""
            content = self.context["written"].get((key, code))
            return content.headings if content and key != HOME else ()

        def remembered(key: str) -> tuple[str, str, tuple[str, ...], bytes]:
            return "topic", keys[key], written(key), writer.bytes_of(file_at(keys[key]))

        def read(key: str) -> Found:
            html = Path(self.output_path, file_at(keys[key])).read_text("utf-8")
            return read_topic(keys[key], html, name, written(key))

        new = [key for key in keys if known.get(remembered(key)) is None]
        for key, topic in zip(new, spread(read, new, self.settings["PROCESSES"]), strict=True):
            known.put(remembered(key), topic)
        return [known.get(remembered(key)) for key in keys]

    def _write_redirects(self, writer: PatientWriter) -> None:
        """Pages that lead on from old addresses, and the same for nginx, beside the site.

        Not inside: what is published must not be able to change how the web server is set up.
        """
        output, file = Path(self.output_path), Path(self.path) / FILE
        practice, addresses = self.settings["PRACTICE"], self.context["addresses"]
        text = file.read_bytes().decode("utf-8", "replace") if file.exists() else ""
        redirects = read_redirects(text, str(file), addresses, practice.rules.prefix)
        for name, redirect in as_pages(redirects).items():
            if name in writer.names:
                message = _("is a file of this site; leave it out")
                raise BadPractice(message, 0, redirect.old, str(file))
            told = self._frame(redirect.lang, HOME) | {"to": redirect.to}
            writer.write_file(name, self.get_template("moved"), self.context, **told)
        beside = output.with_name(f"{output.name}-redirects.conf")
        if redirects:
            beside.write_text(for_nginx(redirects, practice.legal.site_url), "utf-8")
        else:
            beside.unlink(missing_ok=True)

    def _pages(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """File, template and variables of every page that was not written by hand."""
        addresses: Addresses = self.context["addresses"]
        for key, template in {**self._generated, ARTICLES: "articles"}.items():
            for code, place in addresses.of(key).items():
                if (key, code) not in self.context["written"] and key != SEARCH:
                    yield file_at(place), template, self._frame(code, key)
        for code, topics in self.context["by_topic"].items():
            for topic in topics.values():
                told = self._frame(code, f"{TOPICS}/{topic.slug}")
                told["topic"] = replace(topic, articles=[line(one) for one in topic.articles])
                yield file_at(told["address"]), "topic", told
        for code in addresses.languages if BOOKING in self._generated else ():
            yield f"shell/{code}.html", "shell", self._shell(code)
        yield "404.html", "missing", self._frame("", HOME)

    @property
    def _generated(self) -> dict[str, str]:
        return generated(online=self.settings["PRACTICE"].rules.online_booking)

    def _shell(self, code: str) -> dict[str, Any]:
        """The frame of the endpoint's pages, whose links lead to the site, wherever that is."""
        told, legal = self._frame(code, BOOKING), self.settings["PRACTICE"].legal
        site = legal.site_url if legal.booking_url else ""
        ways = ("links", "homes", "alternates")
        return told | {name: {key: site + at for key, at in told[name].items()} for name in ways}

    def _frame(self, code: str, key: str) -> dict[str, Any]:
        return frame(self.context, code or self.context["addresses"].languages[0], key)


def frame(context: dict[str, Any], code: str, key: str) -> dict[str, Any]:
    """What every template may ask for, whatever kind of page it is."""
    addresses: Addresses = context["addresses"]
    return {
        **context["SHARED"][code],
        "key": key,
        "address": addresses.of(key)[code],
        "alternates": addresses.of(key),
    }


def shared(context: dict[str, Any], code: str) -> dict[str, Any]:
    """The part of it that all pages of a language have in common."""
    addresses: Addresses = context["addresses"]
    topics = context["by_topic"][code].values()
    return {
        "lang": code,
        "language": context["languages"][code],
        "homes": addresses.of(HOME),
        "links": addresses.links(code),
        "articles": [line(article) for article in context["texts"][code]],
        "feed": feed_at(addresses.of(ARTICLES)[code]) if context["texts"][code] else "",
        "topics": [Named(topic.slug, topic.name) for topic in topics],
        "menu": context["menus"][code],
        "discreet": False,
        "prose": False,
    }


def gather(generators: Iterable[Generator]) -> None:
    """Once everything was read: find every page's address, in every language it exists in."""
    contents = sorted(
        (content for generator in generators for content in texts(generator)),
        key=lambda content: str(content.source_path),  # Pelican reads in the order of a set
    )
    facts = next(g for g in generators if isinstance(g, FactsGenerator))
    context = facts.context
    languages = context["PRACTICE"].languages
    pages: dict[str, dict[str, str]] = {
        key: {code: generated_address(key, code, languages[0]) for code in languages}
        for key in generated(online=context["PRACTICE"].rules.online_booking)
    }
    articles: dict[str, list[Content]] = {code: [] for code in languages}
    for content in contents:
        pages.setdefault(content.head.key, {})[content.lang] = f"/{content.url}"
        if content.head.published:
            articles[content.lang].append(content)
    pages[ARTICLES] = {
        code: generated_address(ARTICLES, code, languages[0])
        for code, found in articles.items()
        if found
    }
    for group in articles.values():
        group.sort(key=lambda article: (article.head.published, article.slug), reverse=True)
    slugs = topic_slugs((content.head for content in contents), languages[0])
    topics = {code: topics_of(group, slugs) for code, group in articles.items()}
    for code, found in topics.items():
        for slug in found:
            place = topic_address(code, slug, languages[0])
            pages.setdefault(f"{TOPICS}/{slug}", {})[code] = place
    context["addresses"] = Addresses(languages, pages)
    context["texts"] = articles
    context["by_topic"] = topics
    context["written"] = {(content.head.key, content.lang): content for content in contents}
    heads = [content.head for content in contents]
    context["menus"] = {
        code: [(head.key, head.menu) for head in heads if head.lang == code and head.menu]
        for code in languages
    }
    context["SHARED"] = {code: shared(context, code) for code in languages}
    context["ON_TOPIC"] = {
        (article.head.key, code): topic
        for code, found in topics.items()
        for topic in found.values()
        for article in topic.articles
    }
    site = digest(context["FACTS_SHOWN"], repr((pages, context["card"])).encode())
    templates = Templates(facts.env, context["PAGES"], context["FACTS_SHOWN"])
    context["INPUTS"] = Inputs(templates, site)


def dressed(content: Content) -> bool:
    """Whether a page loads the style of texts: home, where each request counts, if it must."""
    return content.head.key != HOME or ' class="' in content.content


def texts(generator: Generator) -> list[Content]:
    if isinstance(generator, ArticlesGenerator):
        return list(generator.articles)
    return list(generator.pages) if isinstance(generator, PagesGenerator) else []


@dataclass(frozen=True, slots=True)
class Line:
    """An article as others lead to it: what a list may say of it, and no more."""

    title: str
    summary: str
    url: str
    reviewed: date | None
    minutes: int


def line(article: Content) -> Line:
    head = article.head
    return Line(head.title, head.summary, article.url, head.reviewed, article.minutes)


def tell(generator: Generator, content: Content) -> None:
    """Just before a written page is rendered: give it the variables every page has."""
    context = generator.context
    told = frame(context, content.lang, content.head.key)
    topic: Topic | None = context["ON_TOPIC"].get((content.head.key, content.lang))
    related = (one for one in topic.articles if one is not content) if topic else ()
    told["topic"] = Named(topic.slug, topic.name) if topic else None
    told["related"] = [line(one) for one in islice(related, RELATED)]
    context[FRAME] = told | {"discreet": content.head.discreet, "prose": dressed(content)}


def name_feed(context: dict[str, Any], feed: Any) -> None:
    """Give a feed its language, and the list of articles of that language as its page and id."""
    link = context["feed_link"]
    feed.feed.update(language=context["feed_language"], link=link, id=link)


def writer(_pelican: Pelican) -> type[PatientWriter]:
    return PatientWriter


def generators(_pelican: Pelican) -> type[Generator]:
    return FactsGenerator


def register() -> None:
    """Pelican calls this once."""
    signals.get_generators.connect(generators)
    signals.get_writer.connect(writer)
    signals.all_generators_finalized.connect(gather)
    signals.page_generator_write_page.connect(tell)
    signals.article_generator_write_article.connect(tell)
    signals.feed_generated.connect(name_feed)
