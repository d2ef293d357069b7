"""What every test gets: a `COSTLAB_HOME` of its own, so that no test sees another's runs or the developer's."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def costlab_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that costlab takes for its home during this test."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("COSTLAB_HOME", str(folder))
    monkeypatch.delenv("COSTLAB_DATABASE", raising=False)
    return folder
