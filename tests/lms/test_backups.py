"""Backups that were spoilt, and restores that were cut short: refused or undone, the target byte for byte the same.

A short form runs with the others; `make backups` (STAZA_BACKUPS=200) runs the whole.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest
from click import ClickException
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import text

from courses.artefact import Store
from lms.cli import archive, restoring
from lms.config import Settings
from lms.db import db

from .conftest import World, enrol
from .test_cli import run, tools

MANY = int(os.environ.get("STAZA_BACKUPS", "0"))
"""How many of each kind are tried, where the whole is asked for."""
sqlite_only = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
__all__ = ["tools"]


@dataclass
class Place:
    """An installation, and a backup of how it was before somebody was enrolled and a course was released again."""

    settings: Settings
    file: Path

    def held(self) -> dict[str, bytes]:
        """Every byte that the installation holds, but for the log that SQLite makes anew each time."""
        db.session.remove()
        db.engine.dispose()
        found = {
            str(path): path.read_bytes()
            for root in (self.settings.instance, self.settings.artefacts)
            for path in root.rglob("*")
            if path.is_file() and path != self.file and not path.name.endswith(("-wal", "-shm"))
        }
        if not self.settings.database_url.startswith("sqlite"):
            with db.engine.connect() as connection:
                for table in connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")):
                    rows = connection.execute(text(f"SELECT t::text FROM {table[0]} t ORDER BY 1")).scalars()
                    found[table[0]] = "\n".join(rows).encode()
            db.engine.dispose()
        return found

    def state(self) -> tuple[int, int]:
        """How many are enrolled, and how often the course was released; damage makes it fail."""
        store = Store(self.settings.artefacts)
        assert store.damage() == []
        with db.engine.connect() as connection:
            enrolled = connection.execute(text("SELECT count(*) FROM enrolments")).scalar_one()
        return enrolled, len(store.history("basics"))

    def restore(self, file: Path | None = None) -> None:
        """Restore, within this process."""
        db.session.remove()
        db.engine.dispose()
        restoring.bring_back(file or self.file, self.settings)


BEFORE, AFTER = (0, 1), (1, 2)


@pytest.fixture
def place(
    app: Flask, settings: Settings, world: World, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Place:
    """An installation of its own, which has gone on since its backup was made."""
    return lay(settings, world, tmp_path_factory.mktemp("backups") / "backup.tar.gz")


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """The settings, with a store of the test's own."""
    own = replace(settings, artefacts=tmp_path / "artefacts")
    shutil.copytree(settings.artefacts, own.artefacts)
    return own


def lay(settings: Settings, world: World, file: Path) -> Place:
    """Make the backup, and go on."""
    made = run(settings, "backup", str(file))
    assert made.exit_code == 0, made.output
    enrol(world.people["trainee"], "basics")
    store = Store(settings.artefacts)
    store.release("basics", store.releases()["basics"])
    return Place(settings, file)


# ── spoilt files ───────────────────────────────────────────────────────────────────────────────────────────────────


