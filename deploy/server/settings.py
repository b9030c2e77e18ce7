"""Where things lie on this server, and how they are done; the defaults are what bootstrap made."""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

SUDO = ("/usr/bin/sudo", "-n")
UNITS = ("souspli.socket", "souspli.service")


class BadSettings(ValueError):
    """A settings file that cannot be used."""


@dataclass(frozen=True, slots=True)
class Settings:
    """A room for releases, and the few commands that need more than this user may do."""

    root: Path = Path("/srv/souspli")
    socket: Path = Path("/run/souspli.sock")
    """Where the endpoint listens."""
    python: str = "/usr/bin/python3"
    """Makes the endpoint's virtual environments."""
    restart: tuple[str, ...] = (*SUDO, "/usr/bin/systemctl", "restart", "souspli.service")
    run_endpoint: tuple[str, ...] = (
        *SUDO,
        "--user=souspli-endpoint",
        "/usr/local/lib/souspli/run-endpoint",
    )
    """Runs the endpoint's command line as its own user; `--release ID` before it names one."""
    stop: tuple[str, ...] = ("/usr/bin/systemctl", "stop", *UNITS)
    start: tuple[str, ...] = ("/usr/bin/systemctl", "start", *UNITS)
    """Root's: the socket too, since whoever asks there starts the endpoint again."""
    secret: Path = Path("/etc/souspli/secret.cred")
    """What signs receipts, sealed to this machine by `creds`."""
    creds: tuple[str, ...] = ("/usr/bin/systemd-creds",)
    patience: int = 30
    """Seconds in which a restarted endpoint must be well."""
    silence: int = 60
    """Seconds without a byte after which an upload counts as lost."""
    domain: str = ""
    """The name of this server, as patients ask for it; bootstrap writes it."""
    web: str = "127.0.0.1:443"
    """Where the certificate is shown that patients see."""
    page_log: Path = Path("/var/log/nginx/souspli.log")
    journal: tuple[str, ...] = (
        *("/usr/bin/journalctl", "--quiet", "--output=cat", "--since=-30d"),
        "--unit=souspli.service",
    )
    updates: tuple[str, ...] = ("/usr/bin/apt-get", "--simulate", "--quiet", "upgrade")
    """Prints a line that begins with Inst for each package that waits."""
    reboot: Path = Path("/run/reboot-required")
    """Debian leaves this file when a restart of the machine is due."""

    @classmethod
    def read(cls, path: Path) -> Self:
        """The defaults, with what a TOML file says otherwise; raises BadSettings."""
        try:
            told = tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
        except (OSError, ValueError) as error:
            raise BadSettings(f"{path} cannot be read: {error}") from None
        defaults = cls()
        known = {field.name: type(getattr(defaults, field.name)) for field in fields(cls)}
        if strange := set(told) - set(known):
            raise BadSettings(f"{path}: {strange.pop()!r} is no setting of the gate")
        read = {name: read_value(path, name, told[name], known[name]) for name in told}
        return cls(**read)


def read_value(path: Path, name: str, value: Any, kind: type) -> Any:
    wanted = str if issubclass(kind, Path) else list if kind is tuple else kind
    if not isinstance(value, wanted):
        raise BadSettings(f"{path}: {name} must be a {wanted.__name__}")
    return kind(value)
