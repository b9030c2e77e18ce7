"""The verb that makes a server, and how it is started."""

import sys

from invoke.context import Context
from invoke.tasks import task

from deploy.commands import become
from deploy.key_verbs import FACTS


@task(
    positional=["host"],
    iterable=["full_key", "content_key", "desk_key"],
    help={
        "host": "a bare Debian 12 or 13, as ssh knows it; as root unless it names a user",
        "full-key": "a .pub file that may publish pages and endpoint; again for more, replaces all",
        "content-key": "one that may publish pages and nothing else",
        "desk-key": "one that may ask the endpoint what the desk asks, and nothing else",
        "domain": "the site's name; that of the facts unless said",
        "certificate": "a certificate you have (PEM, with its chain)",
        "certificate-key": "its private key (PEM)",
        "certbot": "have Let's Encrypt's, and tell it this e-mail address",
        "apply": "do not ask before changing the server",
        "practice": "the facts file",
    },
)
def bootstrap(
    _: Context,
    host: str,
    full_key: list[str],
    content_key: list[str],
    desk_key: list[str],
    domain: str = "",
    certificate: str = "",
    certificate_key: str = "",
    certbot: str = "",
    apply: bool = False,
    practice: str = FACTS,
) -> None:
    """Make a bare Debian the practice's server: shows what would change, asks, and does it."""
    told = {
        "--domain": [domain],
        "--certificate": [certificate],
        "--certificate-key": [certificate_key],
        "--certbot": [certbot],
        "--full-key": full_key,
        "--content-key": content_key,
        "--desk-key": desk_key,
    }
    words = [word for name, values in told.items() for one in values if one for word in (name, one)]
    at_once = ["--apply"] if apply else []
    named = ("--practice", practice, *words, *at_once)
    become(sys.executable, "-m", "deploy.bootstrap", host, *named)
