"""`python -m deploy.kit sbom | audit-packages | release | verify-release | upgrade`.

Ends with 0 when done, 1 when not fit or a hole is known, 2 when refused, 3 when nothing could be
looked up, 5 when both sides changed a file.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.commands import ROOT
from deploy.kit import packages, upgrade
from deploy.kit.git import GitSays
from deploy.kit.release import NotReady, make, verify
from deploy.kit.sbom import bill, locks
from deploy.kit.signing import BadSignature

REFUSED = 2


def main(arguments: Sequence[str]) -> int:
    """One verb; the exit code."""
    asked = parser().parse_args(arguments)
    try:
        match asked.verb:
            case "sbom":
                text = bill(locks(ROOT), (ROOT / "pyproject.toml").read_text("utf-8"))
                if asked.output:
                    asked.output.write_text(text, "utf-8")
                else:
                    print(text, end="")
            case "audit-packages":
                return packages.look(ROOT)
            case "release":
                folder = asked.output or ROOT / "releases" / asked.version
                make(ROOT, asked.version, asked.key, folder)
                print(f"{folder}: signed. Send the tag, too: git push origin v{asked.version}")
            case "verify-release":
                print(f"{asked.folder}: whole, signed by {verify(asked.folder, ROOT)}")
            case _:
                ask = always if asked.yes else agreed
                return upgrade.run(ROOT, asked.to, asked.source, ask, abort=asked.abort)
    except (BadSignature, NotReady, GitSays, OSError) as error:
        print(error, file=sys.stderr)
        return REFUSED
    return 0


def parser() -> argparse.ArgumentParser:
    described = argparse.ArgumentParser(prog="kit", description=__doc__)
    verbs = described.add_subparsers(dest="verb", required=True)
    billing = verbs.add_parser("sbom", help="every package that is installed, as CycloneDX")
    billing.add_argument("--output", type=Path, help="the file to write, instead of printing it")
    verbs.add_parser("audit-packages", help="whether a known hole is in one of them")
    making = verbs.add_parser("release", help="the last commit as a signed release")
    making.add_argument("version")
    making.add_argument("--key", type=Path, required=True, help="an SSH key that may sign")
    making.add_argument("--output", type=Path, help="the folder to make")
    checking = verbs.add_parser("verify-release", help="whether a release is whole and signed")
    checking.add_argument("folder", type=Path)
    coming = verbs.add_parser("upgrade", help="a new release into this clone")
    coming.add_argument("--to", default="", metavar="TAG", help="a certain one; else the newest")
    coming.add_argument("--from", dest="source", type=Path, help="a release's folder")
    coming.add_argument("--yes", action="store_true", help="do not ask")
    coming.add_argument("--abort", action="store_true", help="all back as it was")
    return described


def agreed(question: str) -> bool:
    """A yes from a person at a terminal; nobody there is no yes."""
    return sys.stdin.isatty() and input(f"{question} [y/N] ").strip().lower() in ("y", "yes")


def always(_question: str) -> bool:
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
