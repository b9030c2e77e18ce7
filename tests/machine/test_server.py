"""A bare Debian, really booted, becomes the practice's server, takes a booking, and starts anew."""

import base64
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

import pytest
from playwright.sync_api import Browser, sync_playwright

from booking_endpoint.envelope import PrivateKey, lock_key, open_envelope
from booking_endpoint.headers import HEADERS
from deploy.bootstrap.wanted import CERTIFICATE, CERTIFICATE_KEY, SECRET
from desk.opening import read_identity
from desk.server import Server
from tasks import chromium
from tests.browser.patient import Answers, Patient
from tests.machine.booted import DOMAIN, Booted, booted
from tests.machine.image import image
from tests.serving import ROOT, Practice, wait_until

STATE = (
    "find /etc /usr/local /srv -newer /root-marker -type f; "
    "dpkg-query -W -f '${Package} '; getent passwd souspli; ls /etc"
)


@dataclass(frozen=True)
class Told:
    """How a verb ended, and all that it said; where it was looked at, how the machine was then."""

    code: int
    said: str
    before: str = ""
    after: str = ""


def told(done: "subprocess.CompletedProcess[str]") -> Told:
    return Told(done.returncode, done.stdout + done.stderr)


@pytest.fixture(scope="module")
def planned(bare: Booted) -> Told:
    """A plan of the bare machine, to which nobody said yes."""
    bare.say("touch /root-marker")
    before = bare.say(STATE)
    plan = told(bare.bootstrap())
    return replace(plan, before=before, after=bare.say(STATE))


@pytest.fixture(scope="module")
def applied(bare: Booted, planned: Told) -> Told:
    return told(bare.bootstrap("--apply"))


@pytest.fixture(scope="module")
def machine(bare: Booted, applied: Told) -> Booted:
    """The practice's server, on which nothing was published yet."""
    assert applied.code == 0, applied.said
    return bare


@pytest.fixture(scope="module")
def live(machine: Booted, facts: Path, site: Path) -> Booted:
    """The same with the demo practice's site and endpoint."""
    done = machine.publish("full", facts, site)
    assert done.returncode == 0, done.stdout + done.stderr
    return machine


def test_a_plan_shows_every_change_and_makes_none(planned: Told) -> None:
    assert planned.code == 10
    assert "+ package nginx-light" in planned.said
    assert "+++ /etc/systemd/system/souspli.service" in planned.said
    assert "+ProtectSystem=strict" in planned.said
    assert "nothing was touched" in planned.said
    assert planned.after == planned.before


def test_a_plan_prints_no_key_and_no_secret(bare: Booted, planned: Told) -> None:
    bodies = [Path(bare.key(role)).read_text("ascii").split()[1] for role in ("full", "desk")]
    assert [body for body in bodies if body in planned.said] == []
    assert "/etc/souspli/keys/full (1 lines, not shown)" in planned.said


def test_a_bare_debian_becomes_a_server(applied: Told, machine: Booted) -> None:
    assert applied.code == 0, applied.said
    assert machine.say("systemctl is-active nginx ssh").split() == ["active", "active"]
    assert machine.say("stat -c %U:%a /etc/souspli/secret.cred").strip() == "root:600"


def test_a_second_time_changes_nothing(machine: Booted) -> None:
    again = told(machine.bootstrap("--apply"))
    assert again.code == 0
    assert "no changes" in again.said


def test_the_certificate_to_begin_with_is_called_what_it_is(machine: Booted) -> None:
    """Also before anything was published, or where nobody books online: nginx shows it by name."""
    assert "!! certificate: browsers warn of it" in status(machine)


def status(machine: Booted) -> str:
    return told(machine.verb("full", "deploy.publishing", "status", "souspli@127.0.0.1")).said


def test_keys_that_are_not_named_again_stay(machine: Booted) -> None:
    done = told(machine.verb("root", "deploy.bootstrap", "127.0.0.1", "--domain", DOMAIN))
    assert done.code == 0
    assert "no changes" in done.said


def test_another_system_is_refused_with_a_sentence(machine: Booted) -> None:
    ubuntu = 'PRETTY_NAME="Ubuntu 24.04 LTS"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n'
    old = machine.say("cat /usr/lib/os-release")
    machine.run("tee", "/usr/lib/os-release", put_in=ubuntu)
    try:
        done = told(machine.bootstrap("--apply"))
    finally:
        machine.run("tee", "/usr/lib/os-release", put_in=old)
    assert done.code == 2
    assert "Ubuntu 24.04 LTS: only Debian 12 and 13 are known" in done.said


