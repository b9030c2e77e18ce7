"""What the tests of faults stand on: the shim, compiled once, and a fresh copy of it for each."""

import shutil
from pathlib import Path

import pytest

from tests.faults.disk import Shim, compile_shim


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_shim(tmp_path_factory.mktemp("shim"))


@pytest.fixture
def shim(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Shim:
    """With a journal and a control of its own, outside of every folder that a test watches."""
    folder = tmp_path_factory.mktemp("shim")
    return Shim(Path(shutil.copy(library, folder)))
