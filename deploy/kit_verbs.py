"""The verbs of the kit itself: how each is started."""

import sys

from invoke.context import Context
from invoke.tasks import task

from deploy.commands import become


def start(verb: str, *words: str) -> None:
    become(sys.executable, "-m", "deploy.kit", verb, *words)


@task(help={"output": "the file to write, instead of printing it"})
def sbom(_: Context, output: str = "") -> None:
    """Every package that is installed, with its digests, as CycloneDX: a bill of materials."""
    start("sbom", *(["--output", output] if output else []))


@task
def audit_packages(_: Context) -> None:
    """Whether a known hole is in a locked package; ends with 3 where it cannot be looked up."""
    start("audit-packages")


@task(
    positional=["version"],
    help={
        "version": "such as 1.2.0, as pyproject.toml and the changelog have it",
        "key": "the maintainer's SSH key; one in an agent by its public half (.pub)",
        "output": "the folder to make; releases/VERSION unless said",
    },
)
def release(_: Context, version: str, key: str, output: str = "") -> None:
    """The last commit as a signed release: tag, source, history, bill of materials, digests."""
    start("release", version, "--key", key, *(["--output", output] if output else []))


@task(positional=["folder"], help={"folder": "a release, as it was fetched"})
def verify_release(_: Context, folder: str) -> None:
    """Whether a release is whole, and signed by somebody whom this clone allows to."""
    start("verify-release", folder)


@task(
    help={
        "to": "a certain release, such as v1.2.0; the newest unless said",
        "from": "the folder of a release, instead of asking the remote `kit`, or `origin`",
        "yes": "do not ask",
        "abort": "put all back as it was before an upgrade that is under way",
    }
)
def upgrade(
    _: Context, to: str = "", from_: str = "", yes: bool = False, abort: bool = False
) -> None:
    """A new release of the kit into this clone: verified, shown, merged; content/ is yours."""
    named = {"--to": to, "--from": from_}
    words = [word for name, text in named.items() if text for word in (name, text)]
    start("upgrade", *words, *["--yes"] * yes, *["--abort"] * abort)
