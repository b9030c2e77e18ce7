"""A Debian that is really booted: its own systemd, sshd and nginx, behind a network of its own."""

import fcntl
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from deploy.far import SSH
from tests.serving import ROOT, wait_until

ROLES = ("root", "full", "content", "desk")
DOMAIN = "dr-example.fr"
POWER_OFF = "RTMIN+4"
"""The signal by which systemd as the first process ends all others (systemd(1))."""


@dataclass
class Booted:
    """One machine: its disk lies over an image that nobody writes to."""

    room: Path
    image: Path
    running: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)
    turn: IO[str] | None = field(default=None, repr=False)
    """One machine runs at a time, since all share one cgroup; closed, it is another's turn."""

    @property
    def disk(self) -> Path:
        return self.room / "disk"

    @property
    def name(self) -> str:
        """Of its own: systemd-nspawn keeps a folder for each name, and clears it at the start."""
        return f"practice-{os.getpid()}-{self.room.name}"

    @property
    def first(self) -> int:
        """The first process of the machine, as this one numbers it."""
        assert self.running
        children = Path(f"/proc/{self.running.pid}/task/{self.running.pid}/children")
        return int(children.read_text("ascii").split()[0])

    def prepare(self) -> None:
        """A disk of its own, and a key for each role; root's is known there, as at a provider's."""
        for name in ("disk", "above", "work"):
            (self.room / name).mkdir()
        layers = f"lowerdir={self.image},upperdir={self.room}/above,workdir={self.room}/work"
        subprocess.run(
            ["mount", "-t", "overlay", "overlay", "-o", layers, str(self.disk)], check=True
        )
        for role in ROLES:
            made = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.room / role)]
            subprocess.run(made, check=True)
        known = self.disk / "root" / ".ssh"
        known.mkdir(mode=0o700, exist_ok=True)
        shutil.copy(self.room / "root.pub", known / "authorized_keys")

    def boot(self) -> None:
        """Start it, once no other machine runs."""
        self.turn = self.image.with_name("turn").open("w")
        fcntl.flock(self.turn, fcntl.LOCK_EX)
        words = [
            "setpriv",
            "--pdeathsig",
            "KILL",
            "systemd-nspawn",
            "-q",
            "-D",
            str(self.disk),
            "--boot",
            "--register=no",
            "--suppress-sync=yes",
        ]
        words += ["--keep-unit", "--private-network", "--console=pipe"]
        words += [f"--machine={self.name}"]
        with (self.room / "console").open("ab") as console:
            self.running = subprocess.Popen(
                words,
                env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,
            )
        wait_until(self.is_up, 60)

    def is_up(self) -> bool:
        assert self.running
        assert self.running.poll() is None, (self.room / "console").read_text("utf-8", "replace")
        try:
            asked = self.run("systemctl", "is-system-running")
        except (OSError, IndexError):
            return False
        return asked.stdout.strip() in ("running", "degraded")

    def power_off(self) -> None:
        """As its owner would: everything is told to end."""
        subprocess.run(["kill", "-s", POWER_OFF, str(self.first)], check=True)
        assert self.running
        self.running.wait(90)
        self.give_turn()

    def give_turn(self) -> None:
        if self.turn:
            self.turn.close()

    def end(self) -> None:
        """Nothing of it is left running, nor mounted."""
        if self.running and self.running.poll() is None:
            # its first process outlives nspawn, and with it all
            with suppress(OSError, IndexError):
                os.kill(self.first, signal.SIGKILL)
            self.running.kill()
            self.running.wait()
        self.give_turn()
        subprocess.run(["umount", "--lazy", str(self.disk)], check=False)

    def run(self, *words: str, put_in: str = "") -> "subprocess.CompletedProcess[str]":
        """A command inside, as root; its end, whatever it is."""
        inside = ["nsenter", "-t", str(self.first), "-a", *words]
        path = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
        return subprocess.run(
            inside, env=path, input=put_in, capture_output=True, text=True, check=False
        )

    def say(self, script: str) -> str:
        """What a line of shell prints inside; it must go well."""
        done = self.run("sh", "-c", script)
        assert done.returncode == 0, f"{script}: {done.stdout}{done.stderr}"
        return done.stdout

    @property
    def line(self) -> list[str]:
        """What makes a program of this machine speak over the network of that one."""
        return ["nsenter", "-t", str(self.first), "-n"]

    def ssh(self, role: str) -> list[str]:
        """ssh over that network, with the key of a role and no other."""
        options = (
            "IdentitiesOnly=yes",
            "StrictHostKeyChecking=accept-new",
            f"UserKnownHostsFile={self.known}",
        )
        told = [word for option in options for word in ("-o", option)]
        return [*self.line, "ssh", "-F", "none", "-i", str(self.room / role), *told]

    @property
    def known(self) -> Path:
        """The keys of hosts that this machine has seen."""
        return self.room / "known_hosts"

    def verb(
        self, role: str, *words: str, tree: Path = ROOT, put_in: str = ""
    ) -> "subprocess.CompletedProcess[str]":
        """One of our programs, as a deployer starts it; `tree` is where the project lies."""
        return subprocess.run(
            [sys.executable, "-m", *words],
            cwd=tree,
            env={**os.environ, SSH: shlex.join(self.ssh(role))},
            input=put_in,
            capture_output=True,
            text=True,
            check=False,
        )

    def bootstrap(self, *words: str, tree: Path = ROOT) -> "subprocess.CompletedProcess[str]":
        keys = [word for role in ROLES[1:] for word in (f"--{role}-key", self.key(role))]
        told = ("127.0.0.1", "--domain", DOMAIN, *keys, *words)
        return self.verb("root", "deploy.bootstrap", *told, tree=tree)

    def publish(self, role: str, facts: Path, site: Path) -> "subprocess.CompletedProcess[str]":
        words = ("--yes", "--practice", str(facts), "--site", str(site))
        return self.verb(role, "deploy.publishing", "publish", "souspli@127.0.0.1", *words)

    def key(self, role: str) -> str:
        return str(self.room / f"{role}.pub")

    def fetch(self, path: str, *words: str) -> str:
        """Head and body of an answer, as curl shows them, over TLS."""
        found = ["--resolve", f"{DOMAIN}:443:127.0.0.1", f"https://{DOMAIN}{path}"]
        return self.curl(*words, *found)

    def curl(self, *words: str) -> str:
        command = [*self.line, "curl", "-sik", "--max-time", "20", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout


@contextmanager
def booted(room: Path, image: Path) -> Iterator[Booted]:
    """A bare machine, until the block ends."""
    machine = Booted(room, image)
    try:
        machine.prepare()
        machine.boot()
        yield machine
    finally:
        machine.end()
