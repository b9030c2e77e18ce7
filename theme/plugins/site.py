"""Pelican's part: what each page is told, the pages made from facts, and a build that is strict."""

import hashlib
import logging
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pelican import Pelican, signals
from pelican.contents import Content
from pelican.generators import ArticlesGenerator, Generator, PagesGenerator
from pelican.writers import Writer

from booking_endpoint.booking import mark
from booking_endpoint.facts import BadPractice
from booking_endpoint.practice import Practice
from booking_endpoint.reminders import LOOK, doubts
from booking_endpoint.words import Language
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
    generated_address,
    topic_address,
)
from theme.plugins.card import HEIGHT, WIDTH, card
from theme.plugins.integrity import integrity_of
from theme.plugins.look import publish
from theme.plugins.pictures import Album, BadPicture
from theme.plugins.plans import BadPlan
from theme.plugins.reading import as_typed, check_content
from theme.plugins.redirects import FILE, as_pages, for_nginx, read_redirects
from theme.plugins.search import from_a_to_z, headings_in, index, read_topic
from theme.plugins.topics import topic_slugs, topics_of
from theme.plugins.words import read_languages

_ = mark

OWN_TEMPLATES = "templates"
"""In the content folder: what the practice puts before the theme's of the same name."""


class Warnings(logging.Handler):
    """Counts what Pelican would only mention: a page that vanished, a link that leads nowhere."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += 1


class StrictPelican(Pelican):  # type: ignore[misc]  # pelican has no types
    """Pelican that publishes all of the site or says why not."""

    def run(self) -> None:
        practice: Practice = self.settings["PRACTICE"]
        language: Language = self.settings["WRITERS_LANGUAGE"]
        for doubt in doubts(practice):
            print(language.say(LOOK, what=doubt.said(language)), file=sys.stderr)
        content = as_typed(Path(self.path))
        if wrong := check_content(content, practice.languages, practice.visits, language):
            sys.exit("\n".join(wrong))
        self.settings["THEME_TEMPLATES_OVERRIDES"].insert(0, str(content / OWN_TEMPLATES))
        self.settings["ALBUM"] = Album(content, Path(self.settings["PICTURE_CACHE"]))
        warnings = Warnings()
        logging.getLogger().addHandler(warnings)
        try:
            super().run()
            publish(practice.look, Path(self.output_path))
        except (BadPicture, BadPlan, BadPractice) as error:
            sys.exit(error.said(language))
        finally:
            logging.getLogger().removeHandler(warnings)
        if warnings.count:
            message = _("The site was not built as it should be: see the warnings above.")
            sys.exit(language.say(message))


class FactsGenerator(Generator):  # type: ignore[misc]  # pelican has no types
    """Writes the pages that need no Markdown, and the files for machines."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.context["localsiteurl"] = ""
        self.context["languages"] = read_languages(self.settings["PRACTICE"].languages)
        self.context["card"] = {
            "address": self.settings["ALBUM"].add(card(self.settings["PRACTICE"].look.day), "png"),
            "width": WIDTH,
            "height": HEIGHT,
        }
        self.context["prefix"] = self.settings["PRACTICE"].rules.prefix

    def generate_output(self, writer: Writer) -> None:
        for name, template, told in self._pages():
            writer.write_file(name, self.get_template(template), self.context, **told)
        dated = self.settings["PRACTICE"].legal.security_expires is not None
        security = [".well-known/security.txt"] if dated else []
        for name in ("sitemap.xml", "robots.txt", *security):
            template = self.env.get_template(Path(name).name)
            writer.write_file(name, template, self.context, **self._frame("", HOME))
        for code, place in self.context["addresses"].of(ARTICLES).items():
            self._write_feed(writer, code, place)
        for code in self.context["addresses"].languages:
            self._write_search(writer, code)
        self._write_redirects(writer)
        self.settings["ALBUM"].publish(Path(self.output_path))

    def _write_feed(self, writer: Writer, code: str, place: str) -> None:
        link = f"{self.settings['SITEURL']}{place}"
        told = self.context | {"feed_language": code, "feed_link": link}
        title = self.context["languages"][code].say("Articles")
        path = feed_at(place).lstrip("/")
        writer.write_feed(self.context["texts"][code], told, path=path, feed_title=title)

    def _write_search(self, writer: Writer, code: str) -> None:
        """The page to search on, once all others are written: it is made from what they say."""
        output, links = Path(self.output_path), self.context["addresses"].links(code)
        name = self.settings["SITENAME"]
        topics = {
            key: read_topic(place, (output / file_at(place)).read_text("utf-8"), name)
            for key, place in sorted(links.items())
            if key != SEARCH
        }
        words = index(topics.values())
        address = f"/search/{code}-{hashlib.sha256(words).hexdigest()[:16]}.json"
        (output / "search").mkdir(exist_ok=True)
        (output / address.lstrip("/")).write_bytes(words)
        told = {
            "index": {"address": address, "integrity": integrity_of(words)},
            "a_to_z": from_a_to_z(
                ((topic, self._headings(key, code)) for key, topic in topics.items()), code
            ),
        }
        template = self.get_template(GENERATED[SEARCH])
        frame = self._frame(code, SEARCH)
        writer.write_file(file_at(links[SEARCH]), template, self.context, **frame, **told)

    def _write_redirects(self, writer: Writer) -> None:
        """Pages that lead on from old addresses, and the same for nginx, beside the site.

        Not inside: what is published must not be able to change how the web server is set up.
        """
        output, file = Path(self.output_path), Path(self.path) / FILE
        practice, addresses = self.settings["PRACTICE"], self.context["addresses"]
        text = file.read_bytes().decode("utf-8", "replace") if file.exists() else ""
        redirects = read_redirects(text, str(file), addresses, practice.rules.prefix)
        for name, redirect in as_pages(redirects).items():
            if (output / name).exists():
                message = _("is a file of this site; leave it out")
                raise BadPractice(message, 0, redirect.old, str(file))
            told = self._frame(redirect.lang, HOME) | {"to": redirect.to}
            writer.write_file(name, self.get_template("moved"), self.context, **told)
        beside = output.with_name(f"{output.name}-redirects.conf")
        if redirects:
            beside.write_text(for_nginx(redirects, practice.legal.site_url), "utf-8")
        else:
            beside.unlink(missing_ok=True)

    def _headings(self, key: str, code: str) -> tuple[str, ...]:
        """What a doctor has written above the parts of a page."""
        content = self.context["written"].get((key, code))
        return headings_in(content.content) if content and key != HOME else ()

    def _pages(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """File, template and variables of every page that was not written by hand."""
        addresses: Addresses = self.context["addresses"]
        for key, template in {**GENERATED, ARTICLES: "articles"}.items():
            for code, place in addresses.of(key).items():
                if (key, code) not in self.context["written"] and key != SEARCH:
                    yield file_at(place), template, self._frame(code, key)
        for code, topics in self.context["by_topic"].items():
            for topic in topics.values():
                told = self._frame(code, f"{TOPICS}/{topic.slug}") | {"topic": topic}
                yield file_at(told["address"]), "topic", told
        for code in addresses.languages:
            yield f"shell/{code}.html", "shell", self._frame(code, BOOKING)
        yield "404.html", "missing", self._frame("", HOME)

    def _frame(self, code: str, key: str) -> dict[str, Any]:
        return frame(self.context, code or self.context["addresses"].languages[0], key)


def frame(context: dict[str, Any], code: str, key: str) -> dict[str, Any]:
    """What every template may ask for, whatever kind of page it is."""
    addresses: Addresses = context["addresses"]
    return {
        "lang": code,
        "language": context["languages"][code],
        "key": key,
        "address": addresses.of(key)[code],
        "alternates": addresses.of(key),
        "homes": addresses.of(HOME),
        "links": addresses.links(code),
        "articles": context["texts"][code],
        "feed": feed_at(addresses.of(ARTICLES)[code]) if context["texts"][code] else "",
        "topics": context["by_topic"][code],
        "menu": context["menus"][code],
        "discreet": False,
        "prose": False,
    }


def gather(generators: Iterable[Generator]) -> None:
    """Once everything was read: find every page's address, in every language it exists in."""
    contents = [content for generator in generators for content in texts(generator)]
    context = next(g.context for g in generators if isinstance(g, FactsGenerator))
    languages = context["PRACTICE"].languages
    pages: dict[str, dict[str, str]] = {
        key: {code: generated_address(key, code, languages[0]) for code in languages}
        for key in GENERATED
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


def dressed(content: Content) -> bool:
    """Whether a page loads the style of texts: home, where each request counts, if it must."""
    return content.head.key != HOME or ' class="' in content.content


def texts(generator: Generator) -> list[Content]:
    if isinstance(generator, ArticlesGenerator):
        return list(generator.articles)
    return list(generator.pages) if isinstance(generator, PagesGenerator) else []


def tell(generator: Generator, content: Content) -> None:
    """Just before a written page is rendered: give it the variables every page has."""
    told = frame(generator.context, content.lang, content.head.key)
    mine = [topic for topic in told["topics"].values() if content in topic.articles]
    told["topic"] = mine[0] if mine else None
    told["related"] = [one for topic in mine for one in topic.articles if one is not content]
    told |= {"discreet": content.head.discreet, "prose": dressed(content)}
    generator.context.update(told)


def name_feed(context: dict[str, Any], feed: Any) -> None:
    """Give a feed its language, and the list of articles of that language as its page and id."""
    link = context["feed_link"]
    feed.feed.update(language=context["feed_language"], link=link, id=link)


def generators(_pelican: Pelican) -> type[Generator]:
    return FactsGenerator


def register() -> None:
    """Pelican calls this once."""
    signals.get_generators.connect(generators)
    signals.all_generators_finalized.connect(gather)
    signals.page_generator_write_page.connect(tell)
    signals.article_generator_write_article.connect(tell)
    signals.feed_generated.connect(name_feed)