AT_ROOT = ("deploy.bootstrap", "127.0.0.1", "--domain", DOMAIN)
ALSO = {
    "Strict-Transport-Security": "max-age=63072000",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Embedder-Policy": "require-corp",
}
"""Two years of https and no frame, for browsers that read no policy; what the Observatory asks."""

ASKED = "/rdv/availability?visit=consultation&days=1"
"""What a page asks of the endpoint."""

BROKEN = {
    "nginx": ("nginx/sites-available/souspli", "ssl_session_tickets off;", "ssl_tickets off;"),
    "visudo": ("sudoers.d/souspli", "(root) NOPASSWD:", "(root NOPASSWD:"),
    "sshd": ("ssh/sshd_config.d/souspli.conf", "PermitTTY no", "PermitTTY sometimes"),
    "souspli.service": ("systemd/system/souspli.service", "ProtectHome=", "ProtectHouse="),
    "systemctl restart nginx": (
        "systemd/system/nginx.service.d/souspli.conf",
        "CAP_NET_BIND_SERVICE CAP_SETUID",
        "CAP_KILL",
    ),
}
"""Who finds it; the file; what stands there, and what is put in its place."""


SETTINGS = (
    "cd /etc && find apt nginx souspli ssh sudoers.d systemd sysusers.d tmpfiles.d"
    " -type f -exec sha256sum {} + -o -type l -printf '%l %p\\n' | sort"
)


@pytest.mark.parametrize("finder", BROKEN)
def test_what_a_check_refuses_is_put_back(machine: Booted, tmp_path: Path, finder: str) -> None:
    """And nginx serves on, as it did before, also where it would not have started again."""
    for package in ("deploy", "booking_endpoint"):
        shutil.copytree(ROOT / package, tmp_path / package)
    name, old, new = BROKEN[finder]
    file = tmp_path / "deploy" / "bootstrap" / "etc" / name
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")
    facts = ROOT / "content" / "practice.toml"
    before = machine.say(SETTINGS)
    done = told(machine.bootstrap("--apply", "--practice", str(facts), tree=tmp_path))
    assert done.code == 1, done.said
    assert finder in done.said
    assert "every file was put back" in done.said
    assert machine.say(SETTINGS) == before
    assert machine.say("systemctl is-active nginx").strip() == "active"


def test_the_endpoint_and_nginx_are_locked_in(machine: Booted) -> None:
    """By systemd's own scale, on which 10 is a unit that says nothing."""
    units = "/etc/systemd/system/souspli.service"
    machine.say(f"systemd-analyze security --offline=true --threshold=5 --no-pager {units}")
    machine.say("systemd-analyze security --threshold=30 --no-pager nginx.service")


def as_user(machine: Booted, user: str, script: str) -> int:
    return machine.run("setpriv", f"--reuid={user}", "--init-groups", "sh", "-c", script).returncode


MAY_NOT = (
    "ls /var/lib/souspli",
    "echo x >> /etc/souspli/keys/full",
    "cat /etc/souspli/secret.cred",
    "cat /etc/souspli/tls/key.pem",
    "echo x > /usr/local/lib/souspli/gate",
    "sudo -n id",
    "sudo -n systemctl restart nginx",
    "sudo -n -u souspli-endpoint sh -c id",
)


@pytest.mark.parametrize("script", MAY_NOT)
def test_who_publishes_reaches_no_booking_no_secret_and_no_root(live: Booted, script: str) -> None:
    assert as_user(live, "root", "ls /var/lib/souspli/bookings.db") == 0
    assert as_user(live, "souspli", script) != 0


def test_who_publishes_may_restart_the_endpoint_and_ask_it(live: Booted) -> None:
    """So that what is refused above is not refused for another reason."""
    assert as_user(live, "souspli", "sudo -n systemctl restart souspli.service") == 0
    ask = "sudo -n -u souspli-endpoint /usr/local/lib/souspli/run-endpoint list"
    assert as_user(live, "souspli", ask) == 0


