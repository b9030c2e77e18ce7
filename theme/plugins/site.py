"""Pelican's part: what each page is told, the pages made from facts, and a build that is strict."""

import logging
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pelican import Pelican, signals
from pelican.contents import Content
from pelican.generators import ArticlesGenerator, Generator, PagesGenerator
from pelican.writers import Writer

from booking_endpoint.practice import Practice
from booking_endpoint.reminders import doubts
from theme.plugins.addresses import (
    ARTICLES,
    BOOKING,
    GENERATED,
    HOME,
    Addresses,
    file_at,
    generated_address,
)
from theme.plugins.reading import check_content
from theme.plugins.words import read_languages


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
        for doubt in doubts(practice):
            print(f"Please look at [legal] {doubt}", file=sys.stderr)
        if wrong := check_content(Path(self.path), practice.languages, practice.visits):
            sys.exit("\n".join(wrong))
        warnings = Warnings()
        logging.getLogger().addHandler(warnings)
        try:
            super().run()
        finally:
            logging.getLogger().removeHandler(warnings)
        if warnings.count:
            sys.exit("The site was not built as it should be: see the warnings above.")


class FactsGenerator(Generator):  # type: ignore[misc]  # pelican has no types
    """Writes the pages that need no Markdown, and the files for machines."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.context["localsiteurl"] = ""
        self.context["languages"] = read_languages(self.settings["PRACTICE"].languages)
        self.context["prefix"] = self.settings["PRACTICE"].rules.prefix

    def generate_output(self, writer: Writer) -> None:
        for name, template, told in self._pages():
            writer.write_file(name, self.get_template(template), self.context, **told)
        dated = self.settings["PRACTICE"].legal.security_expires is not None
        security = [".well-known/security.txt"] if dated else []
        for name in ("sitemap.xml", "robots.txt", *security):
            template = self.env.get_template(Path(name).name)
            writer.write_file(name, template, self.context, **self._frame("", HOME))

    def _pages(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """File, template and variables of every page that was not written by hand."""
        addresses: Addresses = self.context["addresses"]
        for key, template in {**GENERATED, ARTICLES: "articles"}.items():
            for code, place in addresses.of(key).items():
                if (key, code) not in self.context["written"]:
                    yield file_at(place), template, self._frame(code, key)
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
        "discreet": False,
        "blocks": False,
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
    context["addresses"] = Addresses(languages, pages)
    context["texts"] = articles
    context["written"] = {(content.head.key, content.lang) for content in contents}


def texts(generator: Generator) -> list[Content]:
    if isinstance(generator, ArticlesGenerator):
        return list(generator.articles)
    return list(generator.pages) if isinstance(generator, PagesGenerator) else []


def tell(generator: Generator, content: Content) -> None:
    """Just before a written page is rendered: give it the variables every page has."""
    told = frame(generator.context, content.lang, content.head.key)
    generator.context.update(told | {"discreet": content.head.discreet, "blocks": content.blocks})


def generators(_pelican: Pelican) -> type[Generator]:
    return FactsGenerator


def register() -> None:
    """Pelican calls this once."""
    signals.get_generators.connect(generators)
    signals.all_generators_finalized.connect(gather)
    signals.page_generator_write_page.connect(tell)
    signals.article_generator_write_article.connect(tell)
