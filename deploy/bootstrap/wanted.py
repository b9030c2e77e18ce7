"""What shall be on the server, as values: from a few settings and the files of this folder.

Pure: `texts` are the files under `etc/`, `deploy/server/` and nginx's part, by where they go.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from booking_endpoint.headers import EVERYWHERE, headers_of_pages

Role = Literal["content", "full", "desk"]
"""What a key may do: change pages, change the endpoint too, or only ask it what the desk asks."""

ROLES: tuple[Role, ...] = get_args(Role)

PROGRAMS = "/usr/local/lib/souspli/"
SITE = "/etc/nginx/sites-available/souspli"
BOOKING = "/etc/nginx/souspli-booking.conf"
KEYS = "/etc/souspli/keys/"
"""A file for each role (sshd(8), AUTHORIZED_KEYS): one is replaced, and the others stay."""

CERTIFICATE, CERTIFICATE_KEY = "/etc/souspli/tls/certificate.pem", "/etc/souspli/tls/key.pem"
RENEWED = "/etc/letsencrypt/renewal-hooks/deploy/souspli"
SECRET = "/etc/souspli/secret.cred"  # noqa: S105 -- where it lies, not what it is

PACKAGES = (
    "ca-certificates",
    "nginx-light",
    "libnginx-mod-http-brotli-static",
    "openssl",
    "python3-venv",
    "sudo",
    "unattended-upgrades",
)

DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
"""A host name in ASCII, small letters (RFC 1123); one with accents in its xn-- form."""

MAIL = re.compile(r"[^\s@'\"]+@[^\s@'\"]+\.[^\s@'\"]+")

KEY_KINDS = (
    "ssh-ed25519",
    "ssh-rsa",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
)


class Unfit(ValueError):
    """A setting that no server can be made from; says which, and what to do."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The public half of an SSH key, without the comment that may name somebody."""

    kind: str
    body: str

    @classmethod
    def read(cls, text: str, where: str) -> "PublicKey":
        """From a `.pub` file's one line, or the one a second desk shows; raises Unfit."""
        if "PRIVATE KEY" in text:
            raise Unfit(f"{where}: this is the private half; name the file that ends in .pub")
        words = text.removeprefix("restrict ").split()
        try:
            named = base64.b64decode(words[1], validate=True)[4 : 4 + len(words[0])].decode()
        except (IndexError, binascii.Error, UnicodeDecodeError):
            named = ""
        if not words or words[0] not in KEY_KINDS or named != words[0]:
            raise Unfit(f"{where}: no public key of ssh; make one with ssh-keygen -t ed25519")
        return cls(words[0], words[1])

    @property
    def fingerprint(self) -> str:
        """As `ssh-keygen -l` prints it."""
        digest = hashlib.sha256(base64.b64decode(self.body)).digest()
        return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a deployer decides; what is left out stays on the server as it is."""

    domain: str
    prefix: str = "/rdv"
    online: bool = True
    """Whether there is an endpoint at all."""
    endpoint: str = ""
    """Its origin, where pages of another host send to it."""
    pages: str = ""
    """The address of those pages, where whoever comes to the endpoint's first page is led."""
    keys: Mapping[Role, tuple[PublicKey, ...]] = field(default_factory=dict)
    certificate: str = ""
    certificate_key: str = field(default="", repr=False)
    certbot: str = ""
    """The address that Let's Encrypt may write to; empty where it is not asked."""

    def __post_init__(self) -> None:
        if not DOMAIN.fullmatch(self.domain):
            raise Unfit(f"--domain {self.domain}: write a name such as dr-example.fr")
        if bool(self.certificate) != bool(self.certificate_key):
            raise Unfit("--certificate and --certificate-key go together: name both files")
        if self.certificate and self.certbot:
            raise Unfit("--certbot fetches a certificate: leave --certificate out")
        if self.certbot and not MAIL.fullmatch(self.certbot):
            raise Unfit(f"--certbot {self.certbot}: write an e-mail address")
        every = [key for keys in self.keys.values() for key in keys]
        if len(every) != len(set(every)):
            raise Unfit("one key has two roles, and only the first would count: make a second key")


@dataclass(frozen=True, slots=True)
class File:
    """One file of root's; one that is not shown tells nothing, or too much, in a plan."""

    path: str
    text: str
    mode: int = 0o644
    shown: bool = True


@dataclass(frozen=True, slots=True)
class Wanted:
    """All that `there.py` has to see to."""

    packages: tuple[str, ...]
    files: tuple[File, ...]
    links: Mapping[str, str]
    absent: tuple[str, ...]
    made: Mapping[str, str]
    """Made on the server once, where it is not there yet: the path, and the shell's command."""
    domain: str
    certbot: str


