"""Pictures: only pixels are published, in sizes, with room kept, words and a name."""

import io
import re
import shutil
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Route

from booking_endpoint.facts import BadPractice
from booking_endpoint.reading import read_practice
from tests.serving import ROOT
from tests.site.document import Document
from tests.site.test_build import build, files
from theme.plugins.images import images_in
from theme.plugins.pictures import Album, BadPicture, convert
from theme.plugins.plans import BadPlan, drawing

PLACE, CAMERA = "Lieu secret 7b41", "Camera secrete 9c02"
FACTS = (ROOT / "content" / "practice.toml").read_text("utf-8")


def photograph(kind: str = "JPEG", size: tuple[int, int] = (900, 600), turned: int = 1) -> bytes:
    """A picture that tells where, when and with what it was taken, in every place there is."""
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    exif = Image.Exif()
    exif[0x0112], exif[0x0110], exif[0x010E] = turned, CAMERA, PLACE
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 29.0), 3: "E", 4: (2.0, 17.0, 40.0)})
    written = io.BytesIO()
    xmp = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'>{PLACE}</x:xmpmeta>".encode()
    image.save(written, kind, exif=exif, xmp=xmp, comment=CAMERA.encode())
    return written.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_of_a_picture_is_published_but_its_pixels(kind: str) -> None:
    original = photograph(kind)
    assert PLACE.encode() in original
    for converted in convert(original):
        assert PLACE.encode() not in converted
        assert CAMERA.encode() not in converted
        with Image.open(io.BytesIO(converted)) as image:
            assert not image.getexif()
            assert not {"exif", "xmp", "icc_profile", "comment"} & set(image.info)


def test_a_photograph_with_its_place_in_it_leaves_no_trace_in_a_built_site(
    site: Path, tmp_path: Path
) -> None:
    """Nor is the original anywhere, under whatever name."""
    content = tmp_path / "content"
    shutil.copytree(ROOT / "content" / "images", content / "images")
    original = photograph()
    (content / "images" / "vacances.jpg").write_bytes(original)
    (content / "images" / "lost.jpg").write_bytes(photograph("JPEG", (30, 30)))
    (content / "pages").mkdir()
    page = 'Title: A\nSummary: B\n\n![Une salle](images/vacances.jpg "La salle | Moi")\n'
    (content / "pages" / "cabinet.fr.md").write_text(page, "utf-8")
    code, said = build(site.parent / "practice.toml", tmp_path / "site", str(content))
    assert code == 0, said
    built = files(tmp_path / "site")
    for name, data in built.items():
        assert PLACE.encode() not in data, name
        assert CAMERA.encode() not in data, name
        assert data != original, name
    assert {Path(name).suffix for name in built if name.startswith("images/")} == {
        *(".avif", ".webp", ".png")
    }


def size_of(file: Path) -> tuple[int, int]:
    with Image.open(file) as image:
        return image.size


def test_a_picture_is_turned_as_it_was_taken_and_never_enlarged(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(photograph(size=(900, 600), turned=6))
    album = Album(tmp_path, tmp_path / "cache")
    picture = album.picture("a.jpg")
    assert (picture.width, picture.height) == (600, 900)
    assert picture.widths == [400, 600]
    album.publish(tmp_path / "site")
    assert set(map(size_of, (tmp_path / "site" / "images").iterdir())) == {(400, 600), (600, 900)}


def test_a_picture_is_converted_once(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(photograph(size=(60, 40)))
    Album(tmp_path, tmp_path / "cache").picture("a.jpg")
    kept = {file: file.stat().st_mtime_ns for file in (tmp_path / "cache").iterdir()}
    Album(tmp_path, tmp_path / "cache").picture("a.jpg")
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "cache").iterdir()} == kept


