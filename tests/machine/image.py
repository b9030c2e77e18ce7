"""The disk of a bare Debian, and the packages it will ask for: made once, and kept.

`python3 tests/machine/image.py` makes it ahead of the tests that boot it; standard library only,
so that it can begin before anything is installed.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "booking_endpoint" / "requirements.txt"

SUITE, PYTHON = "trixie", "3.13"
BARE = ("systemd", "systemd-sysv", "dbus", "openssh-server", "python3", "iproute2", "procps")
"""What a rented server has at least when its owner logs in for the first time."""

ON_ITS_WAY = (
    *("nginx-light", "libnginx-mod-http-brotli-static", "openssl", "python3-venv", "sudo"),
    *("unattended-upgrades", "ca-certificates", "certbot", "pebble"),
)
"""Laid into apt's own cache, where a booted machine without a network finds them."""

PROGRAMS = {
    "mmdebstrap": "mmdebstrap",
    "systemd-nspawn": "systemd-container",
    "ssh": "openssh-client",
    "nsenter": "util-linux",
    "curl": "curl",
}
WHEELS = ("manylinux_2_34", "manylinux_2_28", "manylinux_2_17", "manylinux2014", "manylinux1")
NOBODY_READS = ("man", "doc", "locale", "info")


class NoImage(RuntimeError):
    """It cannot be made; says what to install, or what failed."""


def why_not() -> str:
    """Why no machine can be booted here; empty where it can."""
    if sys.platform != "linux":
        return "only Linux boots a Debian beside itself"
    if os.geteuid():
        return "only root may boot a machine"
    tried = subprocess.run(
        ["unshare", "--mount", "--net", "true"], check=False, capture_output=True
    )
    return "root may make no namespaces here" if tried.returncode else ""


def image() -> Path:
    """The folder of the disk, made where it is not there yet. Raises NoImage.

    Whoever comes while it is being made waits for it.
    """
    lacking = [package for name, package in PROGRAMS.items() if not shutil.which(name)]
    if lacking:
        raise NoImage(f"apt-get install -y {' '.join(lacking)}")
    kept = Path(os.environ.get("SOUSPLI_MACHINES", "/var/cache/souspli-machines"))
    kept.mkdir(parents=True, exist_ok=True)
    asked = repr((SUITE, BARE, ON_ITS_WAY)).encode() + LOCK.read_bytes()
    made = kept / hashlib.sha256(asked).hexdigest()[:16]
    with (kept / "lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not made.exists():
            begun = made.with_name(f"{made.name}.begun")
            shutil.rmtree(begun, ignore_errors=True)
            make(begun)
            begun.rename(made)
    return made


def make(disk: Path) -> None:
    """A bare Debian; beside its own files, those packages that it will ask for."""
    unread = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in NOBODY_READS]
    fetch = f"apt-get install -q -y -d --no-install-recommends {' '.join(ON_ITS_WAY)}"
    must(
        *("mmdebstrap", "--quiet", "--variant=apt", f"--include={','.join(BARE)}"),
        *("--dpkgopt=force-unsafe-io", *unread, "--skip=cleanup/apt"),
        *(f'--customize-hook=chroot "$1" {fetch}', SUITE, str(disk)),
    )
    wheels = disk / "var" / "wheels"
    suited = [word for name in (*WHEELS, "any") for word in ("--platform", tag(name))]
    must(
        *(pip(), "-m", "pip", "download", "-q", "--no-deps", "--require-hashes"),
        *("--only-binary", ":all:", "--implementation", "cp", "--python-version", PYTHON),
        *(*suited, "-d", str(wheels), "-r", str(LOCK)),
    )
    (disk / "etc" / "pip.conf").write_text("[global]\nno-index = true\nfind-links = /var/wheels\n")


def tag(name: str) -> str:
    return name if name == "any" else f"{name}_{os.uname().machine}"


def pip() -> str:
    """A Python that has pip: the one that runs, or the system's."""
    for python in (sys.executable, "python3", "/usr/bin/python3"):
        asked = subprocess.run([python, "-m", "pip", "--version"], check=False, capture_output=True)
        if asked.returncode == 0:
            return python
    raise NoImage("apt-get install -y python3-pip")


def must(*words: str) -> None:
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode:
        raise NoImage(f"{words[0]} failed: {done.stderr.decode('utf-8', 'replace')[-2000:]}")


if __name__ == "__main__":
    try:
        print(why_not() or image())
    except NoImage as error:
        sys.exit(str(error))