def test_each_key_does_what_its_role_may(live: Booted) -> None:
    def ask(role: str, *words: str) -> int:
        command = [*live.ssh(role), "-n", "souspli@127.0.0.1", "--", *words]
        return subprocess.run(command, capture_output=True, check=False).returncode

    assert ask("desk", "booking_endpoint", "list") == 0
    assert ask("desk", "booking_endpoint", "forget", "x") == 2
    assert ask("desk", "status") == 2
    assert ask("full", "status") == 0
    assert ask("full", "booking_endpoint", "list") == 2
    assert ask("content", "rm", "-rf", "/srv") == 2
    assert ask("root", "status") == 255


def test_pages_come_packed_with_every_header_over_tls(live: Booted) -> None:
    page = live.fetch("/", "-H", "Accept-Encoding: br", "-o", "/dev/null", "-D", "-")
    assert page.startswith("HTTP/2 200")
    assert "content-encoding: br" in page
    old = ("--ciphers", "ALL@SECLEVEL=0", "--tlsv1.0", "--tls-max")  # what curl may not by itself
    assert live.fetch("/", *old, "1.1") == ""
    assert live.fetch("/", *old, "1.2") != ""
    for path in ("/", "/nowhere/", "/theme/site.css", "/images/x.webp", "/.git/config"):
        head = live.fetch(path).partition("\n\n")[0]
        for header, value in (HEADERS | ALSO).items():
            assert head.count(f"{header.lower()}: {value}\n") == 1, (path, header)
    assert live.fetch("/nowhere/").startswith("HTTP/2 404")
    assert "nginx/" not in live.fetch("/nowhere/")


def test_the_endpoint_answers_behind_it_and_does_not_tell_its_release(live: Booted) -> None:
    answer = live.fetch(ASKED)
    assert answer.startswith("HTTP/2 200")
    assert "strict-transport-security" in answer
    assert "x-release" not in answer.lower()


def test_an_unknown_name_gets_no_answer(live: Booted) -> None:
    assert live.curl("http://127.0.0.1/") == ""
    assert live.curl("https://127.0.0.1/") == ""
    assert f"Location: https://{DOMAIN}/x" in live.curl(
        "--resolve", f"{DOMAIN}:80:127.0.0.1", f"http://{DOMAIN}/x"
    )


def test_no_log_of_nginx_holds_an_address_or_a_page(live: Booted) -> None:
    """Each line is an hour, a method, a status; the endpoint's paths have none at all."""
    for path in ("/", "/Jean-Dupont/", "/rdv/availability?visit=Jean-Dupont"):
        live.fetch(path)
    live.curl("http://127.0.0.1/Jean-Dupont")
    lines = live.say("cat /var/log/nginx/souspli.log").splitlines()
    assert lines
    assert {one for one in lines if not re.fullmatch(r"[0-9-]+T\d\d [A-Z]+ \d{3}", one)} == set()
    everything = live.say("cat /var/log/nginx/*")
    assert [word for word in ("127.0.0.1", "Jean", "Dupont") if word in everything] == []


