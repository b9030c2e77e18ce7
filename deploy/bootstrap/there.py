"""Runs on the server, as root, sent over ssh: sees what is to change, changes it, or takes it back.

Standard library only, and nothing of ours: Debian's own Python reads it from standard input.
"""

import difflib
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Bundle = Mapping[str, Any]
"""`wanted.Wanted`, as JSON brings it."""

DONE, FAILED, REFUSED, PLANNED = 0, 1, 2, 10
"""How it ends; PLANNED: there is something to do."""

KNOWN = {"12", "13"}
RUN = Path("/srv/souspli/current/venv/bin/python")
UNITS = "/etc/systemd/system/"
LIVE = Path("/etc/letsencrypt/live")
TLS = {
    "fullchain.pem": "/etc/souspli/tls/certificate.pem",
    "privkey.pem": "/etc/souspli/tls/key.pem",
}

AFTER: Mapping[str, Sequence[str]] = {
    "/etc/tmpfiles.d/": ["systemd-tmpfiles --create /etc/tmpfiles.d/souspli.conf"],
    "/etc/systemd/journald.conf.d/": ["systemctl restart systemd-journald"],
    "/etc/ssh/": ["systemctl try-reload-or-restart ssh"],
    "/etc/systemd/system/souspli.socket": [
        "systemctl stop souspli.service",
        "systemctl restart souspli.socket",
        "systemctl start souspli.service",
    ],
    "/etc/systemd/system/souspli.service": ["systemctl restart souspli.service"],
    "/etc/souspli/endpoint.env": ["systemctl restart souspli.service"],
    "/etc/systemd/system/nginx": ["systemctl restart nginx"],
    "/etc/nginx/": ["systemctl reload-or-restart nginx"],
    "/etc/souspli/tls/": ["systemctl reload-or-restart nginx"],
}
"""What takes notice of a changed file, by how its path begins."""


class Broken(Exception):
    """A step that failed; its last words."""


@dataclass(frozen=True)
class Before:
    """A path as it was: nothing, a link, or a file."""

    path: Path
    link: str | None = None
    content: bytes | None = None
    mode: int = 0

    @classmethod
    def of(cls, path: Path) -> "Before":
        if path.is_symlink():
            return cls(path, link=str(path.readlink()))
        if path.is_file():
            return cls(path, content=path.read_bytes(), mode=path.stat().st_mode & 0o7777)
        return cls(path)

    def put_back(self) -> None:
        if self.link is not None:
            set_link(self.path, self.link)
        elif self.content is not None:
            write(self.path, self.content, self.mode)
        else:
            self.path.unlink(missing_ok=True)


@dataclass(frozen=True)
class Change:
    """One path that is not as it shall be: how a plan tells it, and what mends it."""

    path: Path
    told: str
    mend: Callable[[], object]


def main(bundle: Bundle, act: str) -> int:
    """Print the plan; with `apply`, carry it out. The exit code is one of those above."""
    os.environ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
    os.environ.update(LC_ALL="C.UTF-8", DEBIAN_FRONTEND="noninteractive")
    unfit = refused(Path("/etc/os-release").read_text("utf-8"), os.geteuid())
    if unfit:
        return say(unfit, REFUSED)
    missing = [name for name in bundle["packages"] if not installed(name)]
    changes = list(planned(bundle))
    lines = [f"+ package {name}" for name in missing] + [change.told for change in changes]
    if to_fetch(bundle):
        lines.append(f"+ a certificate for {bundle['domain']}, fetched by certbot")
    if not lines:
        return say("no changes", DONE)
    if act == "plan":
        return say("\n".join([*lines, f"{len(lines)} changes; nothing was touched"]), PLANNED)
    return apply(bundle, missing)


def refused(os_release: str, user: int) -> str:
    """Why this machine is not one of ours; empty where it is."""
    lines = (line.partition("=") for line in os_release.splitlines())
    told = {name: value.strip('"') for name, _, value in lines}
    if told.get("ID") != "debian" or told.get("VERSION_ID") not in KNOWN:
        here = told.get("PRETTY_NAME", "an unknown system")
        return f"this is {here}: only Debian 12 and 13 are known; ask for one of them"
    return "" if user == 0 else "only root can do this: log in as root, or as who may use sudo"


def planned(bundle: Bundle) -> Iterator[Change]:
    """Every path that is not as it shall be; what is made once stands before what needs it."""
    given = {file["path"] for file in bundle["files"]}
    for name, command in bundle["made"].items():
        if name not in given and not Path(name).exists():
            yield Change(Path(name), f"+ {name} (made here, never shown)", maker(name, command))
    for file in bundle["files"]:
        path, content = Path(file["path"]), file["text"].encode()
        old = Before.of(path)
        right = path.is_file() and (path.stat().st_uid, path.stat().st_gid) == (0, 0)
        if old.content != content or old.mode != file["mode"] or not right:
            mend = writer(path, content, file["mode"])
            yield Change(path, told(file, old), mend)
    for name, to in bundle["links"].items():
        if Before.of(Path(name)).link != to:
            yield Change(Path(name), f"+ {name} -> {to}", linker(Path(name), to))
    for name in bundle["absent"]:
        if os.path.lexists(name):
            yield Change(Path(name), f"- {name}", Path(name).unlink)


