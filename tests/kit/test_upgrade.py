"""A new release comes into a doctor's clone: signed, whole, and never over what she wrote."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.kit import release, upgrade
from deploy.kit.git import Git
from tests.house.tree import ROOT
from tests.kit.conftest import TAG, Kit, cloned, commit


def yes(_question: str) -> bool:
    return True


def upgraded(doctor: Git, folder: Path | None = None, to: str = "", abort: bool = False) -> int:
    return upgrade.run(doctor.root, to, folder, yes, abort=abort)


def tree(git: Git) -> dict[str, bytes]:
    """Every file but git's own, so that not a byte is overlooked."""
    return {
        str(path.relative_to(git.root)): path.read_bytes()
        for path in git.root.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(git.root).parts
    }


def content(git: Git) -> dict[str, bytes]:
    return {name: text for name, text in tree(git).items() if name.startswith("content/")}


def next_release(kit: Kit, tmp_path: Path, **texts: str) -> Path:
    """A release in which the kit changed its own demonstration, and more."""
    commit(
        kit.git,
        content__pages__accueil_md="The demonstration's new home\n",
        content__pages__more_md="A page that the demonstration now has\n",
        content__templates__base_html="<main>the kit's</main>\n",
        theme__static__site_css="a { color: green }\n",
        **texts,
    )
    return kit.release(tmp_path / "release")


Texts = dict[str, str]


@pytest.mark.parametrize("from_folder", [True, False], ids=["from a folder", "from the remote"])
def test_a_release_comes_in_and_content_stays_as_it_was(
    kit: Kit, doctor: Git, tmp_path: Path, capfd: pytest.CaptureFixture[str], from_folder: bool
) -> None:
    before = content(doctor)
    folder = next_release(kit, tmp_path)
    assert upgraded(doctor, folder if from_folder else None) == upgrade.DONE
    said = capfd.readouterr().out
    assert f"{TAG}, signed by ada@example.org" in said
    assert "- Doors open by themselves." in said
    assert content(doctor) == before
    assert tree(doctor)["theme/static/site.css"] == b"a { color: green }\n"
    assert tree(doctor).keys() >= {"built"}
    assert doctor.changed() == []
    assert upgraded(doctor, folder) == upgrade.DONE
    assert "in this clone already" in capfd.readouterr().out


def test_content_is_not_touched_for_a_moment(kit: Kit, doctor: Git, tmp_path: Path) -> None:
    """Not written and put back: a file that was written has another time."""
    before = {path: path.stat().st_mtime_ns for path in (doctor.root / "content").rglob("*")}
    assert upgraded(doctor, next_release(kit, tmp_path)) == upgrade.DONE
    assert before == {
        path: path.stat().st_mtime_ns for path in (doctor.root / "content").rglob("*")
    }


def test_one_release_after_the_other_brings_only_what_is_new(
    kit: Kit, doctor: Git, tmp_path: Path
) -> None:
    before = content(doctor)
    assert upgraded(doctor, next_release(kit, tmp_path)) == upgrade.DONE
    commit(doctor, theme__static__site_css="a { color: red }\n")
    commit(kit.git, content__pages__accueil_md="Newer still\n", theme__templates__base_html="<p>\n")
    assert upgraded(doctor, kit.release(tmp_path / "third", version="0.3.0")) == upgrade.DONE
    assert content(doctor) == before
    assert tree(doctor)["theme/static/site.css"] == b"a { color: red }\n"
    assert tree(doctor)["theme/templates/base.html"] == b"<p>\n"