def flipped(whole: bytes, bit: int) -> bytes:
    """The bytes with one bit turned round."""
    spoilt = bytearray(whole)
    spoilt[bit // 8] ^= 1 << bit % 8
    return bytes(spoilt)


def spoilt(whole: bytes) -> Iterator[bytes]:
    """The file with one bit flipped (those of header and seal among them), cut, and with something behind it."""
    random = Random(18)
    bits = [*range(80), *range(len(whole) * 8 - 470, len(whole) * 8, 7)]
    for bit in bits + random.choices(range(len(whole) * 8), k=MANY or 60):
        yield flipped(whole, bit)
    for length in [0, 1, 10, len(whole) - 58, len(whole) - 1, *random.choices(range(len(whole)), k=(MANY or 40) // 4)]:
        yield whole[:length]
    yield whole + b"\0"
    yield whole + whole


@pytest.mark.usefixtures("tools")
def test_no_spoilt_backup_is_restored(place: Place, tmp_path_factory: pytest.TempPathFactory) -> None:
    whole, before = place.file.read_bytes(), place.held()
    file = tmp_path_factory.mktemp("spoilt") / "backup.tar.gz"
    for number, data in enumerate(spoilt(whole)):
        file.write_bytes(data)
        with pytest.raises(ClickException, match="is no backup of Staza, or is damaged"):
            place.restore(file)
        if number % 20 == 0:
            assert place.held() == before
    assert place.held() == before
    place.restore()
    assert place.state() == BEFORE


Members = dict[str, bytes]


def unpacked(file: Path) -> Members:
    """The members of a backup."""
    with tarfile.open(file) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]


def packed(file: Path, members: Members) -> None:
    """Write members as somebody would who knows tar and not what a backup is; then seal the file, as its worst case."""
    raw = io.BytesIO()
    with gzip.GzipFile(fileobj=raw, mode="wb") as zipped, tarfile.open(fileobj=zipped, mode="w") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    file.write_bytes(raw.getvalue() + archive._HEAD + sha256(raw.getvalue()).digest() + archive._TAIL)


def swapped(members: Members) -> Members:
    """Two lessons under each other's names."""
    one, two = [name for name in members if "/objects/" in name][:2]
    return members | {one: members[two], two: members[one]}


def stale(members: Members) -> Members:
    """A list of releases of another day, though its hash is right: it names a revision that is not there."""
    name = "artefacts/releases.json"
    data = members[name].replace(json.loads(members[name])["basics"][-1]["revision"].encode(), b"e" * 64)
    return listed(members | {name: data})


def listed(members: Members) -> Members:
    """The members with the hashes in their list made right."""
    about = json.loads(members["backup.json"])
    about["files"] = {name: sha256(data).hexdigest() for name, data in members.items() if name != "backup.json"}
    return members | {"backup.json": json.dumps(about).encode()}


def without(members: Members, part: str) -> Members:
    return {name: data for name, data in members.items() if part not in name}


def damaged_database(members: Members) -> Members:
    """A page of the database is not what it was, and the list has its hash."""
    name = next(name for name in members if name in ("sqlite.db", "postgresql.sql"))
    data = members[name]
    return listed(members | {name: data[:8192] + bytes(4096) + data[12288:] if name == "sqlite.db" else data[:-2000]})


TAMPERED: dict[str, Callable[[Members], Members]] = {
    "members swapped": swapped,
    "members swapped, and listed so": lambda members: listed(swapped(members)),
    "a list that names what is not there": stale,
    "a list of another day": lambda members: (
        members | {"artefacts/releases.json": members["artefacts/releases.json"].replace(b"2026", b"2025")}
    ),
    "a list that is cut": lambda members: listed(
        members | {"artefacts/releases.json": members["artefacts/releases.json"][:-30]}
    ),
    "an object too few": lambda members: without(members, next(name for name in members if "/objects/" in name)),
    "all objects gone, and listed so": lambda members: listed(without(members, "/objects/")),
    "a file too many": lambda members: members | {"artefacts/objects/00/more.json": b"{}"},
    "no list": lambda members: without(members, "backup.json"),
    "a damaged database": damaged_database,
    "another file for the database": lambda members: (
        members
        | {
            "backup.json": re.sub(
                rb'"database": "[a-z.]+"', b'"database": "artefacts/releases.json"', members["backup.json"]
            )
        }
    ),
    "no database": lambda members: listed(without(members, "sql")),
    "a way out": lambda members: listed(members | {"artefacts/../../out.json": b"{}"}),
    "an absolute name": lambda members: listed(members | {"/tmp/staza-out.json": b"{}"}),
    "a format to come": lambda members: (
        members | {"backup.json": members["backup.json"].replace(b'"format": 2', b'"format": 3')}
    ),
    "called one without hashes": lambda members: stale(
        members | {"backup.json": members["backup.json"].replace(b'"format": 2', b'"format": 1')}
    ),
}


@pytest.mark.usefixtures("tools")
def test_no_backup_with_other_members_is_restored(place: Place, tmp_path_factory: pytest.TempPathFactory) -> None:
    members, before = unpacked(place.file), place.held()
    file = tmp_path_factory.mktemp("tampered") / "backup.tar.gz"
    packed(file, members)
    place.restore(file)
    assert place.state() == BEFORE, "packed like this, what is right is restored"
    before = place.held()
    for name, tampered in TAMPERED.items():
        packed(file, tampered(members))
        try:
            place.restore(file)
            pytest.fail(f"restored: {name}")
        except ClickException:
            assert place.held() == before, name
    assert not list(place.file.parent.parent.rglob("out.json"))


# ── backups of what is damaged ─────────────────────────────────────────────────────────────────────────────────────


def damage_page(settings: Settings) -> None:
    """Spoil a page in the midst of the database file."""
    db.session.remove()
    db.engine.dispose()
    path = settings.instance / "staza.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2 // 4096 * 4096)
        file.write(b"\xff" * 4096)


def orphan(settings: Settings) -> None:
    """A row whose enrolment does not exist."""
    with closing(sqlite3.connect(settings.instance / "staza.db")) as connection:
        connection.execute("INSERT INTO lessons_done VALUES (1, 'x', 'the-law', '2026-10-01', '')")
        connection.commit()


def cut_list(settings: Settings) -> None:
    path = settings.artefacts / "releases.json"
    path.write_bytes(path.read_bytes()[:-20])


def flip_object(settings: Settings) -> None:
    path = sorted((settings.artefacts / "objects").rglob("*.json"))[0]
    path.write_bytes(flipped(path.read_bytes(), 100))


def lose_revision(settings: Settings) -> None:
    shutil.rmtree(settings.artefacts / "revisions" / "basics")


@sqlite_only
@pytest.mark.parametrize("harm", [damage_page, orphan, cut_list, flip_object, lose_revision])
def test_what_is_damaged_is_not_backed_up_without_a_word(
    app: Flask, settings: Settings, tmp_path: Path, harm: Callable[[Settings], None]
) -> None:
    harm(settings)
    file = tmp_path / "backup.tar.gz"
    file.write_bytes(b"the backup of yesterday")
    refused = run(settings, "backup", str(file))
    assert refused.exit_code == 1
    assert "Nothing was backed up" in refused.output
    assert file.read_bytes() == b"the backup of yesterday"
    if harm is damage_page:
        return
    assert run(settings, "backup", str(file), "--damaged").exit_code == 0
    back = run(settings, "restore", str(file), "--force")
    assert back.exit_code == 0, back.output
    assert "Damaged when it was saved: " in back.output


@sqlite_only
def test_a_database_that_can_not_be_read_is_restored_over(place: Place) -> None:
    place.held()  # which closes it
    damaged = place.settings.instance / "staza.db"
    damaged.write_bytes(b"\xff" * damaged.stat().st_size)
    assert "holds data already" in run(place.settings, "restore", str(place.file)).output
    assert run(place.settings, "restore", str(place.file), "--force").exit_code == 0
    assert place.state() == BEFORE
    assert (place.settings.instance / "staza.db.damaged").read_bytes()[:9] == b"\xff" * 9


@pytest.mark.usefixtures("tools")
def test_a_backup_from_before_an_upgrade_is_restored_after_it(place: Place) -> None:
    with db.engine.begin() as connection:
        connection.execute(
            text("CREATE TABLE news (id INTEGER PRIMARY KEY, institution INTEGER REFERENCES institutions (id))")
        )
    place.restore()
    assert place.state() == BEFORE
    with db.engine.begin() as connection:
        connection.execute(text("CREATE TABLE news (id INTEGER)"))  # as the upgrade will, when it is made again
    upgrade()


@sqlite_only
def test_a_backup_of_the_first_format_is_read(place: Place, tmp_path: Path) -> None:
    members = unpacked(place.file)
    about = {"format": 1, "made_at": "2026-11-01T08:00:00+00:00", "database": "sqlite.db"}
    file = tmp_path / "old.tar.gz"
    with tarfile.open(file, "w:gz") as tar:
        for name, data in ({"backup.json": json.dumps(about).encode()} | without(members, "backup.json")).items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    done = run(place.settings, "restore", str(file), "--force")
    assert done.exit_code == 0, done.output
    assert "older version" in done.output
    assert place.state() == BEFORE


# ── cut short ──────────────────────────────────────────────────────────────────────────────────────────────────────

WATCHED = ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "sqlite3.connect", "subprocess.Popen")


def in_child(place: Place, prepare: Callable[[], None]) -> int:
    """Restore in a process of its own; how it ended."""
    db.session.remove()
    db.engine.dispose()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            prepare()
            restoring.bring_back(place.file, place.settings)
            status = 0
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1]


