"""One booted Debian for all that is tried on it: bare, then made the practice's server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from booking_endpoint.envelope import PrivateKey
from tests.machine.booted import Booted, booted
from tests.machine.image import image, why_not
from tests.serving import facts_with


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Booted]:
    """A machine as it is rented; told at the end of the run where none can be booted."""
    if reason := why_not():
        pytest.skip(reason)
    with booted(tmp_path_factory.mktemp("machine"), image()) as machine:
        yield machine


@pytest.fixture(scope="session")
def facts(tmp_path_factory: pytest.TempPathFactory, key: PrivateKey) -> Path:
    path = tmp_path_factory.mktemp("facts") / "practice.toml"
    path.write_text(facts_with(key), "utf-8")
    return path
