"""The real thing: the production server on its own database, with the real courses, and Debian's Chromium before it."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import upgrade
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from lms import clock, create_app, demo
from lms.config import ROOT, Settings
from lms.db import db
from lms.library import library
from tests.lms.conftest import World, compile_into, lay_down

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
STARTS_WITHIN = 60.0
PATIENCE = 30_000
"""Milliseconds that a page may take for anything."""


@dataclass
class Site:
    """A server that runs: its address, who there is in its database, and the application over the same database."""

    url: str
    app: Flask
    world: World


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def served(folder: Path, artefacts: Path, seed: Callable[[], World]) -> Iterator[Site]:
    """The production server, on a migrated database in `folder` that `seed` was called for."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = Settings(
        instance=folder,
        database_url=f"sqlite:///{folder / 'staza.db'}",
        artefacts=artefacts,
        content=ROOT / "content",
        url=url,
        secret_key="0" * 64,
        mail=f"file:{folder / 'mail'}",
        mail_from="Staza <staza@example.org>",
    )
    app = create_app(settings)
    with app.app_context():
        upgrade()
        world = seed()
        db.session.remove()
    environment = {
        **os.environ,
        "STAZA_INSTANCE": str(folder),
        "DATABASE_URL": settings.database_url,
        "STAZA_ARTEFACTS": str(artefacts),
        "STAZA_SECRET_KEY": settings.secret_key,
        "STAZA_MAIL": settings.mail,
        "STAZA_URL": url,
        "PORT": str(port),
    }
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "lms.cli", "serve"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_for(url, server, folder / "server.log")
        yield Site(url, app, world)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=30)
        with app.app_context():
            db.engine.dispose()


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise AssertionError(f"The server did not start:\n{log.read_text()}")


@pytest.fixture(scope="session")
def courses(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real courses, compiled and published once for all processes of a run; nobody writes to them."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # each of which has a folder of its own in this one
        shared = shared.parent
    artefacts = shared / "courses"
    with (shared / "courses.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not artefacts.exists():
            made = tmp_path_factory.mktemp("courses")
            compile_into(made, ROOT / "content")
            made.rename(artefacts)
    return artefacts


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, courses: Path) -> Iterator[Site]:
    """The server with the three courses and the people of the tests' world."""
    with served(tmp_path_factory.mktemp("instance"), courses, lay_down) as running:
        yield running


def compose_region() -> World:
    """Seed the demo region; its people have addresses at example.org, as those of the tests' world have."""
    assert demo.seed(library(), clock.now(), dict.fromkeys(demo.PEOPLE, 80))
    return World()


@pytest.fixture(scope="session")
def region(tmp_path_factory: pytest.TempPathFactory, courses: Path) -> Iterator[Site]:
    """The server with the three courses and the demo region."""
    with served(tmp_path_factory.mktemp("region"), courses, compose_region) as running:
        yield running


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright's driver."""
    with sync_playwright() as driver:
        yield driver


def launch(driver: Playwright) -> Browser:
    """A browser of one's own."""
    assert CHROMIUM, "There is no Chromium. On Debian, as root: apt-get install chromium"
    return driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)


def kill(browser: Browser) -> None:
    """End the browser as a power cut would: no page is told."""
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    os.kill(next(process["id"] for process in processes if process["type"] == "browser"), signal.SIGKILL)
    until = time.monotonic() + 10
    while browser.is_connected() and time.monotonic() < until:
        try:
            browser.contexts[0].pages[0].wait_for_timeout(20)
        except PlaywrightError:  # the browser is gone, as it should be
            break
    assert not browser.is_connected()


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A browser that many tests share."""
    shared = launch(playwright)
    yield shared
    shared.close()


@dataclass
class Complaints:
    """What the browser's console said that it should not have: scripts' errors and what the CSP forbade."""

    said: list[str]

    def forgive(self, *what: str) -> None:
        """Drop what was to be expected: whatever has one of these in it."""
        self.said = [said for said in self.said if not any(part in said for part in what)]

    def listen(self, context: BrowserContext) -> None:
        """Listen to all pages of the context."""
        context.on(
            "console", lambda message: self.said.append(message.text) if message.type in ("error", "warning") else None
        )
        context.on("weberror", lambda error: self.said.append(str(error.error)))


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    """Nothing may be said by the end of the test."""
    heard = Complaints([])
    yield heard
    assert heard.said == []


@pytest.fixture
def new_page(browser: Browser, site: Site, complaints: Complaints) -> Iterator[Callable[..., Page]]:
    """`new_page(**options)`: a page in a browser context of its own."""
    contexts: list[BrowserContext] = []

    def open_page(**options: Any) -> Page:
        context = browser.new_context(base_url=site.url, locale="en-GB", **options)
        context.set_default_timeout(PATIENCE)
        complaints.listen(context)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
