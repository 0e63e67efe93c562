"""What an instance holds is for the user that runs Staza alone."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from lms import mail, private

from .conftest import CONTENT
from .test_cli import staza


def open_to_others(folder: Path) -> list[str]:
    """What others could read or write."""
    return [str(path) for path in (folder, *folder.rglob("*")) if path.stat().st_mode & 0o077]


@pytest.fixture
def generous() -> None:
    """The rights that most systems give to new files."""
    os.umask(0o022)


@pytest.mark.usefixtures("generous")
def test_an_instance_is_for_its_user_alone(tmp_path: Path) -> None:
    instance, file = tmp_path / "instance", tmp_path / "backup.tar.gz"
    environment = {"STAZA_INSTANCE": str(instance), "STAZA_CONTENT": str(CONTENT)}
    for words in (
        ["publish"],
        ["db", "upgrade"],
        ["backup", str(file)],
        ["restore", str(file), "--force"],
        ["jobs"],
        ["check"],
        ["withdraw", "basics"],
        ["diff", "practice"],
    ):
        done = staza(environment, *words)
        assert done.returncode == 0, done.stderr
        assert open_to_others(instance) == [], words
    assert {"staza.db", "secret.key", "artefacts"} < {path.name for path in instance.iterdir()}
    assert not file.stat().st_mode & 0o077


@pytest.mark.usefixtures("generous")
def test_an_instance_of_before_is_mended(tmp_path: Path) -> None:
    other = tmp_path / "another program's.txt"
    other.write_text("")
    for path in ("staza.db", "staza.db-wal", "mail/1.eml", "artefacts/objects/ab/abc.json"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("")
    assert staza({"STAZA_INSTANCE": str(tmp_path)}, "db", "current").returncode in (0, 1)
    assert open_to_others(tmp_path) == [str(other)]


def test_mails_are_private(tmp_path: Path) -> None:
    private.keep(tmp_path)
    mail.send(f"file:{tmp_path / 'mail'}", mail.compose("staza@example.org", "ana@example.org", "Hello", "A link."))
    assert open_to_others(tmp_path) == []


@pytest.mark.usefixtures("generous")
def test_git_takes_nothing_of_an_instance(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    assert staza({"STAZA_INSTANCE": str(tmp_path / "instance"), "STAZA_CONTENT": str(CONTENT)}, "build").returncode == 0
    (tmp_path / "course.yaml").write_text("")
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    done = subprocess.run(["git", "ls-files"], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["course.yaml"]


@pytest.mark.usefixtures("generous")
def test_a_folder_that_all_share_is_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    private.keep(tmp_path)
    assert tmp_path.stat().st_mode & 0o7777 == 0o1777
    assert not (tmp_path / ".gitignore").exists()
