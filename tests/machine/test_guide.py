"""The installation guide, word for word: its commands make a bare Debian take a booking."""

import ctypes
import os
import pty
import re
import select
import shlex
import shutil
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import httpx
import pytest

import tasks
from booking_endpoint.envelope import unlock_key
from tests.edge.patient import Patient
from tests.machine.booted import DOMAIN, Booted
from tests.machine.test_server import read_names
from tests.publish.test_guide import FRENCH, blocks, commands
from tests.serving import ROOT, Practice

CLONED = "https://example.org/souspli.git"
ELSEWHERE = {
    "python3 tasks.py demo": "tests/conftest.py",
    "python3 tasks.py desk": "tests/desk/test_live.py",
    "python3 tasks.py verify": "tests/edge/test_verify.py",
    "python3 tasks.py upgrade": "tests/kit/test_upgrade.py",
}
"""What does not end by itself, or asks somebody who is not here, and where it is tried."""

ENDS = {
    "python3 tasks.py status": 8,  # no backup was ever made, as the guide says
    "python3 tasks.py rollback": 2,  # there is no release before the first
}
"""Every other command ends with 0."""

NEWNET = 0x40000000
"""CLONE_NEWNET (sched.h)."""


@dataclass
class Deployer:
    """Somebody at a terminal of their own, whose home, ssh and Python are these."""

    home: Path
    machine: Booted
    folder: Path
    spent: dict[str, float] = field(default_factory=dict)

    @property
    def environ(self) -> dict[str, str]:
        git = {
            "GIT_CONFIG_COUNT": "3",
            "GIT_CONFIG_KEY_0": f"url.{ROOT}.insteadOf",
            "GIT_CONFIG_VALUE_0": CLONED,
            "GIT_CONFIG_KEY_1": "user.name",
            "GIT_CONFIG_VALUE_1": "Somebody",
            "GIT_CONFIG_KEY_2": "user.email",
            "GIT_CONFIG_VALUE_2": "somebody@example.org",
        }
        path = f"{self.home / 'bin'}:{os.environ['PATH']}"
        own = {"HOME": str(self.home), "PATH": path, "BROWSER": "true", "PYTHONUTF8": "1"}
        return {**os.environ, **own, **git}

    def types(self, command: str, answers: Mapping[str, str]) -> tuple[int, str]:
        """Type a line, and an answer wherever a question of the table is shown; its end."""
        began = monotonic()
        pid, screen = pty.fork()
        if not pid:
            os.chdir(self.folder)
            os.execve("/bin/sh", ["sh", "-c", command], self.environ)  # noqa: S606
        seen, left = "", ""
        while select.select([screen], [], [], 120)[0]:
            try:
                shown = os.read(screen, 65536).decode("utf-8", "replace")
            except OSError:  # the other side has closed
                break
            seen, left = seen + shown, left + shown
            for question, answer in answers.items():
                if re.search(question, left):
                    os.write(screen, f"{answer or self.printed(seen)}\n".encode())
                    left = ""
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        self.spent[command] = monotonic() - began
        return code, seen.replace("\r\n", "\n")

    def printed(self, seen: str) -> str:
        """What `keys` asks for: its passphrase, or the words of the paper that it shows."""
        if addresses := re.findall(r"http://\S+", seen):
            words = re.findall(r'words__word">(\w+)<', httpx.get(addresses[-1]).text)
            return " ".join(words)
        return self.passphrase(seen)

    @staticmethod
    def passphrase(seen: str) -> str:
        drawn = re.findall(r"^    (\S+(?: \S+){7})\r?$", seen, re.MULTILINE)
        return drawn[0] if drawn else ""


ANSWERS: dict[str, Mapping[str, str]] = {
    "ssh-keygen": {r"passphrase.*: $": ""},
    "python3 tasks.py keys": {r"> $": ""},
    "python3 tasks.py bootstrap": {r"\[y/N\] $": "y"},
    "python3 tasks.py publish": {r"\[y/N\] $": "y"},
}
"""What is asked, and what is answered; nothing means what lies on paper, or Enter."""


@pytest.fixture(scope="module")
def deployer(bare: Booted, tmp_path_factory: pytest.TempPathFactory) -> Deployer:
    """With the guide's own ssh settings; the domain leads to the booted machine."""
    home = tmp_path_factory.mktemp("deployer")
    (home / "bin").mkdir()
    (home / ".ssh").mkdir(mode=0o700)
    [settings] = blocks(FRENCH, "text")
    where = f"\nHost *\n  HostName 127.0.0.1\n  UserKnownHostsFile {home}/.ssh/known_hosts\n"
    text = f"Host *\n  StrictHostKeyChecking accept-new\n{settings}{where}"
    text = text.replace("~", str(home)).replace(f"HostName {DOMAIN}", "HostName 127.0.0.1")
    (home / ".ssh" / "config").write_text(text, "utf-8")
    ssh = [*bare.line, shutil.which("ssh") or "ssh", "-F", str(home / ".ssh" / "config")]
    for name, words in (("ssh", ssh), ("python3", [sys.executable])):
        (home / "bin" / name).write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', "utf-8")
        (home / "bin" / name).chmod(0o700)
    return Deployer(home, bare, home)