def test_what_is_no_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("a letter")
    with pytest.raises(BadPicture, match=r"a\.jpg: there is no picture here"):
        Album(tmp_path, tmp_path / "cache").picture("a.jpg")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('![](images/a.jpg "| Moi")', "say between the brackets what the picture shows"),
        ("![Une salle](images/a.jpg)", "names nobody who made it"),
        ('![Une salle](images/a.jpg "La salle")', "names nobody who made it"),
        ('![Une salle](images/a.jpg "La salle | ")', "names nobody who made it"),
        ('![Une salle](https://example.org/a.jpg "| Moi")', "is not in content/images"),
        ('![Une salle](images/../practice.toml "| Moi")', "is not in content/images"),
        ("![Une salle][salle]", "this picture cannot be read"),
        ('<img src="images/a.jpg">', "this picture cannot be read"),
    ],
)
def test_a_picture_without_words_or_a_name_is_refused_with_its_line(
    written: str, said: str
) -> None:
    with pytest.raises(BadPicture, match=rf"^line 4: .*{re.escape(said)}"):
        list(images_in(f"Title: A\nSummary: B\n\n{written}\n"))


def test_decoration_says_so() -> None:
    ((line, written),) = images_in('\n![](images/a.jpg "| Moi"){.decoration}')
    assert (line, written.alt, written.caption, written.credit) == (2, "", "", "Moi")


def test_a_missing_word_ends_the_build_with_file_and_line(site: Path, tmp_path: Path) -> None:
    page = tmp_path / "content" / "pages" / "cabinet.fr.md"
    page.parent.mkdir(parents=True)
    page.write_text("Title: A\nSummary: B\n\nUn.\n\n![](images/a.jpg)\n", "utf-8")
    code, said = build(site.parent / "practice.toml", tmp_path / "site", str(tmp_path / "content"))
    assert code == 1
    assert f"{page}, ligne 6\xa0: images/a.jpg\xa0: dites entre" in said.replace("\n", "")


def test_every_picture_of_every_page_has_room_words_and_a_name(
    documents: dict[str, Document],
) -> None:
    seen = 0
    for where, page in documents.items():
        images = list(page.all("img"))
        for number, image in enumerate(images):
            seen += 1
            assert {"width", "height", "alt", "srcset", "sizes"} <= set(image.attributes), where
            assert image.attributes["alt"], where
            assert image.within(tag="figure"), where
            assert number == 0 or image.attributes["loading"] == "lazy", where
        credits = [text for text, at in page.texts if at.within(tag="figcaption") and "CC0" in text]
        drawn = [
            one for one in page.elements if one.tag == "svg" and one.within(**{"class": "plan"})
        ]
        assert len(credits) == len(images) + len(drawn), where
    assert seen == 8  # a portrait and a front, each on one page, in four languages