def wanted(settings: Settings, texts: Mapping[str, str]) -> Wanted:
    """The server that these settings ask for."""
    files = [File(path, text, *manner(path)) for path, text in sorted(texts.items())]
    files = [one for one in files if settings.certbot or one.path != RENEWED]
    return Wanted(
        packages=(*PACKAGES, *(["certbot"] if settings.certbot else [])),
        files=tuple([filled(one, settings) for one in files] + list(given(settings))),
        links={
            "/etc/nginx/sites-enabled/souspli": SITE,
            **{
                f"/etc/systemd/system/{target}.target.wants/{unit}": f"/etc/systemd/system/{unit}"
                for target, unit in (
                    ("sockets", "souspli.socket"),
                    ("multi-user", "souspli.service"),
                )
            },
        },
        absent=("/etc/nginx/sites-enabled/default",),
        made={SECRET: MAKE_SECRET, CERTIFICATE_KEY: MAKE_CERTIFICATE.format(name=settings.domain)},
        domain=settings.domain,
        certbot=settings.certbot,
    )


MAKE_SECRET = (
    "umask 077; head -c 32 /dev/urandom | base64 -w0"
    f" | systemd-creds encrypt --with-key=host --name=secret - {SECRET}"
)
"""The endpoint's signing secret: no other machine sees it, and a copy of /etc cannot read it."""

MAKE_CERTIFICATE = (
    "umask 077; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30"
    " -subj /CN=souspli -addext subjectAltName=DNS:{name}"
    f" -keyout {CERTIFICATE_KEY} -out {CERTIFICATE} 2>/dev/null && chmod 644 {CERTIFICATE}"
)
"""One that no browser trusts: nginx starts with it, until a real one is there."""


LED = "\n    location = / {{\n        return 302 {pages}/;\n    }}\n"
"""Nobody asks the endpoint for a page but by mistake: the site is elsewhere."""


def manner(path: str) -> tuple[int, bool]:
    """A file's mode, and whether a plan shows it: our programs are long, and lie here to read."""
    if path.startswith(PROGRAMS):
        return (0o644 if path.endswith(".py") else 0o755), False
    if path.startswith("/etc/sudoers.d/"):
        return 0o440, True
    return (0o755 if path == RENEWED else 0o644), True


def filled(file: File, settings: Settings) -> File:
    """A file with the settings in it."""
    text = file.text
    if file.path == BOOKING:
        text = text if settings.online else text.partition("\nlocation ")[0]
        text = text.replace("http://127.0.0.1:8001", "http://unix:/run/souspli.sock:")
        text = text.replace("location /rdv/", f"location {settings.prefix}/")
    pages = headers_of_pages(settings.endpoint)
    gaps = {
        "@DOMAIN@": settings.domain,
        "@PREFIX@": settings.prefix,
        "@UNSAID@": "\n".join(unsaid(name, value) for name, value in pages.items()),
        "@LED@": LED.format(pages=settings.pages) if settings.endpoint else "",
        "@EVERYWHERE@": headers({name: variable(name) for name in pages} | EVERYWHERE, 4),
        "@PAGES@": headers(pages | EVERYWHERE, 8),
    }
    for gap, value in gaps.items():
        text = text.replace(gap, value)
    return File(file.path, text, file.mode, file.shown)


def headers(named: Mapping[str, str], indent: int) -> str:
    """nginx's lines for these headers: a location that has one of its own inherits none."""
    lines = (f'add_header {name} "{value}" always;' for name, value in named.items())
    return "\n".join(" " * indent + line for line in lines)


def variable(name: str, begins: str = "$souspli") -> str:
    """How nginx calls something of this header."""
    return f"{begins}_{name.lower().replace('-', '_')}"


def unsaid(name: str, value: str) -> str:
    """nginx's map from what the endpoint says in a header to what is added: nothing, or all."""
    said = variable(name, "$upstream_http")
    return f'map {said} {variable(name)} {{\n    "" "{value}";\n    default "";\n}}'


def given(settings: Settings) -> Iterator[File]:
    """What the deployer brought along; what was not brought is not touched."""
    for role, keys in settings.keys.items():
        start = f'restrict,command="{PROGRAMS}gate {role}"'
        lines = [f"{start} {key.kind} {key.body}\n" for key in keys]
        if lines:
            yield File(f"{KEYS}{role}", "".join(lines), shown=False)
    if settings.certificate:
        yield File(CERTIFICATE, settings.certificate, shown=False)
        yield File(CERTIFICATE_KEY, settings.certificate_key, 0o600, shown=False)