def environment(clone: Path) -> None:
    """A .venv like the one that runs the tests, so that nothing is installed."""
    made = clone / ".venv"
    made.mkdir()
    shutil.copy(Path(sys.prefix) / "pyvenv.cfg", made)
    for name in ("bin", "lib"):
        (made / name).symlink_to(Path(sys.prefix) / name)
    (made / "locks.sha256").write_text(tasks.digest(clone / "requirements.txt"), "ascii")


def certificate(room: Path) -> Path:
    """In the place of Let's Encrypt, which does not reach a machine without a network."""
    made = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30"
    told = (*made.split(), "-subj", f"/CN={DOMAIN}", "-addext", f"subjectAltName=DNS:{DOMAIN}")
    words = (*told, "-keyout", "key.pem", "-out", "ca.pem")
    subprocess.run(words, cwd=room, check=True, capture_output=True)
    return room / "ca.pem"


@contextmanager
def inside(machine: Booted) -> Iterator[None]:
    """This very thread on the network of the machine (setns(2))."""
    libc = ctypes.CDLL(None, use_errno=True)
    with (
        Path("/proc/thread-self/ns/net").open() as ours,
        Path(f"/proc/{machine.first}/ns/net").open() as theirs,
    ):
        assert libc.setns(theirs.fileno(), NEWNET) == 0
        try:
            yield
        finally:
            assert libc.setns(ours.fileno(), NEWNET) == 0


class Domain(httpx.HTTPTransport):
    """The domain leads to 127.0.0.1; the certificate must be the domain's all the same."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions["sni_hostname"] = DOMAIN
        request.url = request.url.copy_with(host="127.0.0.1")
        return super().handle_request(request)


def test_the_guide_leads_from_a_bare_debian_to_a_booking(
    deployer: Deployer, record_property: Callable[[str, object], None]
) -> None:
    ca = certificate(deployer.home)
    given = f"--certificate {ca} --certificate-key {ca.with_name('key.pem')}"
    kept: dict[str, str] = {}
    for command in commands(FRENCH):
        verb = (
            " ".join(command.split()[:3]) if command.startswith("python3") else command.split()[0]
        )
        if verb in ELSEWHERE:
            assert (ROOT / ELSEWHERE[verb]).is_file()
            continue
        if command.startswith("cd "):
            deployer.folder /= command.split()[1]
            environment(deployer.folder)
            facts = deployer.folder / "content" / "practice.toml"
            text = facts.read_text("utf-8")
            site_url = re.sub(r'(?m)^site_url = ".*"', f'site_url = "https://{DOMAIN}"', text)
            facts.write_text(site_url, "utf-8")
            continue
        if verb == "ssh":
            known = (deployer.home / ".ssh" / "souspli.pub").read_text("ascii").strip()
            deployer.machine.say(f"echo '{known}' > ~root/.ssh/authorized_keys")
        line = command.replace("--certbot you@example.org", given)
        code, said = deployer.types(line, ANSWERS.get(verb, {}))
        assert code == ENDS.get(verb, 0), f"{command}\n{said}"
        kept[verb] = said
    assert "!! backup: none was ever made" in kept["python3 tasks.py status"]
    assert "no earlier release" in kept["python3 tasks.py rollback"]
    [file] = (deployer.home / "souspli-keys").glob("*.pem")
    passphrase = deployer.passphrase(kept["python3 tasks.py keys"])
    key = unlock_key(file.read_bytes(), passphrase)
    practice = Practice(deployer.folder / "content", key, deployer.folder)
    with inside(deployer.machine), Patient(practice) as patient:
        patient.http = httpx.Client(
            base_url=f"https://{DOMAIN}/rdv",
            headers={"Origin": f"https://{DOMAIN}", "Accept": "application/json"},
            transport=Domain(verify=ssl.create_default_context(cafile=ca)),
        )
        patient.booked(patient.times()[0])
    asks = (str(deployer.home / "bin" / "ssh"), "desk", "--", "booking_endpoint")
    assert read_names(asks, key) == {"Ada Exemple"}
    two = {
        line.split()[2]: seconds for line, seconds in deployer.spent.items() if "tasks.py" in line
    }
    took = f"bootstrap {two['bootstrap']:.0f} s, publish {two['publish']:.0f} s"
    record_property("told", f"from a bare Debian to a booking over TLS: {took}")