def test_a_file_that_both_changed_is_explained_and_all_can_be_put_back(
    kit: Kit, doctor: Git, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    commit(doctor, theme__templates__base_html="<main class='mine'>\n{{ page }}\n</main>\n")
    before, last = tree(doctor), doctor("rev-parse", "HEAD")
    folder = next_release(
        kit, tmp_path, theme__templates__base_html="<main id='top'>\n{{ page }}\n</main>\n"
    )
    assert upgraded(doctor, folder) == upgrade.CONFLICTS
    said = capfd.readouterr().out
    assert "theme/templates/base.html: you changed it, and so did the kit." in said
    assert "content/templates/base.html: no upgrade ever touches it" in said
    assert "tasks.py upgrade --abort" in said
    assert upgraded(doctor, abort=True) == upgrade.DONE
    assert (tree(doctor), doctor("rev-parse", "HEAD"), doctor.changed()) == (before, last, [])


def test_when_the_marks_are_out_the_same_command_goes_on(
    kit: Kit, doctor: Git, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    commit(doctor, theme__templates__base_html="<main class='mine'>\n{{ page }}\n</main>\n")
    folder = next_release(kit, tmp_path, theme__templates__base_html="<main id='top'>\n")
    assert upgraded(doctor, folder) == upgrade.CONFLICTS
    doctor("add", "theme/templates/base.html")
    capfd.readouterr()
    assert upgraded(doctor) == upgrade.CONFLICTS
    assert "theme/templates/base.html: git's marks still stand in it" in capfd.readouterr().out
    (doctor.root / "theme/templates/base.html").write_text(
        "<main class='mine' id='top'>\n", "utf-8"
    )
    doctor("add", "theme/templates/base.html")
    assert upgraded(doctor) == upgrade.DONE
    assert doctor.changed() == []


def test_a_file_that_one_took_away_and_the_other_changed_is_explained(
    kit: Kit, doctor: Git, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    doctor("rm", "--quiet", "theme/static/site.css")
    doctor("commit", "--quiet", "--message", "No style")
    assert upgraded(doctor, next_release(kit, tmp_path)) == upgrade.CONFLICTS
    said = capfd.readouterr().out
    assert "theme/static/site.css: you took it away, and the kit changed it." in said
    assert "git rm theme/static/site.css" in said


def altered(_kit: Kit, folder: Path) -> None:
    with (folder / "souspli-0.2.0.bundle").open("ab") as bundle:
        bundle.write(b"x")


def unsigned(kit: Kit, _folder: Path) -> None:
    kit.git("tag", "--force", TAG, "HEAD")


def by_a_stranger(kit: Kit, _folder: Path) -> None:
    told = ("-c", "gpg.format=ssh", "-c", f"user.signingkey={kit.stranger}")
    kit.git(*told, "tag", "--force", "--sign", "--message", "Better", TAG, "HEAD")


def renamed(kit: Kit, _folder: Path) -> None:
    """An older signature, shown under a newer name."""
    kit.git("update-ref", "refs/tags/v0.9.0", f"refs/tags/{TAG}")


@pytest.mark.parametrize(
    ("harm", "from_folder", "said"),
    [
        (altered, True, "is not the file that ada@example.org signed"),
        (unsigned, False, "v0.2.0 is not signed by anybody whom"),
        (by_a_stranger, False, "v0.2.0 is not signed by anybody whom"),
        (renamed, False, "v0.9.0 was signed under another name"),
    ],
)
def test_what_nobody_signed_changes_nothing(
    kit: Kit,
    doctor: Git,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    harm: Callable[[Kit, Path], None],
    from_folder: bool,
    said: str,
) -> None:
    folder = next_release(kit, tmp_path)
    harm(kit, folder)
    before, last = tree(doctor), doctor("rev-parse", "HEAD")
    assert upgraded(doctor, folder if from_folder else None) == upgrade.REFUSED
    assert said in capfd.readouterr().err
    assert (tree(doctor), doctor("rev-parse", "HEAD")) == (before, last)


def test_who_may_sign_is_what_the_clone_knows_and_not_what_comes(
    kit: Kit, doctor: Git, tmp_path: Path
) -> None:
    """A release cannot bring its own signer along."""
    kind, body = kit.stranger.with_suffix(".pub").read_text("ascii").split()[:2]
    (kit.git.root / "deploy/kit/allowed_signers").write_text(f"eve@example.org {kind} {body}\n")
    folder = tmp_path / "release"
    kit.release(folder, kit.stranger)
    assert release.verify(folder, kit.git.root) == "eve@example.org"
    assert upgraded(doctor, folder) == upgrade.REFUSED
    assert upgraded(doctor) == upgrade.REFUSED


def test_work_that_is_not_committed_is_left_alone(
    kit: Kit, doctor: Git, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = next_release(kit, tmp_path)
    (doctor.root / "content/pages/accueil.md").write_text("Half a sentence", "utf-8")
    before = tree(doctor)
    assert upgraded(doctor, folder) == upgrade.REFUSED
    assert "not yet committed: content/pages/accueil.md. Commit first" in capfd.readouterr().err
    assert tree(doctor) == before


def test_nobody_who_says_yes_is_a_no(kit: Kit, doctor: Git, tmp_path: Path) -> None:
    folder, before = next_release(kit, tmp_path), tree(doctor)
    done = upgrade.run(doctor.root, "", folder, lambda _question: False, abort=False)
    assert done == upgrade.NOT_FIT
    assert tree(doctor) == before


def test_without_an_upgrade_there_is_nothing_to_put_back(doctor: Git) -> None:
    assert upgraded(doctor, abort=True) == upgrade.REFUSED


def test_facts_that_a_release_wants_are_named_and_mended_before_it_is_in(
    kit: Kit, doctor: Git, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder, last = next_release(kit, tmp_path, wanted_txt="doors = "), doctor("rev-parse", "HEAD")
    assert upgraded(doctor, folder) == upgrade.NOT_FIT
    told = capfd.readouterr()
    assert "practice.toml: write doors = " in told.err
    assert "not yet committed: `check` names above what it wants otherwise" in told.out
    assert doctor("rev-parse", "HEAD") == last
    facts = doctor.root / "content/practice.toml"
    facts.write_text("doors = 'open'\n" + facts.read_text("utf-8"), "utf-8")
    assert upgraded(doctor) == upgrade.DONE
    assert doctor.changed() == ["content/practice.toml"]


def test_this_kit_itself_comes_into_a_clone_and_names_a_key_that_is_missing(
    whole_kit: Kit, tmp_path: Path
) -> None:
    """The real build, on the real facts, refuses a key that they still lack, by its name."""
    doctor = cloned(whole_kit)
    commit(doctor, content__pages__accueil_fr_md="Title: Mine\n\nMine\n")
    reading = (ROOT / "booking_endpoint/reading.py").read_text("utf-8")
    asked = reading.replace('"zone"', '"time_zone"')
    assert asked != reading
    commit(whole_kit.git, booking_endpoint__reading_py=asked)
    words = ("upgrade", "--yes", "--from", str(whole_kit.release(tmp_path / "release")))
    done = subprocess.run(
        [sys.executable, "-m", "deploy.kit", *words],
        cwd=doctor.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == upgrade.NOT_FIT, done.stdout + done.stderr
    assert "practice.toml" in done.stderr
    assert "time_zone" in done.stderr
