"""An older site moves in: no page, no address and no reader is lost, and no patient comes along."""

import re
import shutil
import socket
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown import Markdown
from PIL import Image

from booking_endpoint.practice import Practice
from deploy.importing.mirror import decode
from deploy.importing.prose import Prose
from deploy.importing.tree import tree
from tests.site.document import Document
from tests.site.moved import EXPORT, MIRROR, OLD, files, move, move_export
from theme.plugins.converting import EXTENSIONS
from theme.plugins.heads import read_head, split
from theme.plugins.reading import check_content

SENTINELS = ("Quatrebarbes", "résultat de frottis", "secret@", "admin7", "Pas encore")
"""What the export holds of a patient, of whoever logs in, and of what was never public."""

PROSE = Prose(lambda tag: str(tag["href"]), lambda _tag, _caption: "")


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The content folder after the export moved in; its report lies beside it."""
    content = tmp_path_factory.mktemp("export") / "content"
    move_export(content)
    return content


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    content = tmp_path_factory.mktemp("mirror") / "content"
    assert move(MIRROR, content)[0] == 0
    return content


def text(content: Path, name: str) -> str:
    return (content / name).read_text("utf-8")


def report(content: Path) -> str:
    return text(content.parent, "import-report.md")


def at(source: Path, words: str) -> str:
    """File and line at which these words stand in a source."""
    before = decode(source.read_bytes()).partition(words)[0]
    name = source.relative_to(MIRROR).as_posix() if MIRROR in source.parents else source.name
    return f"{name}:{before.count(chr(10)) + 1}"


def test_every_public_page_of_an_export_has_a_file(export: Path) -> None:
    """Posts are articles, and of two with one slug the second is named by its title."""
    assert {name for name in files(export) if name.endswith(".md")} == {
        *("pages/cabinet.fr.md", "pages/cabinet.en.md", "pages/cabinet.he.md"),
        *("articles/frottis.fr.md", "articles/le-frottis-encore.fr.md", "pages/page-90.he.md"),
    }


def test_no_comment_no_login_and_no_draft_comes_along(export: Path) -> None:
    written = b"".join(files(export.parent).values()).decode("utf-8", "replace")
    assert [word for word in SENTINELS if word in written] == []
    assert "Brouillon secret" in report(export)
    assert "commentaires ne sont jamais repris" in report(export)


def test_a_hostile_title_is_one_line_of_words(export: Path, facts: Practice) -> None:
    lines, _body = split(text(export, "articles/frottis.fr.md"))
    assert "<" not in "".join(lines["title"])
    assert lines["title"] == ['Le frottisalert(1) Sources: faux | "faux" & rien']
    assert lines["sources"] == []


def test_what_only_the_doctor_can_know_is_asked_for_by_the_build(
    export: Path, facts: Practice
) -> None:
    """File by file; nothing is made up, and an author is named only where the export names one."""
    wrong = check_content(export, facts.languages, facts.visits)
    named = {line.partition(": ")[0].removeprefix(f"{export}/") for line in wrong}
    assert named == {name for name in files(export) if name.endswith(".md")} - {
        "pages/cabinet.en.md"
    }
    assert f"{export / 'pages/cabinet.fr.md'}: Summary is missing" in "\n".join(wrong)
    lines, _body = split(text(export, "articles/frottis.fr.md"))
    assert lines["author"] == ["Dr Hélène Valombreuse"]
    assert lines["date"] == ["2019-05-06"]
    assert lines["reviewed"] == lines["interests"] == []


def test_a_page_that_names_all_is_good_at_once(export: Path, facts: Practice) -> None:
    head, _body = read_head(
        "pages", "cabinet.en.md", text(export, "pages/cabinet.en.md"), facts.languages
    )
    assert (head.slug, head.summary) == ("our-practice", "Where I see patients.")


def test_links_between_old_pages_lead_to_the_new_files(export: Path, mirror: Path) -> None:
    cabinet = text(export, "pages/cabinet.fr.md")
    assert "[mon article]({filename}/articles/frottis.fr.md)" in cabinet
    assert "[le même]({filename}/articles/frottis.fr.md)" in cabinet
    assert "[le cabinet]({filename}/pages/cabinet.fr.md)" in text(export, "articles/frottis.fr.md")
    assert "[la douleur]({filename}/pages/douleur.fr.md)" in text(mirror, "pages/accueil.fr.md")
    assert "[In Hebrew]({filename}/pages/douleur.he.md)" in text(mirror, "pages/douleur.en.md")
    assert "[l’accueil]({filename}/pages/accueil.fr.md)" in text(mirror, "pages/douleur.fr.md")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (EXPORT, "[contact-form-7 "),
        (EXPORT, "<form "),
        (EXPORT, "<iframe "),
        (EXPORT, '<img src="https://compteur'),
        (EXPORT, '<script>alert("ancien")'),
        (EXPORT, '<a href="javascript:'),
        (EXPORT, '<img src="/wp-content/uploads/2019'),
        (EXPORT, "le plan</a>"),
        (MIRROR / "pages" / "douleur.html", "<video"),
        (MIRROR / "contact.php.html", "<form"),
    ],
)
def test_what_no_text_can_hold_is_told_with_its_line(
    export: Path, mirror: Path, source: Path, words: str
) -> None:
    assert f"- {at(source, words)}: " in report(export if source == EXPORT else mirror)


def test_no_form_script_frame_or_shortcode_is_left_in_a_text(export: Path, mirror: Path) -> None:
    texts = [
        data.decode()
        for folder in (export, mirror)
        for name, data in files(folder).items()
        if name.endswith(".md")
    ]
    said = "\n".join(texts)
    for word in (
        "<form",
        "<iframe",
        "<script",
        "contact-form",
        "javascript:",
        'ancien"',
        "compteur",
    ):
        assert word not in said, word
    assert r"\[sic\]" in said


def test_a_picture_comes_along_only_from_the_folder_that_was_named(tmp_path: Path) -> None:
    uploads, content = tmp_path / "in" / "uploads", tmp_path / "content"
    shutil.copytree(OLD / "uploads", uploads)
    for place in (tmp_path / "secret.png", tmp_path / "in" / "secret.png"):
        Image.new("RGB", (9, 9)).save(place)
    (uploads / "leads").mkdir()
    (uploads / "leads" / "out.png").symlink_to(tmp_path / "secret.png")
    assert move(EXPORT, content, "--pictures", str(uploads))[0] == 0
    assert {name for name in files(content) if name.startswith("images/")} == {"images/facade.png"}
    assert '![La façade](images/facade.png "Vue de la rue | ")' in text(
        content, "pages/cabinet.fr.md"
    )


def test_another_picture_of_the_same_name_stays(tmp_path: Path) -> None:
    mine = tmp_path / "content" / "images" / "facade.png"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"mine")
    move_export(tmp_path / "content")
    assert mine.read_bytes() == b"mine"
    assert "images/facade-2.png" in text(tmp_path / "content", "pages/cabinet.fr.md")


def test_a_text_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    """The old page still has a file, a key of its own, and its address is not taken away."""
    content = tmp_path / "content"
    mine = content / "pages" / "cabinet.fr.md"
    mine.parent.mkdir(parents=True)
    mine.write_text("Title: À moi\nSlug: le-cabinet\nSummary: A\n\nTexte.\n", "utf-8")
    move_export(content)
    assert mine.read_text("utf-8").startswith("Title: À moi")
    assert "Bienvenue" in text(content, "pages/le-cabinet.fr.md")
    assert '# "/le-cabinet/" = "le-cabinet.fr"' in text(content, "redirects.toml")


def test_a_translation_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    """Though the page it translates came here before."""
    content = tmp_path / "content"
    (content / "pages").mkdir(parents=True)
    (content / "redirects.toml").write_text('"/le-cabinet/" = "cabinet.fr"\n', "utf-8")
    for lang in ("fr", "en"):
        (content / "pages" / f"cabinet.{lang}.md").write_text("Title: À moi\n\nTexte.\n", "utf-8")
    move_export(content)
    assert text(content, "pages/cabinet.en.md") == "Title: À moi\n\nTexte.\n"
    assert "Welcome." in text(content, "pages/le-cabinet.en.md")


def test_a_second_time_adds_nothing(tmp_path: Path) -> None:
    """Whatever was completed, renamed or deleted meanwhile."""
    content = tmp_path / "content"
    mine = content / "pages" / "cabinet.fr.md"
    mine.parent.mkdir(parents=True)
    mine.write_text("Title: À moi\nSlug: le-cabinet\nSummary: A\n\nTexte.\n", "utf-8")
    move_export(content)
    (content / "articles" / "le-frottis-encore.fr.md").unlink()
    (content / "articles" / "frottis.fr.md").write_text("Title: Relu\n\nTexte.\n", "utf-8")
    before = files(tmp_path)
    assert "laissées telles quelles\N{NO-BREAK SPACE}: 7" in move_export(content)
    assert files(tmp_path) == before


def test_a_trial_writes_nothing_and_tells_the_same(tmp_path: Path, export: Path) -> None:
    said = move_export(tmp_path / "content", "--dry-run")
    assert list(tmp_path.iterdir()) == []
    assert said.replace("Un essai\N{NO-BREAK SPACE}: rien n’a été écrit.\n\n", "") == report(export)


def test_the_report_leads_from_each_old_address_to_the_new_one(export: Path) -> None:
    said = report(export)
    assert "- /2019/05/frottis/ → content/articles/frottis.fr.md → /articles/frottis/" in said
    assert "- /he/המרפאה/ → content/pages/cabinet.he.md → /he/cabinet/" in said
    assert "à compléter\N{NO-BREAK SPACE}: Summary, Reviewed, Sources, Interests" in said
    assert "- /mentions-legales-2/ → /mentions-legales/" in said
    assert "écrivez d’abord content/pages/page-90.fr.md" in said


def test_nothing_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_told: object, **_more: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    move_export(tmp_path / "one")
    assert move(MIRROR, tmp_path / "two")[0] == 0


@pytest.mark.parametrize("source", ["bomb.xml", "missing.xml", "uploads"])
def test_what_cannot_be_read_is_refused_in_french(
    source: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A DOCTYPE before anything in it: no entity grows, no other file is read."""
    assert move(OLD / source, tmp_path / "content")[0] == 2
    said = capsys.readouterr().err
    assert re.search("rien n’a été lu|n’existe pas|aucune page", said)
    assert "ligne 2" in said or source != "bomb.xml"
    assert list(tmp_path.iterdir()) == []


