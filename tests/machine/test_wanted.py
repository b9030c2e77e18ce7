"""What shall be on a server, told by settings alone: no machine is needed for this."""

import base64
import re
from pathlib import Path

import pytest

from deploy.bootstrap.__main__ import texts
from deploy.bootstrap.there import Before, refused, write
from deploy.bootstrap.wanted import (
    CERTIFICATE_KEY,
    KEYS,
    RENEWED,
    ROLES,
    SECRET,
    SITE,
    File,
    PublicKey,
    Role,
    Settings,
    Unfit,
    Wanted,
    wanted,
)
from deploy.far import Done, Far, LetNobodyIn, NotAllowed, StrangeHost, Unreachable, raise_for


def a_key(number: int, comment: str = "ines@cabinet") -> str:
    """One line of a `.pub` file (RFC 8709)."""
    body = b"\0\0\0\x0bssh-ed25519\0\0\0 " + bytes([number]) * 32
    return f"ssh-ed25519 {base64.b64encode(body).decode()} {comment}\n"


def keys(**lines: str) -> dict[Role, tuple[PublicKey, ...]]:
    return {role: (PublicKey.read(lines[role], role),) for role in ROLES if role in lines}


def server(**settings: object) -> Wanted:
    told = {"domain": "dr-example.fr", **settings}
    return wanted(Settings(**told), texts())  # type: ignore[arg-type]  # each test names its own


def files(shall: Wanted) -> dict[str, File]:
    return {file.path: file for file in shall.files}


def test_no_gap_is_left_unfilled() -> None:
    for file in server().files:
        assert re.findall(r"@[A-Z]+@", file.text) == [], file.path


def test_the_site_is_served_under_its_own_name_and_the_facts_prefix() -> None:
    there = files(server(domain="dr-exemple.fr", prefix="/visite"))
    assert "server_name dr-exemple.fr;" in there[SITE].text
    assert "location /visite/ {" in there["/etc/nginx/souspli-booking.conf"].text
    assert "BOOKING_ORIGIN=https://dr-exemple.fr\n" in there["/etc/souspli/endpoint.env"].text
    assert "BOOKING_PREFIX=/visite\n" in there["/etc/souspli/endpoint.env"].text


def test_each_key_starts_the_gate_in_its_role_and_nothing_else() -> None:
    """Without the comment, which names somebody and his machine."""
    there = files(server(keys=keys(full=a_key(1), content=a_key(2), desk=f"restrict {a_key(3)}")))
    for role in ROLES:
        text = there[f"{KEYS}{role}"].text
        start = f'restrict,command="/usr/local/lib/souspli/gate {role}" ssh-ed25519 AAAA'
        assert (text.count("\n"), text.startswith(start)) == (1, True)
        assert "cabinet" not in text


def test_a_new_key_of_one_role_takes_no_other_away() -> None:
    there = files(server(keys=keys(desk=a_key(3))))
    assert [path for path in there if path.startswith(KEYS)] == [f"{KEYS}desk"]


def test_what_was_not_brought_along_is_not_touched() -> None:
    there = files(server())
    assert {CERTIFICATE_KEY, RENEWED}.isdisjoint(there)
    assert [path for path in there if path.startswith(KEYS)] == []


def test_no_secret_is_shown_or_readable_by_others() -> None:
    shall = server(certificate="chain", certificate_key="private", keys=keys(full=a_key(1)))
    there = files(shall)
    assert (there[CERTIFICATE_KEY].mode, there[CERTIFICATE_KEY].shown) == (0o600, False)
    assert not there[f"{KEYS}full"].shown
    assert "umask 077" in shall.made[SECRET]
    assert "private" not in repr(
        Settings("dr-example.fr", certificate="x", certificate_key="private")
    )


def test_only_who_asks_for_certbot_gets_it() -> None:
    assert "certbot" not in server().packages
    asked = server(certbot="cabinet@dr-example.fr")
    assert "certbot" in asked.packages
    assert files(asked)[RENEWED].mode == 0o755


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"domain": "Dr Example"}, "--domain"),
        ({"domain": "dr-example.fr; include /etc/passwd"}, "--domain"),
        ({"certificate": "chain"}, "go together"),
        ({"certificate": "x", "certificate_key": "y", "certbot": "a@b.fr"}, "leave --certificate"),
        ({"certbot": "a@b.fr -d other.fr"}, "e-mail"),
        ({"keys": keys(full=a_key(1), desk=a_key(1, "other"))}, "two roles"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, object], says: str) -> None:
    with pytest.raises(Unfit, match=says):
        server(**settings)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nx\n", "private half"),
        ("", "no public key"),
        ("hello world", "no public key"),
        (f'command="sh" {a_key(1)}', "no public key"),
        (a_key(1).replace("ssh-ed25519 ", "ssh-rsa "), "no public key"),
        ("ssh-ed25519 AAAA\n", "no public key"),
    ],
)
def test_what_is_no_public_key_is_refused_with_its_file(text: str, says: str) -> None:
    with pytest.raises(Unfit, match=rf"id\.pub: .*{says}"):
        PublicKey.read(text, "id.pub")


@pytest.mark.parametrize(
    ("release", "fits"),
    [
        ('ID=debian\nVERSION_ID="12"\n', True),
        ('ID=debian\nVERSION_ID="13"\n', True),
        ('ID=debian\nVERSION_ID="11"\n', False),
        ("ID=debian\n", False),  # sid has no number
        ('ID=ubuntu\nID_LIKE=debian\nVERSION_ID="13"\n', False),
        ("", False),
    ],
)
def test_debian_12_and_13_alone_are_known(release: str, fits: bool) -> None:
    assert (refused(release, 0) == "") == fits
    assert refused(release, 1000) != ""


def test_a_path_is_put_back_as_it_was(tmp_path: Path) -> None:
    """Whatever it was: a file with its mode, a link, or nothing."""
    file, link, none = (tmp_path / name for name in ("file", "link", "none"))
    write(file, b"old", 0o640)
    link.symlink_to("somewhere")
    before = [Before.of(path) for path in (file, link, none)]
    for path in (file, link, none):
        write(path, b"new", 0o600)
    for old in before:
        old.put_back()
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"old", 0o640)
    assert str(link.readlink()) == "somewhere"
    assert sorted(tmp_path.iterdir()) == [file, link]


SAID: list[tuple[int, str, type[Far]]] = [
    (255, "ssh: connect to host h port 22: Connection refused", Unreachable),
    (255, "ssh: Could not resolve hostname h: Name or service not known", Unreachable),
    (255, "", Unreachable),
    (255, "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key …", StrangeHost),
    (255, "Host key verification failed.", StrangeHost),
    (255, "souspli@h: Permission denied (publickey).", LetNobodyIn),
    (2, "not allowed: rm", NotAllowed),
]


@pytest.mark.parametrize(("code", "said", "kind"), SAID)
def test_what_ssh_says_becomes_a_sentence(code: int, said: str, kind: type[Far]) -> None:
    with pytest.raises(kind) as raised:
        raise_for("root@h", Done(code, "", said))
    assert "h" in str(raised.value)
    assert "{" not in str(raised.value)


def test_a_far_command_that_fails_by_itself_is_no_broken_line() -> None:
    for code in (0, 1, 2, 10):
        raise_for("h", Done(code, "", "something else"))
