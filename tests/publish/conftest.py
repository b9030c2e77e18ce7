"""The demo practice as it is published, and servers that it is published on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from booking_endpoint.envelope import PrivateKey
from booking_endpoint.reading import read_practice
from deploy.publishing.bundle import gather
from tests.publish.machine import Machine
from tests.serving import facts_with


@pytest.fixture(scope="session")
def facts(tmp_path_factory: pytest.TempPathFactory, key: PrivateKey) -> Path:
    path = tmp_path_factory.mktemp("facts") / "practice.toml"
    path.write_text(facts_with(key), "utf-8")
    return path


@pytest.fixture(scope="session")
def bundle(facts: Path, site: Path) -> dict[str, bytes]:
    """All that is published."""
    return gather(read_practice(facts.read_text("utf-8"), str(facts)), facts, site)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A server on which the endpoint is kept alive, one for a module."""
    server = Machine(tmp_path_factory.mktemp("m"))
    server.prepare()
    with server.supervised():
        yield server


@pytest.fixture
def bare(tmp_path: Path) -> Machine:
    """A server of the test's own, on which nothing runs yet."""
    server = Machine(tmp_path / "m")
    server.prepare()
    return server
