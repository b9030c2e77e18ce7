"""What a page is made of: its template, and the values of every name the template may look up.

Two pages made of the same are the same; so one that is there already is not rendered again.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from jinja2.meta import find_referenced_templates, find_undeclared_variables
from pelican.contents import Content

from theme.plugins.kept import Remembered, digest, digest_of_files

LASTING = ("links", "homes", "languages", "language", "addresses", "topics", "articles", "practice")
"""Values that many pages share: each is looked at once in a build."""

ALWAYS = ("language",)
"""What the words of the theme look up, though no template names it."""


def digest_of_facts(settings: Mapping[str, Any], content: Path) -> bytes:
    """All that every page may show beside its own text: facts, theme, the drawings facts name."""
    practice = settings["PRACTICE"]
    plans = [content / place.plan.file for place in practice.places if place.plan]
    theme = [settings["THEME"], *settings["THEME_TEMPLATES_OVERRIDES"]]
    told = [settings["PRACTICE_FILE"], *theme, *(plan for plan in plans if plan.exists())]
    return digest_of_files(map(Path, told))


class Compiled(BytecodeCache):
    """Templates as Python runs them, by name and text."""

    def __init__(self, known: Remembered) -> None:
        self._known = known

    def load_bytecode(self, bucket: Bucket) -> None:
        """What was compiled from this very text, if it was."""
        if known := self._known.get(("compiled", bucket.key, bucket.checksum)):
            bucket.bytecode_from_string(known)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Remember it."""
        key = ("compiled", bucket.key, bucket.checksum)
        self._known.put(key, bucket.bytecode_to_string())


class Templates:
    """For every template, the names it and those it stands on may look up."""

    def __init__(self, environment: Environment, known: Remembered, made_of: bytes) -> None:
        assert environment.loader  # noqa: S101 -- Pelican gives each one its loader
        self._environment, self._loader = environment, environment.loader
        self._known, self._made_of = known, made_of
        self._names: dict[str, frozenset[str] | None] = {}

    def names(self, name: str) -> frozenset[str] | None:
        """The names; none when a template chooses another only as it is rendered."""
        if name not in self._names:
            self._names[name] = self._all(name)
        return self._names[name]

    def _all(self, name: str) -> frozenset[str] | None:
        names, looked, left = set(ALWAYS), set(), {name}
        while left:
            looked.add(one := left.pop())
            own, others = self._own(one)
            if None in others:
                return None
            names |= own
            left |= others - looked  # type: ignore[arg-type]  # no None among them, as seen above
        return frozenset(names)

    def _own(self, name: str) -> tuple[frozenset[str], frozenset[str | None]]:
        """The names in one template, and the templates it stands on."""
        key = ("template", name, self._made_of)
        if self._known.get(key) is None:
            source, _, _ = self._loader.get_source(self._environment, name)
            syntax = self._environment.parse(source)
            others = frozenset(find_referenced_templates(syntax))
            self._known.put(key, (frozenset(find_undeclared_variables(syntax)), others))
        own: tuple[frozenset[str], frozenset[str | None]] = self._known.get(key)
        return own


class Inputs:
    """Digests of what pages are made of. `site` stands for all that every page may show."""

    def __init__(self, templates: Templates, site: bytes) -> None:
        self._templates, self._site = templates, site
        self._lasting: dict[int, tuple[object, bytes]] = {}

    def of(self, template: str, context: Mapping[str, Any]) -> bytes | None:
        """The digest of one page; none when it cannot be told."""
        names = self._templates.names(template)
        if names is None:
            return None
        told = (part for name in sorted(names) for part in self._told(name, context))
        return self._all_of(template.encode(), told)

    def of_feed(self, about: object, contents: Iterable[Content]) -> bytes | None:
        """The digest of a list of texts, whole."""
        return self._all_of(b"feed", map(seen, (about, *contents)))

    def _all_of(self, kind: bytes, told: Iterable[bytes]) -> bytes | None:
        try:
            return digest(self._site, kind, *told)
        except Unseen:
            return None

    def _told(self, name: str, context: Mapping[str, Any]) -> Iterable[bytes]:
        yield name.encode()
        if name in context:
            yield self._once(context[name]) if name in LASTING else seen(context[name])

    def _once(self, value: object) -> bytes:
        """The digest of a value that is not let go while this lives: its identity stays its own."""
        if id(value) not in self._lasting:
            self._lasting[id(value)] = (value, seen(value))
        return self._lasting[id(value)][1]


class Unseen(Exception):
    """A value that does not tell all of itself: what shows it is rendered at every build."""


def seen(value: object) -> bytes:
    """The digest of all that a template can see of a value; raises Unseen where it cannot tell."""
    text = value._content if isinstance(value, Content) else ""
    told = repr(sorted(value.metadata.items()) if isinstance(value, Content) else value)
    if " object at 0x" in told:
        raise Unseen
    return digest(text.encode(), told.encode())
