"""The rules of `check`: each finds what it is for, and leaves what only looks like it."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from booking_endpoint.practice import Practice
from booking_endpoint.reading import read_practice
from deploy.check.catalogue import BY_ID, RULES, rules_for
from deploy.check.context import Finding, Text
from deploy.check.document import Page
from deploy.check.gather import gather, read_texts, read_validated
from deploy.check.lexicon import WORDS
from deploy.check.report import judge
from tests.serving import ROOT
from tests.site.checked import ALL, CABINET, Site, says, set_aside, shows, text

DAY = date(2026, 11, 22)

Known = dict[str, set[Finding]]


@pytest.fixture(scope="session")
def demo(site: Path) -> Site:
    """The demo practice's facts, texts and built site, on a day when nothing has grown old."""
    source = (site.parent / "practice.toml").read_text("utf-8")
    practice = read_practice(source)
    told = Text("content/practice.toml", "facts", "", "fr", source, None)
    texts = read_texts(ROOT / "content", Path("content"), practice.languages)
    context = gather(practice, told, texts, site, DAY, frozenset(BY_ID))
    sources = {
        page.address: (site / page.file.removeprefix("output/")).read_text("utf-8")
        for page in context.pages
    }
    return Site(context, sources)


@pytest.fixture(scope="session")
def before(demo: Site) -> Known:
    """What each rule finds in the demo as it is."""
    return {rule: found(rule, demo) for rule in BY_ID}


def found(rule: str, site: Site) -> set[Finding]:
    return set(BY_ID[rule].looks(site.context))


def test_every_rule_has_an_input_that_trips_it_and_one_that_only_looks_like_it() -> None:
    assert set(ALL) == set(BY_ID)
    assert len(BY_ID) == len(RULES)
    assert all(case.trips and case.passes for case in ALL.values())


def test_every_rule_about_words_is_tried_in_all_our_languages(demo: Site) -> None:
    for rule, known in WORDS.items():
        assert tuple(known) == ("fr", "en", "he", "it"), rule
        for changes in ([change for change, _ in ALL[rule].trips], ALL[rule].passes):
            new = [set(change(demo).context.texts) - set(demo.context.texts) for change in changes]
            assert {text.lang for texts in new for text in texts} == set(known), rule


@pytest.mark.parametrize("rule", ALL)
def test_a_rule_finds_what_it_is_for(demo: Site, before: Known, rule: str) -> None:
    for change, words in ALL[rule].trips:
        new = found(rule, change(demo)) - (set() if rule == "keys" else before[rule])
        assert [one for one in new if words in one.what], (words, new)


@pytest.mark.parametrize("rule", ALL)
def test_a_rule_leaves_what_only_looks_like_it(demo: Site, before: Known, rule: str) -> None:
    for number, change in enumerate(ALL[rule].passes):
        assert found(rule, change(demo)) - before[rule] == set(), number


def test_the_demo_practice_is_as_it_should_be(demo: Site) -> None:
    """All it is warned of is the one key of this run."""
    verdicts = judge(demo.context, RULES)
    assert {one.rule.id for one in verdicts if not one.why} == {"keys"}


def test_what_only_the_frame_of_a_page_says_is_not_shown_by_the_page() -> None:
    """Phone and address stand in every footer; the legal notice must say them itself."""
    page = Page("<header>Dr X</header><main><p>75<b>011</b>\n Paris</p></main>", "a", "/a/")
    assert page.shows("75 011 Paris")
    assert not page.shows("Dr X")


def test_a_finding_is_led_back_to_where_the_doctor_wrote_it(demo: Site) -> None:
    """In Markdown where the page was written, in the facts where it comes from them."""
    broken = says("fr", "Voir [ici](/rien/).")(shows('<a href="/rien/">ici</a>')(demo))
    [one] = found("link", broken)
    assert (one.file, one.what) == (CABINET["fr"], "/rien/")
    lines = next(t for t in broken.context.texts if t.file == one.file).source.splitlines()
    assert "/rien/" in lines[one.line - 1]
    unseen = shows('<a href="/rien/">ici</a>')(demo)
    assert {one.file for one in found("link", unseen)} == {"output/cabinet/index.html"}


ALLOW = "Allow: reviews because ces avis sont ceux de la HAS\n"


def test_a_rule_is_set_aside_on_one_page_by_name_and_with_a_reason(demo: Site) -> None:
    tripped = says("fr", "Des avis de patients.")(says("en", "Patient reviews.")(demo))
    allowed = text(CABINET["fr"], "Slug:", f"{ALLOW}Slug:")(tripped)
    verdicts = judge(allowed.context, [BY_ID["reviews"]])
    assert {one.finding.file: one.why for one in verdicts} == {
        CABINET["fr"]: "ces avis sont ceux de la HAS",
        CABINET["en"]: "",
    }


def test_a_rule_is_set_aside_for_what_is_found_on_the_built_page_too(demo: Site) -> None:
    allowed = text(CABINET["fr"], "Slug:", "Allow: iframe because c’est un essai\nSlug:")(demo)
    verdicts = judge(shows("<iframe></iframe>")(allowed).context, [BY_ID["iframe"]])
    assert [(one.finding.file, one.why) for one in verdicts] == [
        ("output/cabinet/index.html", "c’est un essai")
    ]


def test_a_rule_is_set_aside_on_the_whole_site_in_the_facts(demo: Site) -> None:
    verdicts = judge(set_aside("fees-base")(demo).context, [BY_ID["fees-base"]])
    assert {one.why for one in verdicts} == {"Une raison."}


def test_what_the_build_refuses_cannot_be_set_aside(demo: Site) -> None:
    claimed = says("fr", "Vos données sont anonymes.")(demo)
    allowed = text(CABINET["fr"], "Slug:", "Allow: claim because je le veux\nSlug:")(claimed)
    assert [one.why for one in judge(allowed.context, [BY_ID["claim"]])] == [""]


def test_outside_france_the_rules_of_france_are_left_out(demo: Site) -> None:
    practice: Practice = demo.context.practice
    away = replace(practice, places=(replace(practice.places[0], country="BE"),))
    held = rules_for(away)
    assert [rule.id for rule in held if rule.jurisdiction != "EU" and not rule.firm] == []
    assert BY_ID["refused"] in held
    assert BY_ID["amount"] not in held
    assert rules_for(practice) == RULES


def test_what_a_validator_says_is_told_of_the_page(tmp_path: Path) -> None:
    """The Nu Html Checker's JSON, as its documentation describes it."""
    message = {
        "type": "error",
        "url": f"file:{tmp_path.as_posix()}/en/index.html",
        "lastLine": 7,
        "message": "Stray end tag “p”.",
    }
    said = json.dumps({"messages": [message]})
    assert list(read_validated(said, tmp_path)) == [
        Finding("output/en/index.html", 7, "Stray end tag “p”.")
    ]
