"""A release is believed when somebody who may has signed it, for this, whole; and else not."""

import subprocess
import tarfile
from pathlib import Path

import pytest

from deploy.kit.release import SUMS, NotReady, make, verify
from deploy.kit.signing import ALLOWED, BadSignature, sign
from tests.house.tree import ROOT
from tests.kit.conftest import VERSION, Kit, commit


def test_a_release_is_whole_and_says_who_signed_it(kit: Kit, tmp_path: Path) -> None:
    folder = kit.release(tmp_path / "release")
    assert verify(folder, kit.git.root) == "ada@example.org"
    named = {f"souspli-{VERSION}.{end}" for end in ("tar", "bundle", "cdx.json")}
    assert {path.name for path in folder.iterdir()} == {*named, SUMS, f"{SUMS}.sig"}
    with tarfile.open(folder / f"souspli-{VERSION}.tar") as source:
        assert f"souspli-{VERSION}/tasks.py" in source.getnames()


def test_the_source_of_a_release_is_the_same_wherever_it_is_packed(
    kit: Kit, tmp_path: Path
) -> None:
    """Whoever has the tag can make the archive, and compare."""
    folder = kit.release(tmp_path / "release")
    kit.git("clone", "--quiet", str(kit.git.root), str(tmp_path / "other"))
    words = [
        "git",
        "archive",
        f"--prefix=souspli-{VERSION}/",
        "--output=../again.tar",
        f"v{VERSION}",
    ]
    subprocess.run(words, cwd=tmp_path / "other", check=True)
    again = (tmp_path / "again.tar").read_bytes()
    assert again == (folder / f"souspli-{VERSION}.tar").read_bytes()


def test_what_is_not_as_it_was_signed_is_refused(kit: Kit, tmp_path: Path) -> None:
    """A file, the list of files, the signature, a file too many or too few; each by its name."""
    folder = kit.release(tmp_path / "release")
    bundle, sums = folder / f"souspli-{VERSION}.bundle", folder / SUMS
    for path, wrong in (
        (bundle, bundle.read_bytes() + b"x"),
        (sums, sums.read_bytes().replace(b"0", b"1", 1)),
        (sums.with_name(f"{SUMS}.sig"), b"-----BEGIN SSH SIGNATURE-----\n"),
        (folder / "more.sh", b"echo"),
        (bundle, None),
        (sums.with_name(f"{SUMS}.sig"), None),
    ):
        before = path.read_bytes() if path.exists() else None
        path.unlink(missing_ok=True)
        if wrong is not None:
            path.write_bytes(wrong)
        with pytest.raises(BadSignature, match=path.name.removesuffix(".sig")):
            verify(folder, kit.git.root)
        path.unlink(missing_ok=True)
        if before is not None:
            path.write_bytes(before)
    assert verify(folder, kit.git.root)


def test_a_key_that_nobody_allowed_signs_nothing(kit: Kit, tmp_path: Path) -> None:
    folder = kit.release(tmp_path / "release", kit.stranger)
    with pytest.raises(BadSignature, match="nobody whom"):
        verify(folder, kit.git.root)


@pytest.mark.parametrize("namespaces", ["", ' namespaces="souspli-release"'])
def test_a_signature_for_something_else_is_none_of_ours(
    kit: Kit, tmp_path: Path, namespaces: str
) -> None:
    """Whatever the allowed line says: the same key signs mails and commits."""
    folder = kit.release(tmp_path / "release")
    allowed = kit.git.root / ALLOWED
    who, *_rest, kind, body = allowed.read_text("ascii").split()
    allowed.write_text(f"{who}{namespaces} {kind} {body}\n", "ascii")
    assert verify(folder, kit.git.root)
    (folder / f"{SUMS}.sig").unlink()
    words = ["ssh-keygen", "-q", "-Y", "sign", "-n", "file", "-f", str(kit.key), str(folder / SUMS)]
    subprocess.run(words, check=True, capture_output=True)
    with pytest.raises(BadSignature):
        verify(folder, kit.git.root)
    sign(folder / SUMS, kit.key)
    assert verify(folder, kit.git.root)


def test_what_a_release_says_of_itself_must_be_true(kit: Kit, tmp_path: Path) -> None:
    root, folder = kit.git.root, tmp_path / "release"
    with pytest.raises(NotReady, match=r"pyproject\.toml: version is 0\.1\.0, write 0\.2\.0"):
        make(root, VERSION, kit.key, folder)
    text = (root / "pyproject.toml").read_text("utf-8")
    (root / "pyproject.toml").write_text(text.replace('"0.1.0"', f'"{VERSION}"'), "utf-8")
    with pytest.raises(NotReady, match=r"commit first: pyproject\.toml"):
        make(root, VERSION, kit.key, folder)
    commit(kit.git)
    with pytest.raises(NotReady, match=r"CHANGELOG\.md: there is no heading '## 0\.2\.0'"):
        make(root, VERSION, kit.key, folder)
    assert not folder.exists()
    kit.release(folder)
    with pytest.raises(NotReady, match=r"never made twice"):
        make(root, VERSION, kit.key, tmp_path / "again")


def test_who_is_named_to_sign_may_sign_releases_and_nothing_else() -> None:
    """The list that comes with the kit names whole lines of ssh-keygen(1), or nobody."""
    lines = (ROOT / ALLOWED).read_text("ascii").splitlines()
    named = [line for line in lines if line and not line.startswith("#")]
    assert [line for line in named if 'namespaces="souspli-release,git"' not in line] == []
