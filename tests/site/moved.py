"""An older site moved in, and completed as its doctor would: what several tests look at."""

import re
from pathlib import Path

from deploy.importing.__main__ import main
from tests.serving import ROOT

OLD = ROOT / "tests" / "site" / "old"
EXPORT, MIRROR = OLD / "export.xml", OLD / "www.dr-ancien.example"

ANSWERS = {
    "Summary": "Une phrase.",
    "Date": "2019-05-06",
    "Reviewed": "2026-11-20",
    "Author": "Dr Hélène Valombreuse",
    "Interests": "none",
    "Sources": "Titre | Éditeur | 2024 | https://www.has-sante.fr/",
}


def move(source: Path, content: Path, *words: str) -> tuple[int, str]:
    """Exit code of the import and all that it said."""
    said: list[str] = []
    code = main([str(source), "--content", str(content), *words], said.append)
    return code, "\n".join(map(str, said))


def move_export(content: Path, *words: str) -> str:
    code, said = move(EXPORT, content, "--pictures", str(OLD / "uploads"), *words)
    assert code == 0
    return said


def complete(content: Path) -> None:
    """Write what the report asks for: an original, lines of heads, pictures' words and makers."""
    original = (content / "pages" / "page-90.he.md").read_text("utf-8")
    (content / "pages" / "page-90.fr.md").write_text(original, "utf-8")
    for file in content.rglob("*.md"):
        text = file.read_text("utf-8")
        for name, answer in ANSWERS.items():
            text = re.sub(rf"^{name}:$", f"{name}: {answer}", text, flags=re.MULTILINE)
        text = text.replace("![](", "![Ce que l’on voit](").replace(' | ")', ' | Prénom Nom")')
        file.write_text(text, "utf-8")


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
