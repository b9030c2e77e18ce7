"""A kit of its own, with a maintainer, a stranger, and a doctor who has cloned it."""

import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.kit import release
from deploy.kit.git import Git
from deploy.kit.sbom import FILES
from deploy.kit.signing import ALLOWED
from tests.house.tree import ROOT, files

VERSION = "0.2.0"
TAG = f"v{VERSION}"


def ssh_key(path: Path) -> Path:
    made = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", path.name, "-f", str(path)]
    subprocess.run(made, check=True)
    return path


def repository(root: Path) -> Git:
    """A folder that git keeps, with somebody who commits."""
    git = Git(root)
    git("init", "--quiet", "--initial-branch=main")
    return known(git)


def known(git: Git) -> Git:
    git("config", "user.name", "Somebody")
    git("config", "user.email", "somebody@example.org")
    return git


def commit(git: Git, **texts: str) -> None:
    """Write files, named by their path with `__` for `/` and `_` for the dot; commit all."""
    for name, text in texts.items():
        stem, _, ending = name.rpartition("_")
        path = git.root / f"{stem.replace('__', '/')}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    git("add", "--all")
    git("commit", "--quiet", "--message", "A change")


@dataclass(frozen=True)
class Kit:
    """The kit as its maintainer has it, at version 0.1.0, and the keys of two people."""

    git: Git
    key: Path
    stranger: Path

    def release(self, folder: Path, key: Path | None = None, version: str = VERSION) -> Path:
        """The next version, with a line in its changelog, signed; its folder."""
        project = (self.git.root / "pyproject.toml").read_text("utf-8")
        old = next(line for line in project.splitlines() if line.startswith("version = "))
        commit(
            self.git,
            pyproject_toml=project.replace(old, f'version = "{version}"'),
            docs__CHANGELOG_md=f"# Changelog\n\n## {version}\n\n- Doors open by themselves.\n",
        )
        release.make(self.git.root, version, key or self.key, folder)
        return folder


SMALL = ("pyproject.toml", *FILES.values(), "content/practice.toml")
VERBS = """from pathlib import Path

from invoke.tasks import task


@task
def build(_):
    Path("built").touch()


@task
def check(_):
    wanted = Path("wanted.txt").read_text()
    assert wanted in Path("content/practice.toml").read_text(), f"practice.toml: write {wanted}"
"""
"""Of the small kit: it wants to find a word in the facts."""


def begun(tmp_path: Path) -> Kit:
    """An empty kit, whose maintainer may sign."""
    root = tmp_path / "kit"
    root.mkdir()
    made = Kit(repository(root), ssh_key(tmp_path / "maintainer"), ssh_key(tmp_path / "stranger"))
    kind, body = (tmp_path / "maintainer.pub").read_text("ascii").split()[:2]
    (root / ALLOWED).parent.mkdir(parents=True)
    named = f'ada@example.org namespaces="souspli-release,git" {kind} {body}\n'
    (root / ALLOWED).write_text(named, "ascii")
    return made


def copy(names: Iterable[str], to: Path) -> None:
    for name in names:
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, to / name)


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    """A kit with few files and two verbs, in which a release takes no time."""
    made = begun(tmp_path)
    copy(SMALL, made.git.root)
    commit(
        made.git,
        tasks_py=VERBS,
        wanted_txt="zone",
        docs__CHANGELOG_md="# Changelog\n",
        content__pages__accueil_md="The demonstration's home\n",
        theme__templates__base_html="<main>\n{{ page }}\n</main>\n",
        theme__static__site_css="a { color: blue }\n",
    )
    return made


@pytest.fixture
def whole_kit(tmp_path: Path) -> Kit:
    """All that this repository holds."""
    made = begun(tmp_path)
    copy((path.as_posix() for path in files() if path != ALLOWED), made.git.root)
    commit(made.git)
    return made


def cloned(kit: Kit) -> Git:
    """The clone of a doctor, as `git clone` makes it."""
    folder = kit.git.root.with_name("doctor")
    kit.git("clone", "--quiet", str(kit.git.root), str(folder))
    return known(Git(folder))


@pytest.fixture
def doctor(kit: Kit) -> Git:
    """A clone whose texts, and one template, are her own."""
    git = cloned(kit)
    commit(
        git,
        content__pages__accueil_md="Our practice\n",
        content__templates__base_html="<main>mine</main>\n",
    )
    return git
