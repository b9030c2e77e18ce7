"""A server of a test: the gate behind a real sshd, a real endpoint behind a real socket."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from deploy.publishing.bundle import Bundle, describe
from deploy.publishing.difference import Difference
from deploy.publishing.upload import archive
from deploy.server.release import LOCK, Release
from deploy.server.room import Room
from tests.serving import ROOT, answers, free_port, wait_until

SUPERVISOR = str(Path(__file__).with_name("supervisor.py"))
ROLES = ("content", "full", "desk")
FACTS, MAIN, PAGE = (
    "endpoint/practice.toml",
    "endpoint/booking_endpoint/__main__.py",
    "site/index.html",
)


@dataclass
class Machine:
    """One server in a folder. `publish` and its like ask the gate as sshd would start it."""

    room: Path
    made: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def releases(self) -> Room:
        return Room(self.room / "srv")

    @property
    def current(self) -> str:
        current = self.releases.current
        return current.name if current else ""

    def prepare(self, **settings: object) -> None:
        """Folders, the gate's own copy and its settings; the packages are this test run's."""
        for name in ("srv/venvs", "state"):
            (self.room / name).mkdir(parents=True)
        lock = sha256((ROOT / LOCK.removeprefix("endpoint/")).read_bytes()).hexdigest()
        (self.room / "srv" / "venvs" / lock[:12]).symlink_to(sys.prefix)
        (self.room / "origin").write_text("http://127.0.0.1:1", "utf-8")
        (self.room / "journal").touch()
        shutil.copytree(ROOT / "deploy" / "server", self.room / "gate" / "deploy" / "server")
        shutil.copy(ROOT / "deploy" / "__init__.py", self.room / "gate" / "deploy")
        self.configure(**settings)

    def configure(self, **settings: object) -> None:
        def stand_in(verb: str) -> list[str]:
            return [sys.executable, SUPERVISOR, verb, str(self.room)]

        said = {
            "root": str(self.room / "srv"),
            "socket": str(self.room / "endpoint.sock"),
            "python": sys.executable,
            "restart": stand_in("restart"),
            "run_endpoint": stand_in("endpoint"),
            "stop": ["/bin/true"],
            "start": stand_in("restart"),
            "secret": str(self.room / "secret"),
            "creds": stand_in("creds"),
            "patience": 60,
            "web": "127.0.0.1:1",
            "page_log": str(self.room / "pages.log"),
            "journal": ["/bin/cat", str(self.room / "journal")],
            "updates": ["/bin/echo", "Inst libssl3"],
            "reboot": str(self.room / "reboot"),
            **settings,
        }
        lines = (f"{name} = {json.dumps(value)}\n" for name, value in said.items())
        (self.room / "gate.toml").write_text("".join(lines), "utf-8")

    def command(self, role: str) -> list[str]:
        """What stands as the forced command of a key."""
        python = [sys.executable, "-E", "-s", "-B", "-m", "deploy.server.gate"]
        return [*python, role, "--settings", str(self.room / "gate.toml")]

    def start(
        self, words: str, role: str = "full", before: tuple[str, ...] = ()
    ) -> "subprocess.Popen[bytes]":
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [*before, *self.command(role)],
            cwd=self.room / "gate",
            env={**os.environ, "SSH_ORIGINAL_COMMAND": words},
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
        )

    def ask(self, words: str, role: str = "full", put_in: bytes = b"") -> tuple[int, str, str]:
        """Exit code, what it answers, what it complains of."""
        with self.start(words, role) as running:
            out, said = running.communicate(put_in, timeout=120)
        return running.returncode, out.decode(), said.decode()

    def parcel(self, bundle: Bundle) -> tuple[Release, bytes]:
        """The next release of this content, a second after the one before; what must be sent."""
        self.made += timedelta(seconds=1)
        release = describe(bundle, self.made)
        there = json.loads(self.ask("manifest")[1])["files"]
        found = Difference.between(there, release.files)
        return release, archive(release, bundle, (*found.new, *found.changed))

    def publish(self, bundle: Bundle, role: str = "full") -> tuple[int, str, str]:
        release, packet = self.parcel(bundle)
        return self.ask(f"publish {release.id} {sha256(packet).hexdigest()} tester", role, packet)

    @contextmanager
    def supervised(self) -> Iterator[None]:
        """systemd's part, until the block ends."""
        with subprocess.Popen([sys.executable, SUPERVISOR, "run", str(self.room)]) as running:
            try:
                wait_until((self.room / "control.sock").exists)
                yield
            finally:
                running.terminate()
                running.wait(30)
                for name in ("control.sock", "endpoint.sock"):
                    (self.room / name).unlink(missing_ok=True)

    @contextmanager
    def reachable(self) -> Iterator[Mapping[str, str]]:
        """A real sshd on the loopback; an environment in which `ssh ROLE` has that role's key."""
        room, port = self.room / "ssh", free_port()
        room.mkdir()
        for name in ("host", *ROLES):
            words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(room / name)]
            subprocess.run(words, check=True)
        (room / "authorized_keys").write_text("".join(map(self.key_line, ROLES)), "utf-8")
        (room / "sshd_config").write_text(
            f"ListenAddress 127.0.0.1\nPort {port}\nHostKey {room}/host\nPidFile none\n"
            f"AuthorizedKeysFile {room}/authorized_keys\nStrictModes no\nUsePAM no\n"
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\n"
            "PermitRootLogin forced-commands-only\n",
            "utf-8",
        )
        public = " ".join((room / "host.pub").read_text("ascii").split()[:2])
        (room / "known").write_text(f"[127.0.0.1]:{port} {public}\n", "ascii")
        (room / "config").write_text(
            f"Host {' '.join(ROLES)}\n HostName 127.0.0.1\n Port {port}\n IdentitiesOnly yes\n"
            f" IdentityFile {room}/%n\n UserKnownHostsFile {room}/known\n IdentityAgent none\n"
            " GlobalKnownHostsFile /dev/null\n BatchMode yes\n LogLevel ERROR\n",
            "utf-8",
        )
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # sshd wants it where it runs as root
        program = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin")
        assert program, "no sshd: apt-get install -y openssh-server"
        words = [program, "-D", "-e", "-f", str(room / "sshd_config")]
        with (
            (room / "log").open("wb") as log,
            subprocess.Popen(words, stdout=log, stderr=log) as running,
        ):
            try:
                wait_until(lambda: answers(port))
                yield {**os.environ, "SOUSPLI_SSH": f"ssh -F {room}/config"}
            finally:
                running.terminate()
                running.wait(20)

    def key_line(self, role: str) -> str:
        public = (self.room / "ssh" / f"{role}.pub").read_text("ascii").strip()
        command = f"cd {self.room}/gate && exec {shlex.join(self.command(role))}"
        return f'restrict,command="{command}" {public}\n'


def edited(bundle: Bundle, path: str, old: str, new: str) -> dict[str, bytes]:
    """The same content but for one text in one file."""
    text = bundle[path].decode()
    assert old in text, f"{path} does not hold {old!r}"
    return {**bundle, path: text.replace(old, new, 1).encode()}


def with_page(bundle: Bundle, word: str) -> dict[str, bytes]:
    """The same content with another first page; as long as word is."""
    return edited(bundle, PAGE, "</html>", f"</html><!--{word}-->")


def with_facts(bundle: Bundle, word: str) -> dict[str, bytes]:
    """The same content with another endpoint."""
    return {**bundle, FACTS: bundle[FACTS] + f"\n# {word}\n".encode()}
