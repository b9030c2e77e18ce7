"""The bill of materials (SBOM): every package of the locks, as CycloneDX 1.6. Pure, but `locks`.

The same locks give the same bytes: no hour, no serial number, names in order.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILES = {
    "site": "requirements.txt",
    "endpoint": "booking_endpoint/requirements.txt",
    "checks": "tests/requirements.txt",
}
"""What is installed, and from which lock; the last holds the first, and the checks' tools."""

PINNED = re.compile(
    r"^(?P<name>[a-z0-9-]+)==(?P<version>[^\s;\\]+)(?P<rest>(?:.*\\\n)*.*)$", re.MULTILINE
)
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True, order=True)
class Package:
    """One version of a package, and the digests of the files that may be installed for it."""

    name: str
    version: str
    hashes: tuple[str, ...]


def packages(lock: str) -> Iterator[Package]:
    """What a lock as pip reads it names."""
    for found in PINNED.finditer(lock):
        hashes = tuple(sorted(HASH.findall(found["rest"])))
        yield Package(found["name"], found["version"], hashes)


def locks(root: Path) -> dict[str, str]:
    """The texts of the locks below a folder, by what is installed from them."""
    return {use: (root / name).read_text("utf-8") for use, name in FILES.items()}


def bill(texts: Mapping[str, str], project: str) -> str:
    """The whole bill, as JSON, from the locks and the text of pyproject.toml."""
    kit = tomllib.loads(project)["project"]
    uses: dict[Package, list[str]] = {}
    for use, text in texts.items():
        for package in packages(text):
            uses.setdefault(package, []).append(use)
    told = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": kit["name"],
                "name": kit["name"],
                "version": kit["version"],
                "licenses": [{"license": {"id": kit["license"]}}],
            }
        },
        "components": [component(package, uses[package]) for package in sorted(uses)],
    }
    return json.dumps(told, indent=1) + "\n"


def component(package: Package, uses: list[str]) -> dict[str, Any]:
    """One package. `excluded` is the standard's word for what no running program reaches."""
    purl = f"pkg:pypi/{package.name}@{package.version}"
    return {
        "type": "library",
        "bom-ref": purl,
        "name": package.name,
        "version": package.version,
        "purl": purl,
        "scope": "excluded" if uses == ["checks"] else "required",
        "hashes": [{"alg": "SHA-256", "content": one} for one in package.hashes],
        "properties": [{"name": "souspli:installed-for", "value": use} for use in uses],
    }
