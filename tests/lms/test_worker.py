"""The worker: nothing stops because of one. Whatever fails is counted, kept with its reason and given up in the end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from lms import clock
from lms.config import Settings
from lms.db import db, transaction
from lms.learning import drafts, jobs
from lms.learning import duties as learning
from lms.library import library
from lms.records import duties
from lms.records import jobs as outbox
from lms.records.attempts import Attempt
from lms.records.jobs import Job

from .journey import begin
from .test_cli import environment_of, free_port, run, serving, started
from .test_trainee import Visit

HOUR = timedelta(hours=1)


def spoilt(visitor: Visit) -> None:
    """Two attempts whose time is over; the artefact of the first can't be read."""
    for name in ("trainee", "colleague"):
        browser = visitor(name)
        browser.post("/courses/basics/enrol")
        begin(browser, "basics")
    first, second = db.session.query(Attempt).order_by(Attempt.id)
    first.revision = "0" * 64
    for attempt in (first, second):
        attempt.deadline_at = clock.now() - HOUR
    db.session.commit()


def test_a_row_that_fails_holds_up_no_other(app: Flask, settings: Settings, visitor: Visit) -> None:
    spoilt(visitor)
    with transaction() as session:
        outbox.add(session, "mail", clock.now() - HOUR, to=["not", "an", "address"])
        outbox.add(session, "password-reset", clock.now() - HOUR, nobody="foresaw this")
        outbox.add(session, "mail", clock.now(), to="trainee@example.org", subject="Hello", body="A mail.")
    assert jobs.drain(settings, library(), clock.now()) == (2, 3)
    assert len(list((settings.instance / "mail").glob("*.eml"))) == 1
    assert [row.submitted_at is None for row in db.session.query(Attempt).order_by(Attempt.id)] == [True, False]
    assert jobs.drain(settings, library(), clock.now()) == (0, 0), "what failed rests for a while"


def test_what_is_given_up_is_shown_with_its_reason_and_can_be_tried_again(
    app: Flask, settings: Settings, visitor: Visit
) -> None:
    spoilt(visitor)
    with transaction() as session:
        outbox.add(session, "password-reset", clock.now() - HOUR, nobody="foresaw this")
    for days in range(12):
        jobs.drain(settings, library(), clock.now() + timedelta(days=days))
    failures = learning.given_up(db.session())
    assert {one.duty for one in failures} == {"jobs", "attempts"}
    assert db.session.query(Job).filter_by(kind="password-reset").one().tries == learning.TRIES
    administrator = visitor("administrator")
    page = administrator.get("/admin/operation").text
    assert "unexpected keyword argument" in page
    for one in failures:
        administrator.post("/admin/operation/again", {"duty": one.duty, "subject": one.subject})
    assert learning.given_up(db.session()) == []
    assert jobs.drain(settings, library(), clock.now() + timedelta(days=13)).failed == 2


def test_a_duty_that_stops_leaves_the_others_running(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction() as session:
        outbox.add(session, "mail", clock.now(), to="trainee@example.org", subject="Hello", body="A mail.")
    (copy := settings.instance / "artefacts").mkdir()
    (copy / "releases.json").write_text("{cut")
    done = run(Settings(**{**vars(settings), "artefacts": copy}), "jobs")
    assert done.exit_code == 0, done.output
    assert len(list((settings.instance / "mail").glob("*.eml"))) == 1
    ran = {row.name: row for row in duties.runs(db.session())}
    assert ran["jobs"].done == 1
    assert ran["reminders"].error


def test_the_worker_reads_the_texts_of_courses_that_have_a_trainer(app: Flask, settings: Settings) -> None:
    own = Settings(**{**vars(settings), "artefacts": settings.instance / "artefacts"})
    shutil.copytree(settings.artefacts, own.artefacts)
    assert run(own, "jobs").exit_code == 0
    draft = drafts.find(own.content, own.artefacts, "basics")
    assert draft is not None
    assert draft.problems == ()
    assert draft.revision == library().releases()["basics"].revision
    assert drafts.find(own.artefacts, own.artefacts, "basics") is None, "of other texts"


def test_the_service_knows_when_the_worker_last_ran(app: Flask, visitor: Visit) -> None:
    def state() -> Any:
        answer = visitor("").get("/healthz")
        assert answer.status_code == 200
        return answer.json["worker"]

    assert state() == "late"
    learning.keep("jobs", clock.now(), learning.Outcome(), "")
    assert state() == "ok"
    learning.keep("jobs", clock.now() - HOUR, learning.Outcome(), "")
    assert state() == "late"


def worker_of(pid: int) -> int:
    """The worker of a server."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == pid and b"--watch" in (folder / "cmdline").read_bytes():
                return int(folder.name)
        except OSError:
            continue
    return 0


FORKS = """
import os, subprocess, sys, threading
from lms.cli import server

over = threading.Event()
popen = subprocess.Popen
subprocess.Popen = lambda _command: popen([sys.executable, "-c", "0"])
for _ in range(40):
    over.clear()
    server.PAUSES = (0.0, 0.0)
    supervisor = threading.Thread(target=server._keep_running, args=(over,), daemon=True)
    supervisor.start()
    end, hold = os.pipe()
    children = []
    for _ in range(8):
        if not (child := os.fork()):
            os.close(hold)
            os.read(end, 1)  # a server process lives as long as its parent wants
            os._exit(0)
        children.append(child)
    over.set()
    supervisor.join(5)
    assert not supervisor.is_alive(), "the supervisor hangs"
    os.close(hold)
    os.close(end)
    for child in children:
        os.waitpid(child, 0)
"""


def test_the_supervisor_outlives_server_processes_that_are_forked_meanwhile() -> None:
    """What waits for the worker to start does not wait for the end of a process that knows nothing of it."""
    subprocess.run([sys.executable, "-c", FORKS], check=True, timeout=60)


def test_a_worker_that_dies_is_started_again(app: Flask, settings: Settings) -> None:
    port = free_port()
    process = started(dict(os.environ) | environment_of(settings), "serve", "--port", str(port))
    try:
        serving(process, f"http://127.0.0.1:{port}")
        until, first = time.monotonic() + 30, 0
        while not (first := worker_of(process.pid)) and time.monotonic() < until:
            time.sleep(0.1)
        os.kill(first, signal.SIGKILL)
        while worker_of(process.pid) in (0, first) and time.monotonic() < until:
            time.sleep(0.1)
        assert worker_of(process.pid) not in (0, first)
        while time.monotonic() < until:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
                if json.load(answer)["worker"] == "ok":
                    break
            time.sleep(0.2)
        else:
            pytest.fail("the worker does not run")
    finally:
        process.terminate()
        process.communicate(timeout=40)