def told(file: Mapping[str, Any], old: Before) -> str:
    """A unified diff, or for what is not shown its name alone."""
    path, text = file["path"], file["text"]
    new = old.content is None
    was = (old.content or b"").decode("utf-8", "replace")
    if not file["shown"]:
        return f"{'+' if new else '~'} {path} ({len(text.splitlines())} lines, not shown)"
    if was == text and not new:
        return f"~ {path} (mode {file['mode']:04o}, owner root)"
    where = ("/dev/null" if new else path, path)
    lines = difflib.unified_diff(was.splitlines(), text.splitlines(), *where, lineterm="", n=1)
    return "\n".join(lines)


def apply(bundle: Bundle, missing: Sequence[str]) -> int:
    """Packages, files, checks, services. Where a step fails, every file is put back."""
    before: list[Before] = []
    try:
        if missing:
            install(missing)
        changes = list(planned(bundle))  # a package brings files along
        for change in changes:
            before.append(Before.of(change.path))
            change.mend()
            if change.path.parent == Path("/etc/sysusers.d"):
                must("systemd-sysusers")
        check()
        take_notice([change.path for change in changes])
        must("systemctl is-active --quiet nginx")
    except (Broken, OSError) as error:
        return put_back(before, error)
    except BaseException:
        put_back(before, Broken("interrupted"))
        raise
    if to_fetch(bundle):
        return fetch(bundle)
    return say(f"{len(missing) + len(changes)} changes made", DONE)


def put_back(before: Sequence[Before], error: Exception) -> int:
    for old in reversed(before):
        old.put_back()
    with suppress(Broken):
        take_notice([old.path for old in before])
    return say(f"{error}\nevery file was put back as it was", FAILED)


def install(packages: Sequence[str]) -> None:
    """Debian's packages; an old list of them may still do, so an update that fails is no end."""
    with suppress(Broken):
        must("apt-get update -q")
    must(f"apt-get install -q -y --no-install-recommends {' '.join(packages)}")


def check() -> None:
    """Ask every program that reads our files whether it can; raises Broken with what it says."""
    must("visudo -cq")
    must("sshd -t")
    must("nginx -t -q")
    found = run(f"systemd-analyze verify --man=no {UNITS}souspli.socket {UNITS}souspli.service")
    not_yet = f"Command {RUN} is not executable"  # before the first release
    ours = [line for line in found.stderr.splitlines() if "souspli" in line]
    if wrong := [line for line in ours if not_yet not in line]:
        raise Broken("\n".join(wrong))


def take_notice(paths: Sequence[Path]) -> None:
    """Whoever reads these files reads them anew, each once."""
    must("systemctl daemon-reload")
    commands = [
        command
        for begins, then in AFTER.items()
        if any(str(path).startswith(begins) for path in paths)
        for command in then
    ]
    for command in dict.fromkeys(commands):
        must(command)


def to_fetch(bundle: Bundle) -> bool:
    """Whether certbot has to be asked, or its certificate to be put where nginx reads it."""
    live = LIVE / bundle["domain"]
    there = all(Before.of(Path(to)).link == str(live / name) for name, to in TLS.items())
    return bool(bundle["certbot"]) and not there


def fetch(bundle: Bundle) -> int:
    """A certificate by certbot over port 80; until it is there, nginx has one of its own."""
    domain, mail = bundle["domain"], bundle["certbot"]
    live = LIVE / domain
    try:
        if not (live / "fullchain.pem").exists():
            asked = "certonly --webroot -w /var/www/souspli -n --agree-tos"
            must(f"certbot {asked} -m {mail} -d {domain} --cert-name {domain}")
        for name, to in TLS.items():
            set_link(Path(to), str(live / name))
        must("nginx -t -q")
        must("systemctl reload nginx")
    except Broken as error:
        return say(
            f"{error}\nall is set up but the certificate: does {domain} lead to this machine,"
            " and is port 80 open? Then start the same command again",
            FAILED,
        )
    return say(f"all is set up, with a certificate for {domain}", DONE)


def installed(package: str) -> bool:
    asked = run(f"dpkg-query -W -f ${{db:Status-Status}} {package}")
    return asked.returncode == 0 and asked.stdout == "installed"


def maker(path: str, command: str) -> Callable[[], object]:
    def make() -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        must("sh", "-c", command)

    return make


def writer(path: Path, content: bytes, mode: int) -> Callable[[], object]:
    return lambda: write(path, content, mode)


def linker(path: Path, to: str) -> Callable[[], object]:
    return lambda: set_link(path, to)


def write(path: Path, content: bytes, mode: int) -> None:
    """A file of root's, whole or not at all, and never readable for a moment by who may not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())
    beside.rename(path)


def set_link(path: Path, to: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    beside.symlink_to(to)
    beside.rename(path)


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    """A command, its words as one text or one by one; nothing of ours is on its standard input."""
    command = words[0].split() if len(words) == 1 else words
    return subprocess.run(  # its words are all ours: the settings were checked
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def must(*words: str) -> None:
    try:
        done = run(*words)
    except FileNotFoundError as error:
        raise Broken(f"{error.filename} is not there") from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-5:]
        raise Broken("\n".join([f"`{words[0]}` failed:", *said]))


def say(message: str, code: int) -> int:
    print(message, flush=True)
    return code