def killed_at(number: int) -> Callable[[], None]:
    """Be killed at that step (0: count the steps, into the file `steps`)."""

    def prepare() -> None:
        left = [number]

        def step(event: str, _arguments: object) -> None:
            if event in WATCHED:
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(step)

    return prepare


def after_cut(place: Place, before: dict[str, bytes]) -> tuple[int, int]:
    """What the installation is once the next command has run: as it was to the last byte, or wholly restored."""
    for _ in range(100):  # PostgreSQL's own program may live on for a moment, and keeps others waiting
        restoring.recover(place.settings)
        if not (place.settings.instance / ".restore").exists():
            break
        time.sleep(0.05)
    state = place.state()
    assert state in (BEFORE, AFTER)
    if state == AFTER:
        assert place.held() == before
    assert not (place.settings.instance / ".restore").exists()
    assert not (place.settings.artefacts / ".restore").exists()
    return state


def is_sqlite(place: Place) -> bool:
    return place.settings.database_url.startswith("sqlite")


def go_on(place: Place, world: World) -> dict[str, bytes]:
    """Come back to where the installation was after the backup; what it holds."""
    if place.state() == BEFORE:
        enrol(world.people["trainee"], "basics")
        store = Store(place.settings.artefacts)
        store.release("basics", store.releases()["basics"])
    return place.held()


