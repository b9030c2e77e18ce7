"""What a release stands on: packages held to their hashes, a certificate that is looked at."""

import json
import ssl
import subprocess
import sys
import threading
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from socket import create_server

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from deploy.publishing.bundle import describe
from deploy.publishing.state import Light, certificate
from deploy.server import telling
from deploy.server.outcomes import Outcome, Stopped
from deploy.server.rehearsal import furnish
from deploy.server.release import LOCK
from deploy.server.room import Room
from deploy.server.settings import BadSettings, Settings

NOW = datetime.now(UTC)
DOMAIN = "dr-example.fr"


def wheel(folder: Path) -> bytes:
    """A package of one module, written by hand."""
    info = "tiny-1.0.dist-info"
    files = {
        "tiny.py": b"WORD = 'here'\n",
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{name},sha256={urlsafe_b64encode(sha256(text).digest()).rstrip(b'=').decode()},\n"
        for name, text in files.items()
    )
    path = folder / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as packed:
        for name, text in {**files, f"{info}/RECORD": record.encode()}.items():
            packed.writestr(name, text)
    return path.read_bytes()


def lying(release: Path, lock: bytes) -> Path:
    """A release of nothing but a lock."""
    (release / LOCK).parent.mkdir(parents=True)
    (release / LOCK).write_bytes(lock)
    told = json.dumps(describe({LOCK: lock}, NOW).told())
    (release / "release.json").write_text(told, "utf-8")
    return release


def test_a_new_lock_brings_its_packages_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What no hash holds stays away, and nothing is left of the attempt."""
    room, settings = Room(tmp_path / "srv"), Settings(python=sys.executable)
    digest = sha256(wheel(tmp_path)).hexdigest()
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    held = f"tiny==1.0 --hash=sha256:{digest}\n".encode()
    good, bad = (
        lying(room.releases / sha256(lock).hexdigest()[:4], lock) for lock in (held, b"tiny==1.0\n")
    )
    room.sweep()
    furnish(room, settings, good)
    python = good / "venv" / "bin" / "python"
    asked = subprocess.run(
        [python, "-c", "import tiny; print(tiny.WORD)"], capture_output=True, check=True
    )
    assert asked.stdout == b"here\n"
    with pytest.raises(Stopped, match="Hashes are required") as stopped:
        furnish(room, settings, bad)
    assert stopped.value.outcome == Outcome.UNFIT
    assert [one.name for one in room.venvs.iterdir()] == [
        sha256((good / LOCK).read_bytes()).hexdigest()[:12]
    ]


@contextmanager
def showing(until: datetime, folder: Path) -> Iterator[str]:
    """A TLS server with a certificate that holds until then; where it listens."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, DOMAIN)])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(until - timedelta(days=90))
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(DOMAIN)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, none = serialization.Encoding.PEM, serialization.NoEncryption()
    file = folder / "both.pem"
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, none)
    file.write_bytes(private + built.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):  # until nobody listens any more
                while True:
                    line, _address = listener.accept()
                    with suppress(OSError), context.wrap_socket(line, server_side=True) as shown:
                        shown.recv(1)

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize(
    ("days", "light"), [(-2, Light.RED), (2, Light.RED), (10, Light.AMBER), (60, Light.GREEN)]
)
def test_the_certificate_that_patients_are_shown_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, light: Light
) -> None:
    """Also one that has expired, which a browser would refuse."""
    until = NOW.replace(microsecond=0) + timedelta(days=days)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "both.pem"))  # an authority, known here
    with showing(until, tmp_path) as web:
        told = telling.certificate(Settings(web=web, domain=DOMAIN))
    assert told
    assert told["until"] == until.isoformat()
    assert certificate(told, NOW).light is light


@pytest.mark.parametrize(("known", "domain"), [(False, DOMAIN), (True, "dr-other.fr")])
def test_a_certificate_that_browsers_warn_of_is_red(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: bool, domain: str
) -> None:
    """As is the one that bootstrap begins with, until a real one is there."""
    if known:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "both.pem"))
    with showing(datetime.now(UTC) + timedelta(days=30), tmp_path) as web:
        told = telling.certificate(Settings(web=web, domain=domain))
    assert told
    found = certificate(told, datetime.now(UTC))
    assert (found.light, "browsers warn" in found.what) == (Light.RED, True)


def test_where_nothing_is_shown_that_is_said() -> None:
    told = telling.certificate(Settings(web="127.0.0.1:1"))
    assert certificate(told, NOW).what == "none is shown"


@pytest.mark.parametrize("text", ["rooot = '/srv'", "root = 3", "restart = 'x'", "root = "])
def test_settings_that_cannot_be_used_are_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "gate.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(BadSettings, match=r"gate\.toml"):
        Settings.read(path)
