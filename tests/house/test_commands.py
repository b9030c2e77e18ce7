"""No command we show or print asks to type a secret or a name: shells keep what was typed.

A history file outlives the session, and every user of a machine reads arguments with `ps`.
"""

import argparse
import ast
import re
from collections.abc import Iterator

import pytest

from booking_endpoint.arguments import parser as endpoint
from desk.arguments import parser as desk
from tasks import namespace
from tests.house.tree import ROOT, files, python_files, syntax

PROGRAMS = (
    *("python", "python3", "py", "invoke", "uv", "pip", "booking_endpoint", "desk", "make"),
    *("ssh", "scp", "curl", "openssl", "nginx", "systemctl", "apt", "apt-get", "git", "export"),
)
"""What a line must begin with to be a command; behind `sudo` and settings, too."""

COMMAND = re.compile(
    r"(?:^|[`$(\"' ])((?:sudo )?(?:[A-Z][A-Z_]+=\S* )*"
    rf"(?:{'|'.join(PROGRAMS)})(?![\w./-])(?: [^`\n]*)?)",
    re.MULTILINE,
)
SETTING = re.compile(r"\b[A-Z][A-Z_]*(?:SECRET|PASS\w*|TOKEN|KEY|NAME|PHONE|EMAIL)=[^\s$]")

TOLD = re.compile(
    r"--?(?:pass\w*|secret|token|pin|name|phone|e?mail|birth\w*|patient|identity)(?!-file)\b[ =]?"
    r"|-passin|-passout|-pass |pass:|sshpass|curl.* -u ",
    re.IGNORECASE,
)
"""An option that takes what nobody must type: only a file that holds it may be named."""


def texts() -> Iterator[tuple[str, str]]:
    """Every page of words, and every text in a program, each with where it stands."""
    for path in files():
        if path.suffix == ".md" or path.parts[0] in (".ci", "Makefile"):
            yield str(path), (ROOT / path).read_text("utf-8")
    for path in python_files():
        if path.parts[0] == "tests":
            continue
        for node in ast.walk(syntax(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield f"{path}:{node.lineno}", node.value


def commands() -> Iterator[tuple[str, str]]:
    for where, text in texts():
        yield from ((where, command) for command in commands_in(text))


def commands_in(text: str) -> list[str]:
    settings = [found[0] for found in SETTING.finditer(text)]
    return [*(found[1] for found in COMMAND.finditer(text)), *settings]


def asks_for_a_secret(command: str) -> bool:
    return bool(TOLD.search(command) or SETTING.search(command))


def test_no_command_we_show_or_print_asks_to_type_a_secret_or_a_name() -> None:
    found = list(commands())
    assert {"README.md", "docs/guide-medecin.md", "docs/DESIGN.md"} <= {where for where, _ in found}
    assert [told for _, told in found if told.startswith("python3 tasks.py desk")]
    assert [one for one in found if asks_for_a_secret(one[1])] == []


@pytest.mark.parametrize(
    "command",
    [
        "python -m desk open --key key.pem --passphrase hunter2",
        "BOOKING_SECRET=abcdef python -m booking_endpoint serve",
        "export BOOKING_SECRET=abcdef",
        "python3 tasks.py desk --password=x",
        "openssl pkey -in key.pem -passin pass:x",
        "python -m booking_endpoint forget --name Dupont",
        "ssh host --phone 0639981000",
    ],
)
def test_such_a_command_would_be_found(command: str) -> None:
    for shown in (f"```sh\n{command}\n```", f"Type `{command}`.", f'say("run: {command}")'):
        assert any(asks_for_a_secret(one) for one in commands_in(shown)), shown


def test_a_file_that_holds_a_secret_may_be_named() -> None:
    for command in (
        "python -m desk open --key key.pem --passphrase-file words",
        "BOOKING_SECRET_FILE=/etc/souspli/secret python -m booking_endpoint serve",
        "python3 tasks.py demo --port 8081",
    ):
        assert not asks_for_a_secret(command)


def options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from options(below)
        yield from action.option_strings or [f"--{action.dest}"]


def test_no_program_of_ours_takes_one_as_an_argument() -> None:
    """Whatever the documentation says: an option that is not there cannot be typed."""
    known = {*options(endpoint()), *options(desk())}
    assert {"--passphrase-file", "--key", "--database"} <= known
    assert [option for option in known if TOLD.search(option)] == []
    verbs = [namespace[verb] for verb in namespace.task_names]
    named = {word for verb in verbs for argument in verb.get_arguments() for word in argument.names}
    assert {"database", "folder"} <= named
    assert [name for name in named if TOLD.search(f"--{name}")] == []
