"""What tests of the compiler begin with. Property tests measure no time: the machine may be busy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from courses import compile
from courses.artefact import Store
from courses.facts import Unit

from .books import BASE, lay

settings.register_profile("staza", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("staza")


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """The base, to be edited."""
    return lay(BASE.name, tmp_path / "content")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store(tmp_path / "artefacts")


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were compiled, noted as it happens."""
    seen: list[str] = []
    really = compile.compile_file

    def note(content: Path, path: str, *rest: Any) -> Unit:
        seen.append(path)
        return really(content, path, *rest)

    monkeypatch.setattr(compile, "compile_file", note)
    return seen
