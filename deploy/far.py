"""The server, reached through the system's own `ssh`: its keys, agent and known hosts are used.

Standard library only. Nothing secret is ever a word of a command: it goes in on standard input.
"""

import os
import shlex
import subprocess
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread
from typing import IO

SSH = "SOUSPLI_SSH"
"""Names another ssh, as a shell would split it, such as `ssh -i key -p 2222`."""

OPTIONS = ("-T", "-o", "ConnectTimeout=15", "-o", "ServerAliveInterval=15")
SSH_FAILED = 255
"""What ssh itself ends with; every other exit code is the far command's own (ssh(1))."""

Progress = Callable[[int], None]
"""Told, after each piece, how many bytes have gone."""


class Far(RuntimeError):
    """The server could not be reached, or would not let us in; says what to do."""


class Unreachable(Far):
    """No line to the server, or it was cut."""


class StrangeHost(Far):
    """The server shows another key than the one known, or one that nobody has said yes to."""


class LetNobodyIn(Far):
    """The server is there and takes none of our keys."""


class NotAllowed(Far):
    """We are in, and this key may not do that."""


SIGNS: Mapping[str, tuple[type[Far], str]] = {
    "REMOTE HOST IDENTIFICATION HAS CHANGED": (
        StrangeHost,
        "{host} shows another key than the one you know. If the server was not made anew, stop"
        " and ask whoever rents it to you; if it was: ssh-keygen -R {name}",
    ),
    "Host key verification failed": (
        StrangeHost,
        "the key of {host} is not known here yet: connect once with `ssh {host}`, compare the"
        " fingerprint with the one your provider shows, and say yes",
    ),
    "Permission denied": (
        LetNobodyIn,
        "{host} takes none of your keys. Look which one it knows, and whether your agent has it:"
        " ssh-add -l",
    ),
    "Too many authentication failures": (
        LetNobodyIn,
        "your agent offered {host} too many keys: name one for it in ~/.ssh/config"
        " (IdentityFile, IdentitiesOnly yes)",
    ),
}
"""What OpenSSH prints (sshconnect.c, sshconnect2.c), and what it means."""

NO_LINE = "{host} cannot be reached: {said}. Check the name and your line, then try again"


@dataclass(frozen=True, slots=True)
class Done:
    """What a far command said, and how it ended."""

    code: int
    out: str
    said: str


def run(
    host: str,
    command: str,
    put_in: Iterable[bytes] = (),
    progress: Progress | None = None,
    environ: Mapping[str, str] = os.environ,
    into: IO[bytes] | None = None,
) -> Done:
    """Run a command there, with these pieces on its standard input; its end, whatever it is.

    What it prints goes as it comes `into` a file where one is named, and is in no memory here.
    Raises Unreachable, StrangeHost, LetNobodyIn or NotAllowed, each with a sentence.
    """
    words = [*shlex.split(environ.get(SSH, "ssh")), *OPTIONS, "--", host, command]
    pipe = subprocess.PIPE
    try:
        running = subprocess.Popen(words, stdin=pipe, stdout=into or pipe, stderr=pipe)
    except OSError as error:
        raise Unreachable(f"{words[0]} cannot be started: {error.strerror}") from None
    with running:
        assert running.stdin  # noqa: S101  # a pipe
        sender = Thread(target=send, args=(running.stdin, put_in, progress), daemon=True)
        sender.start()
        sending, running.stdin = running.stdin, None
        out, said = running.communicate()
        sender.join()
        with suppress(OSError):  # what was left to send, nobody reads any more
            sending.close()
    told = [(text or b"").decode("utf-8", "replace") for text in (out, said)]
    done = Done(running.returncode, *told)
    raise_for(host, done)
    return done


def send(pipe: IO[bytes], pieces: Iterable[bytes], progress: Progress | None) -> None:
    """Write all pieces and close; who does not listen says why on his own."""
    gone = 0
    try:
        for piece in pieces:
            pipe.write(piece)
            pipe.flush()
            gone += len(piece)
            if progress:
                progress(gone)
        pipe.close()
    except OSError:
        return


def raise_for(host: str, done: Done) -> None:
    """Raise what went wrong on the way; a far command's own failure is left to who asked."""
    lines = [line for line in done.said.splitlines() if line.strip()]
    last = lines[-1].strip() if lines else "no answer"
    if done.code == 2 and last.startswith("not allowed: "):
        raise NotAllowed(f"this key may not do that on {host} ({last})")
    if done.code != SSH_FAILED:
        return
    name = host.rpartition("@")[2]
    for sign, (kind, means) in SIGNS.items():
        if sign in done.said:
            raise kind(means.format(host=host, name=name))
    raise Unreachable(NO_LINE.format(host=host, said=last.removeprefix("ssh: ").rstrip(".")))