def test_a_certificate_that_was_given_is_served(live: Booted, tmp_path: Path) -> None:
    """Its key is sent, never shown; without both options nothing is taken away again."""
    made = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    words = (*made.split(), "-subj", "/CN=given", "-addext", f"subjectAltName=DNS:{DOMAIN}")
    subprocess.run(
        [*words, "-keyout", "key.pem", "-out", "ca.pem"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    given = ("--certificate", str(tmp_path / "ca.pem"))
    done = told(live.bootstrap(*given, "--certificate-key", str(tmp_path / "key.pem"), "--apply"))
    assert done.code == 0, done.said
    secret = (tmp_path / "key.pem").read_text("ascii").splitlines()[1]
    assert secret not in done.said
    assert live.say(f"stat -c %a {CERTIFICATE} {CERTIFICATE_KEY}").split() == ["644", "600"]
    where = ["--resolve", f"{DOMAIN}:443:127.0.0.1", f"https://{DOMAIN}/"]
    trusting = [*live.line, "curl", "-s", "--cacert", str(tmp_path / "ca.pem"), *where]
    wait_until(lambda: subprocess.run(trusting, capture_output=True, check=False).returncode == 0)
    assert "no changes" in told(live.bootstrap("--apply")).said
    authority = "/usr/local/share/ca-certificates/given.crt"
    live.say(f"cp {CERTIFICATE} {authority} && update-ca-certificates")
    assert "!! certificate: 2 days left" in status(live)
    live.say(f"rm {authority} && update-ca-certificates --fresh")
    assert "!! certificate: browsers warn of it" in status(live)


AUTHORITY = f"""
DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends pebble
echo 127.0.0.1 localhost {DOMAIN} > /etc/hosts
cd /var/lib && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
  -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout ca.key -out ca.pem
echo '{{"pebble": {{"listenAddress": "127.0.0.1:14000", "certificate": "/var/lib/ca.pem",
  "privateKey": "/var/lib/ca.key", "httpPort": 80, "tlsPort": 443}}}}' > pebble.json
systemd-run -q --unit=pebble --setenv=PEBBLE_VA_NOSLEEP=1 pebble -config /var/lib/pebble.json
mkdir -p ~root/.config/letsencrypt
printf 'server = https://localhost:14000/dir\\nno-verify-ssl = true\\n' \
  > ~root/.config/letsencrypt/cli.ini
"""
"""pebble, a test server by Let's Encrypt's own makers: it asks nginx for what certbot laid out."""


def served_certificate(machine: Booted) -> str:
    """Who issued what nginx shows, and its number."""
    show = f"openssl s_client -connect 127.0.0.1:443 -servername {DOMAIN} </dev/null 2>/dev/null"
    return machine.say(f"{show} | openssl x509 -noout -issuer -serial")


def test_certbot_fetches_a_certificate_through_nginx_and_renews_it(machine: Booted) -> None:
    machine.say(AUTHORITY)
    done = told(machine.bootstrap("--certbot", "cabinet@dr-example.fr", "--apply"))
    assert done.code == 0, done.said
    wait_until(lambda: "Pebble" in served_certificate(machine))
    assert "no changes" in told(machine.bootstrap("--certbot", "cabinet@dr-example.fr")).said
    first = served_certificate(machine)
    machine.say("certbot renew -q --force-renewal --no-random-sleep-on-renew")
    wait_until(lambda: served_certificate(machine) != first)


@pytest.fixture(scope="module")
def chromium_there(bare: Booted) -> Iterator[Browser]:
    """Debian's Chromium on this machine, whose network is that one's."""
    starter = bare.room / "chromium"
    starter.write_text(f'#!/bin/sh\nexec {" ".join(bare.line)} {chromium()} "$@"\n', "ascii")
    starter.chmod(0o700)
    names = f"--host-resolver-rules=MAP {DOMAIN} 127.0.0.1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=starter, args=["--no-sandbox", "--disable-gpu", names]
        )
        yield browser
        browser.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_patient_books_over_tls_and_the_desk_reads_who(
    live: Booted,
    chromium_there: Browser,
    facts: Path,
    site: Path,
    key: PrivateKey,
    scripts: bool,
) -> None:
    """From a real browser through nginx into the locked-in endpoint, and back over ssh."""
    practice = Practice(facts.parent, key, site)
    context = chromium_there.new_context(
        java_script_enabled=scripts, ignore_https_errors=True, timezone_id="Europe/Paris"
    )
    patient = Patient(context.new_page(), practice, "fr", scripts=scripts)
    patient.origin = f"https://{DOMAIN}"
    name = f"Ada Exemple {scripts}"
    start = patient.until_details()
    patient.fill(Answers(name=name))
    if not scripts:
        patient.page.wait_for_timeout(3_200)  # a form that is sent at once is a program's
    patient.send()
    patient.sees_receipt()
    patient.sees_time(start)
    context.close()
    assert name in names(live, key)


def names(machine: Booted, key: PrivateKey) -> set[str]:
    """Who comes, as the desk reads it over ssh with its own key."""
    return read_names((*machine.ssh("desk"), "souspli@127.0.0.1", "--", "booking_endpoint"), key)


def read_names(command: tuple[str, ...], key: PrivateKey) -> set[str]:
    """Who comes, as whatever answers this command has it."""
    lines = [json.loads(line) for line in Server(command, dict(os.environ)).export()]
    sealed = [
        base64.urlsafe_b64decode(line["envelope"] + "==") for line in lines if "envelope" in line
    ]
    return {read_identity(open_envelope(one, [key]) or b"")["name"] for one in sealed}


def test_an_endpoint_that_is_killed_answers_the_next_who_asks(live: Booted) -> None:
    before = live.say("systemctl show -P MainPID souspli.service")
    live.say("systemctl kill -s KILL souspli.service")
    assert live.fetch(ASKED).startswith("HTTP/2 200")
    assert live.say("systemctl show -P MainPID souspli.service") != before


def test_after_a_reboot_all_is_there_again(live: Booted, key: PrivateKey) -> None:
    """Pages, endpoint and bookings, without anybody's hand."""
    closed = "2031-01-01T08:00:00Z 2031-01-01T09:00:00Z --id kept-over-night"
    endpoint = "setpriv --reuid=souspli-endpoint --clear-groups /usr/local/lib/souspli/run-endpoint"
    live.say(f"{endpoint} close {closed}")
    booked = names(live, key)
    live.power_off()
    live.boot()
    assert live.fetch("/").startswith("HTTP/2 200")
    assert live.fetch(ASKED).startswith("HTTP/2 200")
    assert names(live, key) == booked
    assert "kept-over-night" in live.say(f"{endpoint} list")
    assert "no changes" in told(live.bootstrap()).said
    units = "nginx ssh souspli.socket souspli.service"
    assert live.say(f"systemctl is-active {units}").split() == ["active"] * 4


def test_a_line_that_fails_says_which_and_what_to_do(machine: Booted) -> None:
    """By the real ssh: nobody there, nobody let in, another machine behind the name."""
    assert "takes none of your keys" in told(machine.verb("desk", *AT_ROOT)).said
    machine.say("systemctl stop ssh")
    try:
        assert "cannot be reached" in told(machine.verb("root", *AT_ROOT)).said
    finally:
        machine.say("systemctl start ssh")
    known = machine.known.read_text("ascii")
    kind, body = Path(machine.key("root")).read_text("ascii").split()[:2]
    machine.known.write_text(f"127.0.0.1 {kind} {body}\n", "ascii")
    try:
        changed = told(machine.verb("root", *AT_ROOT))
    finally:
        machine.known.write_text(known, "ascii")
    assert changed.code == 2
    assert "shows another key than the one you know" in changed.said


def test_a_backup_lives_again_on_a_new_machine(
    live: Booted, tmp_path: Path, facts: Path, site: Path, key: PrivateKey
) -> None:
    """From a bare machine to all bookings, and what its receipts were signed with, in a minute."""
    backup, booked = tmp_path / "b.souspli", exported(live)
    words = ("deploy.publishing", "backup", "souspli@127.0.0.1", "--output", str(backup))
    done = told(live.verb("desk", *words))
    assert (done.code, f"{len(booked)} bookings" in done.said) == (0, True), done.said
    (tmp_path / "key.pem").write_bytes(lock_key(key, "a passphrase"))
    (tmp_path / "passphrase").write_text("a passphrase", "utf-8")
    known = ("--key", str(tmp_path / "key.pem"), "--passphrase-file", str(tmp_path / "passphrase"))
    back = ("restore", str(backup), "127.0.0.1", "--practice", str(facts), *known)
    (tmp_path / "new").mkdir()
    signed = signing(live)
    live.power_off()
    with booted(tmp_path / "new", image()) as new:
        began = monotonic()
        assert new.bootstrap("--apply").returncode == 0
        assert new.publish("full", facts, site).returncode == 0
        done = told(new.verb("root", "desk", *back, put_in="oui\n"))
        assert done.code == 0, done.said
        others_at_work = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
        assert monotonic() - began < 60 * others_at_work
        assert exported(new) == booked
        assert new.fetch(ASKED).startswith("HTTP/2 200")
        assert "restore" in new.say("cat /var/lib/souspli/bookings.db.audit")
        assert new.say("ls /var/lib/souspli").count("before") == 0
        assert set(signed) < set(signing(new))
        assert signing(new)[0] != signed[0]
    live.boot()


def signing(machine: Booted) -> list[str]:
    return machine.say(f"systemd-creds decrypt --name=secret {SECRET} -").split(",")


def exported(machine: Booted) -> list[str]:
    """Every booking, sealed, as the desk has it over ssh."""
    command = (*machine.ssh("desk"), "souspli@127.0.0.1", "--", "booking_endpoint")
    return Server(command, dict(os.environ)).export()
