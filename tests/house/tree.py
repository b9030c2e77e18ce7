"""The repository as the house's checks see it: its files, and what each module imports."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def files() -> tuple[Path, ...]:
    """Every file that is in git or about to be, from the root; nothing that git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    paths = sorted({Path(name) for name in listed.split("\0") if name})
    return tuple(path for path in paths if (ROOT / path).is_file())


def python_files() -> list[Path]:
    return [path for path in files() if path.suffix == ".py"]


def syntax(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text("utf-8"), str(path))


def name(path: Path) -> str:
    """The module a file holds: `desk/agenda.py` is `desk.agenda`, and `desk/__init__.py` `desk`."""
    return ".".join(part for part in path.with_suffix("").parts if part != "__init__")


def imported(path: Path) -> Iterator[str]:
    """The dotted name of all that a file imports, wherever in it: `from a import b` is `a.b`."""
    package = name(path.parent / "__init__.py").split(".")
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            origin = [*above, *filter(None, [node.module])]
            yield from (".".join([*origin, alias.name]) for alias in node.names)
