"""A real sshd on this machine alone, before a real command line of the endpoint."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from getpass import getuser
from pathlib import Path

from tests.serving import ROOT, answers, free_port, wait_until


class NoSshd(RuntimeError):
    """What a desk does over ssh is tested with the real thing."""


@dataclass
class Machine:
    """The server of a practice: its keys, its endpoint's command line, who is let in."""

    folder: Path
    database: Path
    facts: Path
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.let_in = self.folder / "authorized_keys"
        self.let_in.touch()
        self.host_key = self.folder / "host_key"
        make_key(self.host_key)
        command = self.folder / "booking_endpoint"
        command.write_text(
            f'#!/bin/sh\ncd {ROOT}\nexec {sys.executable} -m booking_endpoint "$@"\n', "utf-8"
        )
        command.chmod(0o755)

    def known_to(self, folder: Path) -> Path:
        """Somebody's configuration of ssh who has spoken to this machine and is let in."""
        folder.mkdir()
        make_key(folder / "id")
        self.let_in.write_text(self.let_in.read_text() + (folder / "id.pub").read_text())
        public = self.host_key.with_suffix(".pub").read_text()
        (folder / "known").write_text(f"[127.0.0.1]:{self.port} {public}")
        config = folder / "config"
        config.write_text(
            f"Host rdv\n HostName 127.0.0.1\n Port {self.port}\n User {getuser()}\n"
            f" IdentityFile {folder / 'id'}\n UserKnownHostsFile {folder / 'known'}\n"
            " BatchMode yes\n"
        )
        return config

    def becomes_another(self) -> None:
        """Set up anew, or something else in its place."""
        for file in (self.host_key, self.host_key.with_suffix(".pub")):
            file.unlink()
        make_key(self.host_key)

    @contextmanager
    def running(self) -> Iterator[None]:
        program = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin")
        if program is None:
            raise NoSshd("no sshd: apt-get install -y openssh-server")
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # what its package makes at each start
        config = self.folder / "sshd_config"
        config.write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self.host_key}\nPidFile none\n"
            f"AuthorizedKeysFile {self.let_in}\nStrictModes no\nUsePAM no\n"
            "PasswordAuthentication no\nPermitRootLogin prohibit-password\n"
            f"SetEnv PATH={self.folder}:/usr/bin:/bin BOOKING_DATABASE={self.database} "
            f"BOOKING_PRACTICE={self.facts}\n"
        )
        with (
            (self.folder / "log").open("ab") as log,
            subprocess.Popen([program, "-D", "-e", "-f", config], stderr=log) as server,
        ):
            try:
                wait_until(lambda: answers(self.port) or server.poll() is not None)
                yield
            finally:
                server.terminate()
                server.wait(20)


def make_key(file: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file], check=True)


def processes_of(folder: Path) -> list[str]:
    """The command line of every process but this one that was told of this folder."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended
            words, told = (place / "cmdline").read_bytes(), (place / "environ").read_bytes()
            if bytes(folder) in words + told and place.name != str(os.getpid()):
                found.append(words.replace(b"\0", b" ").decode("utf-8", "replace"))
    return found
