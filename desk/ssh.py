"""How ssh reaches the server: asked of the doctor's own, written down for another machine's."""

import subprocess
from pathlib import Path

from desk.drawer import write_private_file
from desk.pairing import Reach

NAME = "cabinet"
"""What the server is called in a configuration of ours."""

PATIENCE = 20
"""Seconds for a program that asks nobody."""


class Unknown(Exception):
    """A server that this machine's ssh has never spoken to: it could be anybody."""


class NoSsh(Exception):
    """A program of OpenSSH is not there, or did not do what it does."""


def reach_of(host: str, config: Path | None = None) -> Reach:
    """The server as this user's ssh knows it. Raises Unknown, NoSsh, Damaged."""
    chosen = ("-F", str(config)) if config else ()
    told = dict(
        line.split(" ", 1) for line in run("ssh", *chosen, "-G", host).splitlines() if " " in line
    )
    port = int(told["port"])
    name = told.get("hostkeyalias") or told["hostname"]
    called = name if port == 22 or "hostkeyalias" in told else f"[{name}]:{port}"
    files = f"{told.get('userknownhostsfile', '')} {told.get('globalknownhostsfile', '')}".split()
    known = dict[str, None]()
    for file in (Path(one).expanduser() for one in files):
        if file.is_file():
            found = run("ssh-keygen", "-F", called, "-f", str(file), none=1)
            lines = [line.split() for line in found.splitlines() if line[:1] not in ("#", "@")]
            known |= dict.fromkeys(" ".join(words[1:3]) for words in lines)
    if not known:
        raise Unknown
    return Reach(told["hostname"], told["user"], port, tuple(known))


def write_config(folder: Path, reach: Reach) -> Path:
    """A configuration that knows this server and no other, in a folder of ours; its file.

    Another key than those is refused without a question, and nothing is ever asked for.
    """
    called = reach.host if reach.port == 22 else f"[{reach.host}]:{reach.port}"
    known, own = folder / "known_hosts", folder / "id_ed25519"
    lines = "".join(f"{called} {key}\n" for key in reach.known)
    write_private_file(known, lines.encode())
    settings = {
        "HostName": reach.host,
        "User": reach.user,
        "Port": reach.port,
        "IdentityFile": quoted(own),
        "IdentitiesOnly": "yes",
        "UserKnownHostsFile": quoted(known),
        "GlobalKnownHostsFile": quoted(known),
        "StrictHostKeyChecking": "yes",
        "UpdateHostKeys": "no",
        "BatchMode": "yes",
        "ConnectTimeout": 15,
        "ServerAliveInterval": 15,
    }
    told = "".join(f"  {name} {value}\n" for name, value in settings.items())
    config = folder / "config"
    write_private_file(config, f"Host {NAME}\n{told}".encode())
    return config


def own_key(folder: Path) -> str:
    """The public half of this machine's key for ssh, made where there is none. Raises NoSsh.

    As a line of `authorized_keys` that lets it run commands, and do nothing else.
    """
    private, public = folder / "id_ed25519", folder / "id_ed25519.pub"
    if not public.exists():
        private.unlink(missing_ok=True)  # half made
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "souspli-desk", "-f", str(private))
    return f"restrict {public.read_text(encoding='ascii').strip()}"


def quoted(file: Path) -> str:
    """A path in a configuration of ssh, where a percent sign stands for something."""
    return '"{}"'.format(str(file).replace("%", "%%"))


def run(*words: str, none: int = 0) -> str:
    """What a program says, or nothing where it ends with `none`. Raises NoSsh."""
    try:
        done = subprocess.run(
            words,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoSsh(words[0]) from error
    if done.returncode not in (0, none):
        raise NoSsh(words[0])
    return done.stdout
