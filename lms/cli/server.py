"""`staza serve` and `staza demo`."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any

import click

from courses.artefact import Store
from lms import clock
from lms import demo as demo_region
from lms.cli import releases
from lms.cli.opening import opened, settings_of
from lms.cli.ports import need_free
from lms.library import library

if TYPE_CHECKING:
    from granian.server.common import AbstractServer

CORES = os.cpu_count() or 1
WORKERS = max(2, CORES)
PAUSES = (1.0, 60.0)
"""Seconds before the worker is started again: at first, and at most where it ends over and over."""
CONNECTIONS = 4096
"""Connections that a worker process keeps open at a time. Each costs memory and no thread, see `lms.cli.buffering`."""
_STARTING = Lock()
"""Held while a child is started, and by whoever forks. `Popen` waits for the end of a pipe. A server process that
Granian forks meanwhile would keep that pipe open as long as it lives, and `Popen` would wait as long."""
os.register_at_fork(before=_STARTING.acquire, after_in_parent=_STARTING.release, after_in_child=_STARTING.release)


def _port(_ctx: click.Context, _option: click.Parameter, port: int | None) -> int:
    """The port, which the settings (and so the worker processes) read from the environment."""
    if port is not None:
        os.environ["PORT"] = str(port)
    given = os.environ.get("PORT", "")
    return int(given) if given.isdigit() else 8000  # the settings say what is wrong with any other


def _served(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a command that ends in serving."""
    for option in (
        click.option("--jobs/--no-jobs", default=True, help="Whether to send mails and do other jobs beside serving."),
        click.option(
            "--workers",
            type=click.IntRange(1),
            default=WORKERS,
            show_default="cores, at least 2",
            help="Processes that answer requests.",
        ),
        click.option(
            "--port", type=click.IntRange(1, 65535), callback=_port, help="Port to listen on, instead of PORT or 8000."
        ),
        click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all."),
    ):
        command = option(command)
    return command


@click.command()
@_served
def serve(host: str, port: int, workers: int, jobs: bool) -> None:
    """Serve the application.

    \b
    For example, behind a proxy that adds TLS:
        STAZA_URL=https://learn.example.org STAZA_PROXIES=1 staza serve --port 8080
    """
    need_free(host, port)
    with opened() as app:
        library().programme()
        settings = settings_of(app)
        if settings.is_public and demo_region.is_open_to_all():
            raise click.ClickException(
                "This database holds the accounts of `staza demo`, with the password that everybody can read. "
                "Start `staza demo` with this STAZA_URL: it gives them a new one."
            )
    if settings.url.startswith("https:") and not settings.proxies:
        click.echo(
            "Warning: STAZA_URL is https, but STAZA_PROXIES is 0. Set it to the number of proxies, or all "
            "visitors share the sign-in limits of one.",
            err=True,
        )
    click.echo(f"Staza serves {settings.url} (listening on {host}:{port}). Ctrl+C stops it.")
    _run(host, port, workers, jobs)


@click.command()
@_served
def demo(host: str, port: int, workers: int, jobs: bool) -> None:
    """Build the courses, release those that never were, make a demo region if the database is empty, and serve it.

    \b
    For example, on another port:
        staza demo --port 9000
    """
    need_free(host, port)
    with opened(migrated=False) as app:
        settings = settings_of(app)
        releases.publish_first(settings.content, Store(settings.artefacts))
        _migrate()
        if demo_region.seed(library(), clock.now()):
            click.echo("The database was empty: it has a demo region now. Nobody in it is real.")
        password = demo_region.passwords_for(settings)
    click.echo(f"\nStaza serves {settings.url}\n")
    width = max(len(account.email) for account in demo_region.ACCOUNTS)
    for account in demo_region.ACCOUNTS:
        click.echo(f"  {account.email:{width}}  {account.what}")
    click.echo(f"\nThe password of each is {password}. Ctrl+C stops the server.\n")
    _run(host, port, workers, jobs)


def _migrate() -> None:
    import logging

    import flask_migrate

    logging.getLogger("alembic").setLevel(logging.WARNING)
    flask_migrate.upgrade()


def granian(target: str, host: str, port: int, workers: int, **more: Any) -> AbstractServer[Any]:
    """The server, with the options that Staza has; benchmarks put another application behind it."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    _allow_open_files()
    return Granian(
        target,
        factory=True,
        interface=Interfaces.ASGINL,
        address=host,
        port=port,
        workers=workers,
        backlog=CONNECTIONS,
        backpressure=CONNECTIONS,
        respawn_failed_workers=True,
        workers_kill_timeout=20,
        websockets=False,
        log_level=LogLevels.warning,
        **more,
    )


def _allow_open_files() -> None:
    """Ask the system for as many open files as it grants: each connection is one, and many systems begin with 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * CONNECTIONS if hard == resource.RLIM_INFINITY else min(hard, 4 * CONNECTIONS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _run(host: str, port: int, workers: int, jobs: bool) -> None:
    server = granian("lms.cli.wsgi:application", host, port, workers)
    with _jobs_beside() if jobs else nullcontext():
        server.serve()


@contextmanager
def _jobs_beside() -> Iterator[None]:
    """`staza jobs --watch` as a child process, which is started again whenever it ends before we do."""
    over = Event()
    supervisor = Thread(target=_keep_running, args=(over,))
    supervisor.start()
    try:
        yield
    finally:
        over.set()
        supervisor.join()


def _keep_running(over: Event) -> None:
    command = [sys.executable, "-m", "lms.cli", "jobs", "--watch", "--parent", str(os.getpid())]
    pause = PAUSES[0]
    while not over.is_set():
        with _STARTING:
            child, began = subprocess.Popen(command), time.monotonic()  # noqa: S603 -- ourselves
        while child.poll() is None and not over.wait(0.2):
            pass
        if child.poll() is None:
            _end(child)
            return
        pause = PAUSES[0] if time.monotonic() - began > PAUSES[1] else min(2 * pause, PAUSES[1])
        click.echo(f"The worker ended ({child.returncode}). It is started again in {pause:.0f} seconds.", err=True)
        over.wait(pause)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(timeout=30)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