def test_a_part_of_an_export_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "half.xml").write_bytes(EXPORT.read_bytes()[:3000])
    assert move(tmp_path / "half.xml", tmp_path / "content")[0] == 2
    assert "refaites l’export" in capsys.readouterr().err


def test_a_folder_leaves_its_theme_behind(mirror: Path) -> None:
    said = "".join(data.decode() for name, data in files(mirror).items() if name.endswith(".md"))
    assert "du thème" not in said
    assert "Second étage." in said


def test_a_page_without_charset_is_read_as_windows_wrote_it(mirror: Path) -> None:
    douleur = text(mirror, "pages/douleur.fr.md")
    assert "Title: La douleur n’est pas « normale »" in douleur
    assert "même à 50 €" in douleur


def test_pages_that_name_each_other_by_hreflang_are_one_page(mirror: Path) -> None:
    names = {name for name in files(mirror) if "douleur" in name}
    assert names == {f"pages/douleur.{code}.md" for code in ("fr", "en", "he")}
    assert "Slug: keev" in text(mirror, "pages/douleur.he.md")


def test_the_address_of_a_page_that_only_led_on_leads_on_still(mirror: Path) -> None:
    assert '"/vieux.html" = "accueil.fr"' in text(mirror, "redirects.toml")


def test_a_page_is_one_whatever_wget_has_called_its_file(tmp_path: Path) -> None:
    """Without --adjust-extension, a page keeps its query, or an ending that is none of HTML's."""
    folder = tmp_path / "www.dr-ancien.example"
    folder.mkdir()
    for name in ("index.html?p=12", "soins.php", "a-propos"):
        (folder / name).write_text("<html lang=fr><main><h1>Accouchement</h1><p>Un.</p>", "utf-8")
    (folder / "style").write_text("p { color: red }", "utf-8")
    assert move(tmp_path, tmp_path / "content")[0] == 0
    redirects = text(tmp_path / "content", "redirects.toml")
    for line in (
        '"/?p=12" = "accouchement.fr"',
        '"/soins.php" = "soins.fr"',
        '"/a-propos" = "cabinet.fr"',
    ):
        assert line in redirects


