"""Beginning a page or an article: asked in the doctor's language, built at once, never lost."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from booking_endpoint.practice import Practice
from deploy.new import main, word
from tests.serving import ROOT
from tests.site.test_build import build
from theme.plugins.heads import ARTICLE, read_head
from theme.plugins.reading import check_content

TODAY = date(2026, 12, 1)
SOURCE = "Frottis | HAS | juillet 2019 | https://www.has-sante.fr/jcms/c_2806160/fr/depistage"

Begin = Callable[..., tuple[int, str]]


@pytest.fixture
def begin(tmp_path: Path) -> Begin:
    """`new` with options and, for what they leave open, answers; its code and all that was said."""

    def run(*options: str, answers: tuple[str, ...] = ()) -> tuple[int, str]:
        said: list[str] = []
        waiting = iter(answers)

        def read(question: str) -> str:
            said.append(question)
            return next(waiting)

        words = [*options, "--content", str(tmp_path / "content")]
        code = main(words, TODAY, read, said.append)
        assert list(waiting) == []
        return code, "\n".join(said)

    return run


def test_an_article_is_asked_for_in_french_and_builds_at_once(
    begin: Begin, tmp_path: Path, site: Path, facts: Practice
) -> None:
    answers = (
        *("Le frottis, à quoi sert-il ?", "", "", "", "À quoi il sert, et quand.", ""),
        *("Prévention", "", "sans source", SOURCE, ""),
    )
    code, said = begin("article", answers=answers)
    assert code == 0
    file = tmp_path / "content" / "articles" / "le-frottis-a-quoi-sert-il.fr.md"
    assert "Quel est le titre" in said
    assert "Please" not in said
    assert "Écrivez quelque chose" in said
    assert str(file) in said
    head, body = read_head(ARTICLE, file.name, file.read_text("utf-8"), facts.languages)
    assert (head.author, head.topic) == (facts.doctor.name, "Prévention")
    assert (head.published, head.reviewed) == (TODAY, TODAY)
    assert head.disinterested
    assert [source.publisher for source in head.sources] == ["HAS"]
    assert "Écrivez ici." in body
    shutil.copytree(ROOT / "content" / "images", tmp_path / "content" / "images")
    code, said = build(site.parent / "practice.toml", tmp_path / "site", str(tmp_path / "content"))
    assert code == 0, said
    assert (tmp_path / "site" / "articles" / head.slug / "index.html").exists()


def test_every_answer_may_come_as_an_option(begin: Begin, tmp_path: Path) -> None:
    told = {"title": "HPV", "key": "hpv", "summary": "B", "author": "C", "topic": "D"}
    words = [word for name, text in told.items() for word in (f"--{name}", text)]
    code, _ = begin("article", *words, "--lang", "fr", "--interests", "none", "--source", SOURCE)
    assert code == 0
    assert (tmp_path / "content" / "articles" / "hpv.fr.md").exists()


def test_the_pages_that_the_menu_knows_are_named(
    begin: Begin, tmp_path: Path, facts: Practice
) -> None:
    code, said = begin("page", answers=("Le cabinet", "", "cabinet", "Où je reçois."))
    assert code == 0
    assert "tarifs, acces, cabinet, examens" in said
    assert check_content(tmp_path / "content", facts.languages, facts.visits) == []


@pytest.mark.parametrize("key", ["mentions", "../cabinet", "/cabinet", "Cabinet"])
def test_no_page_of_the_site_s_own_and_no_other_folder_is_written(
    begin: Begin, tmp_path: Path, key: str
) -> None:
    words = ("page", "--title", "A", "--lang", "fr", "--key", key, "--summary", "B")
    assert begin(*words)[0] == 2
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_stays_as_it_is(begin: Begin, tmp_path: Path) -> None:
    words = (
        "page",
        "--lang",
        "fr",
        "--title",
        "Le cabinet",
        "--key",
        "cabinet",
        "--summary",
        "Un.",
    )
    assert begin(*words)[0] == 0
    file = tmp_path / "content" / "pages" / "cabinet.fr.md"
    file.write_text("À moi.", "utf-8")
    assert begin(*words)[0] == 2
    assert file.read_text("utf-8") == "À moi."


def test_a_translation_waits_for_its_original(
    begin: Begin, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("page", "--key", "cabinet", "--summary", "Un.", "--title")
    assert begin(*words, "המרפאה", "--lang", "he")[0] == 2
    assert "écrivez d’abord" in capsys.readouterr().err
    assert begin(*words, "Le cabinet", "--lang", "fr")[0] == 0
    assert begin(*words, "המרפאה", "--lang", "he")[0] == 0
    text = (tmp_path / "content" / "pages" / "cabinet.he.md").read_text("utf-8")
    assert text.startswith("Title: המרפאה\n")
    assert "כאן כותבים." in text


def test_what_could_not_be_published_is_not_begun(
    begin: Begin, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("page", "--title", "A", "--lang", "fr", "--key", "cabinet", "--summary")
    assert begin(*words, "Vos données sont anonymes.")[0] == 2
    assert "anonymes" in capsys.readouterr().err
    assert not (tmp_path / "content").exists()


@pytest.mark.parametrize(
    ("title", "address"),
    [
        ("L’œdème : que faire ?", "l-oedeme-que-faire"),
        ("HPV – 25 à 65 ans", "hpv-25-a-65-ans"),
        ("קולפוסקופיה", ""),
    ],
)
def test_a_title_becomes_an_address(title: str, address: str) -> None:
    assert word(title) == address
