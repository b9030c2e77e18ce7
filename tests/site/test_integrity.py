"""What a page loads, it takes byte for byte as it was published, or not at all (W3C SRI)."""

import base64
import hashlib
import re
from pathlib import Path

import pytest

from tests.serving import theme_in
from tests.site.document import Document

Documents = dict[str, Document]
LATER = re.compile(r'load\(root, "(\w+)"\)|\["details", "(\w+)"\]')


def expected(site: Path, address: str) -> str:
    digest = hashlib.sha256((site / address.lstrip("/")).read_bytes()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def test_every_script_and_style_of_every_page_says_what_it_must_be(
    site: Path, documents: Documents
) -> None:
    for where, page in documents.items():
        scripts = {one.attributes["src"]: one for one in page.all("script", type="module")}
        styles = {one.attributes["href"]: one for one in page.all("link", rel="stylesheet")}
        assert styles, where
        for address, element in {**scripts, **styles}.items():
            assert element.attributes["integrity"] == expected(site, address), where


def told(page: Document) -> dict[str, str]:
    """The modules a page may load later, and what it says they must be."""
    (root,) = [one for one in page.elements if "data-modules" in one.attributes]
    words = root.attributes["data-modules"].split()
    return dict(zip(words[::2], words[1::2], strict=True))


@pytest.mark.parametrize("where", ["/rendez-vous/", "/he/appointment/", "/gerer/"])
def test_no_module_is_imported_that_the_page_does_not_vouch_for(
    site: Path, documents: Documents, where: str
) -> None:
    """A static import finds what a script element above it has loaded; `load` brings all others."""
    page, folder = documents[where], theme_in(site) / "js"
    vouched = told(page)
    for name, integrity in vouched.items():
        assert integrity == expected(site, f"/{(folder / name).relative_to(site)}.js")
    first = [Path(one.attributes["src"]).stem for one in page.all("script", type="module")]
    texts = {name: (folder / f"{name}.js").read_text("utf-8") for name in [*first, *vouched]}
    static = {name for text in texts.values() for name in re.findall(r'from "\./(\w+)\.js"', text)}
    later = {name for text in texts.values() for pair in LATER.findall(text) for name in pair}
    assert static == {"flow"}
    assert first[0] == "flow"
    assert later - {""} <= set(vouched)
    assert {n for n, text in texts.items() if re.search(r"\bimport\(", text)} == {"flow"}
