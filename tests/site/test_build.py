"""A build: the same each time, stopped by what is wrong, and true to the facts it was made from."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from booking_endpoint.envelope import PrivateKey, fingerprint, public_text
from booking_endpoint.practice import Practice
from deploy import demo
from tests.faults.disk import compile_shim
from tests.serving import ROOT, facts_with
from tests.site.document import Document


def build(facts: Path, output: Path, content: str = "content", **environ: str) -> tuple[int, str]:
    """Exit code and messages of a build that may fail."""
    words = ["-m", "pelican", content, "-s", "pelicanconf.py", "-o", str(output)]
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env={**os.environ, "BOOKING_PRACTICE": str(facts), **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


ELSEWHERE = {
    **{"TZ": "Pacific/Auckland", "LC_ALL": "C", "LANG": "C", "LANGUAGE": "he"},
    **{"PYTHONHASHSEED": "7", "HOME": "/nonexistent", "COLUMNS": "40"},
}


def test_the_same_content_gives_the_same_bytes(site: Path, tmp_path: Path) -> None:
    """Years later, in another folder, zone, locale and file mode, with folders listed backwards."""
    library = compile_shim(tmp_path, Path(__file__).with_name("elsewhere.c"))
    there = tmp_path / "another folder"
    for name in ("content", "theme", "booking_endpoint", "deploy"):
        shutil.copytree(ROOT / name, there / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pelicanconf.py", there)
    facts = shutil.copy(site.parent / "practice.toml", there / "facts.toml")
    unset = {"SOURCE_DATE_EPOCH", "LC_CTYPE", "PYTHONPATH"}
    environ = {name: value for name, value in os.environ.items() if name not in unset}
    subprocess.run(
        [sys.executable, "-m", "pelican", "content", "-s", "pelicanconf.py", "-o", "out"],
        cwd=there,
        env={**environ, **ELSEWHERE, "LD_PRELOAD": str(library), "BOOKING_PRACTICE": str(facts)},
        umask=0o077,
        check=True,
    )
    assert files(there / "out") == files(site)


def test_a_bad_fact_ends_the_build_with_its_line(tmp_path: Path, key: PrivateKey) -> None:
    facts = tmp_path / "practice.toml"
    facts.write_text(facts_with(key, ("retention_days = 7", "retention_days = 700")), "utf-8")
    code, said = build(facts, tmp_path / "site")
    assert code == 1
    assert said.startswith(f"{facts}, ligne ")
    assert "retention_days" in said
    assert "Traceback" not in said


def test_a_bad_page_ends_the_build_with_its_name(site: Path, tmp_path: Path) -> None:
    page = tmp_path / "content" / "pages" / "cabinet.fr.md"
    page.parent.mkdir(parents=True)
    page.write_text("Title: Le cabinet\n\nTexte.\n", encoding="utf-8")
    code, said = build(site.parent / "practice.toml", tmp_path / "site", str(tmp_path / "content"))
    assert code == 1
    assert (
        f"{page}\xa0: Summary manque\xa0; écrivez une ligne comme `Summary: Une phrase"
        in said.replace("\n", "")
    )
    assert "Traceback" not in said


def test_what_pelican_only_warns_of_ends_the_build(site: Path, tmp_path: Path) -> None:
    """A link to a picture that is not there would be published broken."""
    page = tmp_path / "content" / "pages" / "cabinet.fr.md"
    page.parent.mkdir(parents=True)
    page.write_text("Title: A\nSummary: B\n\n![x]({static}/images/no.jpg)\n", encoding="utf-8")
    code, _ = build(site.parent / "practice.toml", tmp_path / "site", str(tmp_path / "content"))
    assert code == 1


def test_a_page_of_the_doctor_s_own_is_built_and_stands_in_the_menu(
    site: Path, tmp_path: Path
) -> None:
    pages = tmp_path / "content" / "pages"
    pages.mkdir(parents=True)
    head = "Title: Endométriose\nSummary: Ce que c’est.\nMenu: L’endométriose\n\nTexte.\n"
    (pages / "endometriose.fr.md").write_text(head, "utf-8")
    shutil.copytree(ROOT / "content" / "images", tmp_path / "content" / "images")
    told = build(site.parent / "practice.toml", tmp_path / "site", str(tmp_path / "content"))
    assert told[0] == 0, told[1]
    assert (tmp_path / "site" / "endometriose" / "index.html").exists()
    for place, there in (("", 1), ("en", 0)):
        home = Document((tmp_path / "site" / place / "index.html").read_text("utf-8"))
        menu = [text for text, at in home.texts if at.within(tag="nav", **{"class": "menu"})]
        assert menu.count("L’endométriose") == there


def test_the_facts_alone_make_every_page_the_law_asks_for(site: Path, tmp_path: Path) -> None:
    """A doctor who has written nothing yet has fees, access, legal and privacy pages."""
    shutil.copytree(ROOT / "content" / "images", tmp_path / "content" / "images")
    code, said = build(site.parent / "practice.toml", tmp_path / "site", str(tmp_path / "content"))
    assert code == 0, said
    for name in ("", "tarifs", "acces", "mentions-legales", "confidentialite", "rendez-vous"):
        assert (tmp_path / "site" / name / "index.html").exists(), name


def test_a_host_without_a_certificate_is_doubted_at_each_build(
    tmp_path: Path, key: PrivateKey
) -> None:
    """The site is built all the same: the reasons are the doctor's to have, and to remember."""
    facts = tmp_path / "practice.toml"
    facts.write_text(facts_with(key, (HOST, REASONED)), encoding="utf-8")
    shutil.copytree(ROOT / "content" / "images", tmp_path / "content" / "images")
    code, said = build(facts, tmp_path / "site", str(tmp_path / "content"))
    assert code == 0, said
    assert "Veuillez regarder [legal] hosting_mode\xa0: " in said
    assert "sur le conseil de Maître Exemple" in said