@pytest.mark.parametrize(("where", "scheme"), [("/acces/", "light"), ("/he/directions/", "dark")])
def test_pictures_move_nothing_when_they_come(
    browser: Browser, served: str, where: str, scheme: str
) -> None:
    """However late. A browser takes the AVIF; the words of the plan can be read."""
    context = browser.new_context(
        viewport={"width": 390, "height": 800}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = context.new_page()
    page.add_init_script(
        "window.moved = 0; new PerformanceObserver(list => list.getEntries()"
        ".forEach(one => moved += one.value)).observe({type: 'layout-shift', buffered: true})"
    )
    held: list[Route] = []
    page.route("**/images/*", lambda route: held.append(route))
    page.goto(served + where, wait_until="domcontentloaded")
    page.locator("figcaption").last.scroll_into_view_if_needed()
    page.wait_for_timeout(200)
    (picture,) = held
    picture.continue_()
    page.wait_for_function("document.querySelector('img').complete")
    page.wait_for_timeout(200)
    assert page.evaluate("document.querySelector('img').currentSrc").endswith("-400.avif")
    assert page.evaluate("moved") < 0.01
    for text, ground in page.evaluate(GROUNDS):
        assert contrast(text, ground) >= 4.5
    context.close()


GROUNDS = """() => {
    const colour = one => getComputedStyle(one)
    const plan = document.querySelector(".plan svg"), [shape] = plan.querySelectorAll("g[fill]")
    const [circle, letter] = [plan.querySelector("circle"), plan.querySelector("text")]
    const word = plan.querySelector("g text")
    return [[colour(word).fill, colour(shape).fill],
        [colour(word).fill, colour(document.body).backgroundColor],
        [colour(letter).fill, colour(circle).fill]]
}"""


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's contrast ratio of two colours such as `rgb(1, 2, 3)`."""

    def luminance(colour: str) -> float:
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" {}>{}</svg>'


@pytest.mark.parametrize(
    ("attributes", "inside", "said"),
    [
        ("", "<script>1</script>", "take <script> out"),
        ("", "<style>@import 'x'</style>", "take <style> out"),
        ("", '<image href="x.png"/>', "take <image> out"),
        ("", "<foreignObject/>", "take <foreignObject> out"),
        ("", '<a href="https://example.org"><path d=""/></a>', "take <a> out"),
        ("", '<path d="M0 0" onclick="x()"/>', "nothing in a drawing may run"),
        ('onload="x()"', "", "nothing in a drawing may run"),
        ("", '<path fill="url(https://example.org/a)"/>', "may use no other file"),
        ("", '<path style="fill: url(#a)"/>', "may use no other file"),
        ("", '<g xmlns:x="http://www.w3.org/1999/xlink" x:href="a.svg"/>', "may use no other file"),
    ],
)
def test_a_plan_that_could_run_or_ask_is_refused(attributes: str, inside: str, said: str) -> None:
    with pytest.raises(BadPlan, match=re.escape(said)):
        drawing(SVG.format(attributes, inside), "Plan")


def test_a_plan_with_a_doctype_is_refused() -> None:
    with pytest.raises(BadPlan, match="DOCTYPE"):
        drawing(f'<!DOCTYPE svg [<!ENTITY a SYSTEM "/etc/passwd">]>{SVG.format("", "&a;")}', "Plan")


def test_what_a_drawing_program_writes_for_itself_is_left_out() -> None:
    inside = (
        '<metadata>Chez moi</metadata><x:view xmlns:x="urn:x" x:at="/home/moi"/>'
        '<path id="p1" style="fill:#123456;-x-secret:moi" d="M0 0h1"/>'
    )
    drawn = drawing(SVG.format("", inside), "Plan « à pied »")
    assert drawn == (
        '<svg viewBox="0 0 9 9" role="img" aria-label="Plan « à pied »" direction="ltr">'
        '<path d="M0 0h1" fill="#123456" /></svg>'
    )


def test_the_plan_says_the_way_in_words(documents: dict[str, Document]) -> None:
    for where, words in (("/acces/", "Métro Voltaire"), ("/he/directions/", "Voltaire, קו 9")):
        (plan,) = [one for one in documents[where].all("svg", role="img") if one.around]
        assert words in plan.attributes["aria-label"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('portrait_credit = "', '# "', "portrait_credit: is missing"),
        ('"images/portrait.jpg"', '"images/portrait.svg"', "write a file such as"),
        ('"images/plan.svg"', '"https://example.org/plan.svg"', "write a file such as"),
        ('"images/plan.svg"', '"images/../plan.svg"', "write a file such as"),
    ],
)
def test_a_picture_of_the_facts_without_a_name_or_a_place_is_refused(
    old: str, new: str, said: str
) -> None:
    with pytest.raises(BadPractice, match=said):
        read_practice(FACTS.replace(old, new, 1))


def test_a_page_that_is_shared_shows_a_picture_that_is_there(
    site: Path, pages: dict[str, Document]
) -> None:
    """A page on which one books or cancels is not one to send around: it has none."""
    shown = {}
    for where, page in pages.items():
        told = {
            meta.attributes["property"]: meta.attributes["content"]
            for meta in page.all("meta")
            if "property" in meta.attributes
        }
        if "og:image" in told:
            shown[where] = told["og:image"]
            assert told["og:title"], where
            assert told["og:url"] == where
    (address,) = set(shown.values())
    assert size_of(site / address.lstrip("/")) == (1200, 630)
    without = {where.strip("/").split("/")[-1] for where in set(pages) - set(shown)}
    assert without == {
        *("rendez-vous", "appointment", "appuntamento", "gerer", "manage", "gestire")
    }
