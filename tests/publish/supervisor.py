"""What systemd does for the endpoint, for a test without root: a socket that stays, a restart.

`supervisor.py run ROOM` holds the socket and keeps the endpoint of ROOM/srv/current alive;
`supervisor.py restart ROOM` has it started anew, and ends when it was;
`supervisor.py endpoint ROOM [--release ID] WORDS…` runs one of its commands;
`supervisor.py creds ROOM encrypt | decrypt … FROM TO` is systemd-creds, without a seal.
"""

import os
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

SECRET = "a secret of thirty-two characters!"


def folder(room: Path, release: str = "current") -> Path:
    return room / "srv" / release


def environ(room: Path) -> dict[str, str]:
    """As the unit has it: what belongs to a release is named from the working directory."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONDONTWRITEBYTECODE": "1",
        "BOOKING_DATABASE": str(room / "state" / "bookings.db"),
        "BOOKING_PRACTICE": "practice.toml",
        "BOOKING_SHELL": "shell",
        "BOOKING_RELEASE": "../release.json",
        "BOOKING_SECRET": SECRET,
        "BOOKING_ORIGIN": (room / "origin").read_text("utf-8"),
        "BOOKING_CLIENT_HEADER": "X-Real-IP",
    }


def start(room: Path) -> "subprocess.Popen[bytes] | None":
    python = folder(room) / "venv" / "bin" / "python"
    if not python.exists():
        return None
    command = [str(python), "-m", "booking_endpoint", "serve", "--fd", "3"]
    with (room / "journal").open("ab") as journal:
        return subprocess.Popen(
            command,
            cwd=folder(room) / "endpoint",
            env=environ(room),
            pass_fds=(3,),
            stdout=journal,
            stderr=journal,
        )


def run(room: Path) -> None:
    listener, control = (socket.socket(socket.AF_UNIX) for _ in range(2))
    listener.bind(str(room / "endpoint.sock"))
    listener.listen(256)
    os.dup2(listener.fileno(), 3)
    control.bind(str(room / "control.sock"))
    control.listen()
    control.settimeout(0.2)
    child = start(room)
    try:
        while True:
            try:
                asking = control.accept()[0]
            except TimeoutError:
                if child and child.poll() is not None:
                    child = start(room)
                continue
            with asking, suppress(OSError):
                stop(child)
                child = start(room)
                asking.sendall(b"started")
    finally:
        stop(child)


def stop(child: "subprocess.Popen[bytes] | None") -> None:
    if child:
        child.terminate()
        child.wait(30)


def main(verb: str, room: Path, *words: str) -> None:
    match verb:
        case "run":
            run(room)
        case "restart":
            with socket.socket(socket.AF_UNIX) as asking:
                asking.connect(str(room / "control.sock"))
                sys.exit(0 if asking.recv(9) == b"started" else 1)
        case "creds":
            source, to = words[-2:]
            content = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
            sys.stdout.buffer.write(content) if to == "-" else Path(to).write_bytes(content)
        case "endpoint":
            release = "current"
            if words[:1] == ("--release",):
                release, words = f"releases/{words[1]}", words[2:]
            os.chdir(folder(room, release) / "endpoint")
            python = str(folder(room, release) / "venv" / "bin" / "python")
            os.execve(python, [python, "-m", "booking_endpoint", *words], environ(room))  # noqa: S606 -- no shell is wanted


if __name__ == "__main__":
    import signal

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