def test_a_claim_that_cannot_be_kept_ends_the_build_with_its_line(
    site: Path, tmp_path: Path
) -> None:
    page = tmp_path / "content" / "pages" / "cabinet.fr.md"
    page.parent.mkdir(parents=True)
    page.write_text("Title: A\nSummary: B\n\nUn.\n\nVos données sont anonymes.\n", "utf-8")
    code, said = build(site.parent / "practice.toml", tmp_path / "site", str(tmp_path / "content"))
    assert code == 1
    assert f"{page}, ligne 6\xa0: n’écrivez pas «\xa0données sont anonymes" in said.replace(
        "\n", ""
    )
    page.write_text("Title: A\nSummary: Des données anonymes.\n\nUn.\n", "utf-8")
    code, said = build(site.parent / "practice.toml", tmp_path / "site", str(tmp_path / "content"))
    assert code == 1
    assert f"{page}, ligne 2\xa0: n’écrivez pas" in said.replace("\n", "")


def notices(site: Path) -> dict[str, str]:
    files = {"fr": "confidentialite", "en": "en/privacy", "he": "he/privacy", "it": "it/privacy"}
    return {
        code: Document((site / name / "index.html").read_text("utf-8")).words
        for code, name in files.items()
    }


KEPT, BASIS, HOST = "retention_days = 7 ", '"legitimate-interest"', 'hosting_mode = "practice"'
CERTIFIED = """hosting_mode = "hds"
hds_certificate = "certificat 12345"
hds_activities = [1, 2, 3]
hds_version = "2.0"
hds_expires = 2028-05-31
"""
REASONED = """hosting_mode = "other"
hds_rationale = "Le contrat est en cours."
hds_rationale_date = 2026-11-20
hds_rationale_adviser = "Maître Exemple"
"""


@pytest.mark.parametrize(
    "changes",
    [
        {
            (KEPT, "retention_days = 12 "): "12 jours après la visite",
            (BASIS, '"pre-contract"'): "6(1)(b)",
            (HOST, CERTIFIED): "certificat 12345",
        },
        {
            (KEPT, "retention_days = 0 "): "dès que la visite est passée",
            (HOST, REASONED): "aucune certification",
            ("asks_birth_date = true", "asks_birth_date = false"): "",
        },
    ],
)
def test_the_privacy_notice_follows_the_facts(
    site: Path, tmp_path: Path, key: PrivateKey, changes: dict[tuple[str, str], str]
) -> None:
    """What is promised to patients is what the programs do: both read the same file."""
    facts = tmp_path / "practice.toml"
    facts.write_text(facts_with(key, *changes), encoding="utf-8")
    demo.build(facts, tmp_path / "site")
    before, after = notices(site)["fr"], notices(tmp_path / "site")["fr"]
    for said in filter(None, changes.values()):
        assert said in after
        assert said not in before
    asked = "La date de naissance n’est demandée que pour"
    assert asked in before
    assert (asked in after) == (len(changes) == len(list(filter(None, changes.values()))))


@pytest.mark.parametrize(
    ("code", "counted", "ground"),
    [
        ("fr", "le serveur compte, dans sa seule mémoire", "intérêt légitime du cabinet à ce que"),
        ("en", "the server counts in its memory", "article 6(1)(f), the legitimate interest"),
        ("he", "השרת סופר בזיכרון שלו בלבד", "6(1)(f)"),
        ("it", "il server conta nella sola memoria", "6(1)(f), il legittimo interesse"),
    ],
)
def test_the_privacy_notice_tells_what_is_counted_against_abuse(
    site: Path, code: str, counted: str, ground: str
) -> None:
    """Made from an address it is personal data for a day, so its ground is told too."""
    assert counted in notices(site)[code]
    assert ground in notices(site)[code]


def test_the_privacy_notice_names_the_keys_that_open_a_booking(site: Path, key: PrivateKey) -> None:
    for words in notices(site).values():
        assert fingerprint(public_text(key)) in words


def test_without_a_key_the_page_says_that_booking_is_not_open(
    tmp_path: Path, facts: Practice
) -> None:
    demo.build(ROOT / "content" / "practice.toml", tmp_path)
    for name in ("rendez-vous", "gerer", "he/appointment"):
        page = Document((tmp_path / name / "index.html").read_text("utf-8"))
        assert not list(page.all("form"))
        assert facts.phone in page.words
    booking = Document((tmp_path / "rendez-vous" / "index.html").read_text("utf-8"))
    assert "pas encore ouverte" in booking.words