@pytest.mark.usefixtures("tools")
def test_a_restore_that_is_killed_is_undone_or_finished(place: Place, world: World) -> None:
    before, seen, step, every = place.held(), set(), 1, 1 if MANY else 9 if is_sqlite(place) else 40
    while True:
        ended = in_child(place, killed_at(step))
        assert ended in (0, signal.SIGKILL)
        seen.add(after_cut(place, before))
        before = go_on(place, world)
        if ended == 0:
            break
        step += every
    assert seen == {BEFORE, AFTER}
    assert step > 100


@pytest.mark.usefixtures("tools")
def test_a_restore_that_is_killed_at_any_moment(place: Place, world: World) -> None:
    random, before, longest = Random(4), place.held(), 0.12 if is_sqlite(place) else 0.7
    for _ in range(MANY or 12):
        moment = random.uniform(0.001, longest)
        ended = in_child(place, lambda moment=moment: signal.setitimer(signal.ITIMER_REAL, moment))
        assert ended in (0, signal.SIGALRM)
        after_cut(place, before)
        before = go_on(place, world)


@sqlite_only
def test_a_disk_that_is_full_changes_nothing(place: Place, world: World) -> None:
    """Files may not grow beyond a limit, from none to more than the log of the database needs."""
    size = (place.settings.instance / "staza.db").stat().st_size
    before, seen = place.held(), set()
    for limit in range(0, size + size // 4, size // (MANY or 12)):
        ended = in_child(place, lambda limit=limit: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        seen.add((os.waitstatus_to_exitcode(ended), after_cut(place, before)))
        before = go_on(place, world)
    assert seen == {(1, AFTER), (0, BEFORE)}


FULL = """
set -e
mount -t tmpfs -o size=$1k tmpfs "$2"
cp -r "$3/." "$2"
before=$(cd "$2" && find . -type f ! -name '*-wal' ! -name '*-shm' -exec sha256sum {} + | sort)
if STAZA_INSTANCE="$2" "$4" -m lms.cli restore "$5" --force; then echo RESTORED; exit; fi
after=$(cd "$2" && find . -type f ! -name '*-wal' ! -name '*-shm' -exec sha256sum {} + | sort)
test "$before" = "$after" && echo SAME
"""


@pytest.mark.skipif(not MANY, reason="make backups runs the whole")
@sqlite_only
def test_a_real_disk_that_is_full_changes_nothing(place: Place, tmp_path_factory: pytest.TempPathFactory) -> None:
    mounted, source = tmp_path_factory.mktemp("disk"), tmp_path_factory.mktemp("source")
    place.held()
    shutil.copy(place.settings.instance / "staza.db", source)
    shutil.copytree(place.settings.artefacts, source / "artefacts")
    (source / "secret.key").write_text("0" * 64)
    (source / ".gitignore").write_text("*")
    (source / ".gitignore").chmod(0o600)
    used = sum(-(-path.stat().st_size // 4096) * 4 + 4 for path in source.rglob("*"))
    seen = []
    for more in range(8, 2 * used + 200, 60):
        done = subprocess.run(
            [
                "unshare",
                "--map-root-user",
                "--mount",
                "sh",
                "-c",
                FULL,
                "sh",
                str(used + more),
                mounted,
                source,
                sys.executable,
                place.file,
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.strip().splitlines()[-1:] in (["SAME"], ["RESTORED"]), (more, done)
        seen.append(done.stdout.strip().splitlines()[-1])
    assert set(seen) == {"SAME", "RESTORED"}
