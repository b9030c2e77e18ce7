"""The head of a Markdown file: what is refused, and in which words."""

from datetime import date
from pathlib import Path

import pytest

from booking_endpoint.reading import read_practice
from tests.serving import ROOT
from theme.plugins.heads import ARTICLE, PAGE, BadHead, Source, read_head
from theme.plugins.reading import check_content

LANGUAGES = ("fr", "en", "he", "it")
WORK = "Cervical cancer | WHO | 2024 | https://www.who.int/health-topics/cervical-cancer"
HEAD = """Title: La colposcopie
Summary: Un examen du col.
Date: 2026-11-20
Reviewed: 2026-11-21
Author: Dr Hélène Valombreuse
Sources: Un titre | Un éditeur | 2024 | https://example.org/a
    Un autre | Un éditeur | mai 2023 | https://example.org/b
Interests: none
"""


def article(text: str = HEAD, name: str = "colposcopie.fr.md") -> None:
    read_head(ARTICLE, name, f"{text}\nTexte.\n", LANGUAGES)


def test_a_head_is_read_whole() -> None:
    head, body = read_head(ARTICLE, "colposcopie.he.md", f"{HEAD}\nTexte.\n", LANGUAGES)
    assert (head.key, head.lang, head.slug) == ("articles/colposcopie", "he", "colposcopie")
    assert (head.published, head.reviewed) == (date(2026, 11, 20), date(2026, 11, 21))
    assert head.sources[1] == Source("Un autre", "Un éditeur", "mai 2023", "https://example.org/b")
    assert head.disinterested
    assert body == "Texte."


def test_a_text_that_translates_another_says_which_and_by_what_right() -> None:
    lines = f"Topic: Prévention\nTranslation-of: {WORK}\nCredit: OMS, CC BY-NC-SA 3.0 IGO\n"
    head, _body = read_head(ARTICLE, "col.fr.md", f"{lines}{HEAD}\nTexte.\n", LANGUAGES)
    assert head.translation_of == Source(*WORK.split(" | "))
    assert (head.topic, head.credit) == ("Prévention", "OMS, CC BY-NC-SA 3.0 IGO")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Title: La colposcopie\n", "", "Title is missing"),
        ("Date: 2026-11-20\n", "", "Date is missing"),
        ("Reviewed: 2026-11-21\n", "", "Reviewed is missing"),
        ("Interests: none\n", "", "Interests is missing"),
        ("2026-11-20", "20/11/2026", "like 2026-11-20"),
        ("2026-11-20", "03/04/2026", "like 2026-11-20"),
        ("2026-11-20", "2026-02-30", "not a day of the calendar"),
        ("2026-11-21", "2026-11-19", "comes before Date"),
        ("Un éditeur | 2024 | ", "", "Title | Publisher | date | https://"),
        ("https://example.org/b", "example.org", "Title | Publisher | date | https://"),
        ("Interests: none", "Interests: none\nDiscreet: maybe", "Discreet: write yes, or leave"),
        ("Interests: none", "Interests: none\nAllow: reviews", "with your reason"),
        ("Interests: none", "Interests: none\nAllow: reviews because ", "with your reason"),
        ("Interests: none", "Interests: none\nAnswers: X | 2026-11-20 | its answer", "Company |"),
        ("Interests: none", "Interests: none\nAnswers: X | 2026 | https://x.fr | a", "Answers: wr"),
        ("Author", "Autor", "'Autor' is not known here"),
        ("Summary", "Date", "line 3: Date is written twice"),
        ("Title: La", "Topic:\nTitle: La", "write a line such as `Topic: Prevention`"),
        ("Title: La", "Translation-of: OMS\nCredit: OMS\nTitle: La", "write 'OMS' as"),
        ("Title: La", f"Translation-of: {WORK}\nTitle: La", "Credit is missing"),
        ("Interests: none", "Interests: none\nSlug: Un Deux", "small letters"),
        ("Title: La colposcopie\n", "Du texte\n", "line 1"),
    ],
)
def test_a_bad_head_is_refused_with_what_to_write(old: str, new: str, said: str) -> None:
    with pytest.raises(BadHead) as refused:
        article(HEAD.replace(old, new, 1))
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("colposcopie.md", "cabinet.fr.md"),
        ("colposcopie.de.md", "'de' is no language"),
        ("colposcopie.FR.md", "'FR' is no language"),
        ("La Colposcopie.fr.md", "small letters"),
    ],
)
def test_a_bad_file_name_is_refused(name: str, said: str) -> None:
    with pytest.raises(BadHead, match=said):
        article(name=name)


def test_a_page_that_the_site_makes_itself_is_refused() -> None:
    with pytest.raises(BadHead, match="the site makes the page 'confidentialite' itself"):
        read_head(PAGE, "confidentialite.fr.md", "Title: A\nSummary: B\n\nC\n", LANGUAGES)


def test_a_second_main_heading_is_refused() -> None:
    with pytest.raises(BadHead, match="begin the others with ##"):
        article(f"{HEAD}\n# Encore un titre\n")


def check(folder: Path, **texts: str) -> list[str]:
    """What is wrong with a content folder that holds these pages (`cabinet_fr` and so on)."""
    (folder / "pages").mkdir()
    for name, text in texts.items():
        path = folder / "pages" / f"{name.replace('_', '.')}.md"
        path.write_text(f"Title: A\nSummary: B\n\n{text}\n", encoding="utf-8")
    return check_content(folder, LANGUAGES)


def test_every_bad_file_is_named_at_once(tmp_path: Path) -> None:
    wrong = check(tmp_path, cabinet_fr="# Un", examens_fr="# Deux", acces_fr="Bien.")
    assert [line.partition(",")[0] for line in wrong] == [
        str(tmp_path / "pages" / name) for name in ("cabinet.fr.md", "examens.fr.md")
    ]


def test_a_translation_without_its_original_is_refused(tmp_path: Path) -> None:
    """French is the language the law asks for; the others translate it."""
    (line,) = check(tmp_path, cabinet_en="Text.")
    assert "cabinet.en.md" in line
    assert f"write {tmp_path / 'pages' / 'cabinet.fr.md'} first" in line


@pytest.mark.parametrize("link", ["[x](examens.fr.md)", "[x]({filename}nulle-part.fr.md)"])
def test_a_link_that_leads_nowhere_is_refused(tmp_path: Path, link: str) -> None:
    (line,) = check(tmp_path, cabinet_fr=f"Un {link}.", examens_fr="Bien.")
    assert "cabinet.fr.md, line 4: " in line
    assert "leads nowhere" in line


@pytest.mark.parametrize("slug", ["acces", "mentions-legales", "en", "theme", "articles"])
def test_two_things_at_one_address_are_refused(tmp_path: Path, slug: str) -> None:
    (tmp_path / "pages").mkdir()
    for key in ("acces", "autre"):
        told = f"Slug: {slug}\n" if key == "autre" else ""
        text = f"Title: A\nSummary: B\n{told}\nTexte.\n"
        (tmp_path / "pages" / f"{key}.fr.md").write_text(text, "utf-8")
    (line,) = check_content(tmp_path, LANGUAGES)
    assert f"autre.fr.md: something else is at /{slug}/ already" in line


def test_the_content_of_this_repository_is_in_order() -> None:
    practice = read_practice((ROOT / "content" / "practice.toml").read_text("utf-8"))
    assert check_content(ROOT / "content", LANGUAGES, practice.visits) == []
