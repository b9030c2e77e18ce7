"""A signed release of the kit: made by a maintainer, checked by everybody.

A release is a folder: the source (`.tar`), its history (`.bundle`, from which a clone takes it),
the bill of materials, `SHA256SUMS` of them all, and the signature of that.
"""

import re
import tomllib
from hashlib import file_digest
from pathlib import Path

from deploy.kit.git import Git
from deploy.kit.sbom import bill, locks
from deploy.kit.signing import ALLOWED, BadSignature, sign, signer

SUMS = "SHA256SUMS"
LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9][A-Za-z0-9._-]*)")
BUNDLE = re.compile(r"souspli-(.+)\.bundle")


class NotReady(RuntimeError):
    """No release is made of this; says what is missing."""


def make(root: Path, version: str, key: Path, folder: Path) -> None:
    """Write the release of the last commit, and its signed tag. Raises NotReady, BadSignature."""
    git = Git(root)
    ready(git, version)
    if folder.exists():
        raise NotReady(f"{folder} is there already")
    tagging = ("-c", "gpg.format=ssh", "-c", f"user.signingkey={key.resolve()}")
    tag = f"v{version}"
    git(*tagging, "tag", "--sign", "--message", f"Souspli {version}", tag)
    folder.mkdir(parents=True)
    name, to = f"souspli-{version}", folder.resolve()
    git("archive", "--format=tar", f"--prefix={name}/", f"--output={to / name}.tar", tag)
    git("bundle", "create", f"{to / name}.bundle", tag)
    text = bill(locks(root), (root / "pyproject.toml").read_text("utf-8"))
    (folder / f"{name}.cdx.json").write_text(text, "utf-8")
    lines = [f"{digest(path)}  {path.name}\n" for path in sorted(folder.iterdir())]
    (folder / SUMS).write_text("".join(lines), "ascii")
    sign(folder / SUMS, key)


def ready(git: Git, version: str) -> None:
    """Whether all that a release says of itself is true of the last commit."""
    if changed := git.changed():
        raise NotReady(f"commit first: {', '.join(changed)}")
    project = tomllib.loads((git.root / "pyproject.toml").read_text("utf-8"))["project"]
    if project["version"] != version:
        raise NotReady(f"pyproject.toml: version is {project['version']}, write {version}")
    if f"\n## {version}\n" not in (git.root / "docs" / "CHANGELOG.md").read_text("utf-8"):
        raise NotReady(f"docs/CHANGELOG.md: there is no heading '## {version}'")
    if git("tag", "--list", f"v{version}"):
        raise NotReady(f"the tag v{version} is there already: a release is never made twice")


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def verify(folder: Path, root: Path) -> str:
    """Who signed this release; every file is held to its digest. Raises BadSignature.

    Who may sign is what the clone at `root` says, never what came along with the release.
    """
    who = signer(folder / SUMS, root / ALLOWED)
    named = {SUMS, f"{SUMS}.sig"}
    for line in (folder / SUMS).read_text("ascii").splitlines():
        found = LINE.fullmatch(line)
        if not found:
            raise BadSignature(f"{folder / SUMS}: not a line of digests: {line}")
        path = folder / found[2]
        if not path.is_file() or digest(path) != found[1]:
            raise BadSignature(f"{path} is not the file that {who} signed: fetch it again")
        named.add(path.name)
    if more := {path.name for path in folder.iterdir()} - named:
        raise BadSignature(f"{folder}: nobody signed {', '.join(sorted(more))}")
    return who


def bundle_of(folder: Path) -> tuple[Path, str]:
    """The history in a release's folder, and the tag that it brings."""
    for path in sorted(folder.iterdir()):
        if found := BUNDLE.fullmatch(path.name):
            return path, f"v{found[1]}"
    raise BadSignature(f"{folder} holds no history (souspli-VERSION.bundle)")