def test_a_language_that_nobody_names_is_said_to_be_a_guess(
    mirror: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    guess = "les pages qui ne disent pas leur langue ont été lues comme fr"
    assert guess in report(mirror)
    assert guess not in move(MIRROR, tmp_path / "content", "--lang", "fr")[1]
    assert move(MIRROR, tmp_path / "other", "--lang", "de")[0] == 2
    assert "--lang de n’est pas une langue du cabinet" in capsys.readouterr().err


def built(markdown: str) -> Document:
    """A text as the site's extensions of Markdown read it."""
    html = Markdown(extensions=[*EXTENSIONS, "admonition", "toc"], output_format="html").convert(
        markdown
    )
    return Document(f"<main>{html}</main>")


def test_no_text_gives_its_paragraph_an_attribute() -> None:
    """`{: …}` means something here, and meant nothing there."""
    old = "<p>a<br>{: onclick=x}</p><h2>b {: onclick=x}</h2><p><em>c</em>{: onclick=x}</p>"
    page = built(PROSE.markdown(tree(old)))
    assert page.words.count("{: onclick=x}") == 3
    assert [one for one in page.elements if "onclick" in one.attributes] == []


@given(st.text(alphabet="ab1 *_`[]{}()#>+-.!&<;:|=~\\\"'/^$\n", min_size=1, max_size=40))
@example("!!! advice")
@example("<b>a</b>")
@example("<script>a</script>")
@example("[a]: javascript:x")
@example("&lt;script&gt;")
@example("1. a")
def test_words_are_shown_as_they_were_written(words: str) -> None:
    """Nothing that stood in an old text is read as Markdown, and nothing becomes HTML."""
    soup = tree("<p></p>")
    assert soup.p
    soup.p.string = words
    markdown = PROSE.markdown(tree(str(soup)))
    assert built(markdown).words == " ".join(words.split())
