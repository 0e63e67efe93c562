"""How many requests a second the production server answers, beside a bare Flask route behind the same server.

    python benchmarks/serve.py [--quick] [--postgresql | --database-url postgresql://…]

For each number of people a database is made and `staza serve` started on it. Each page is asked for by eight clients
at once, who wait for nothing but their answers, in turns with the bare route, so that whatever else the machine does
meets both. A full run takes ten minutes or so and writes results.md, or results-postgresql.md, beside this file.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from statistics import median

import click
from flask import Flask
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine, event

from lms import clock
from lms.cli.server import CORES, WORKERS
from lms.cli.wsgi import THREADS
from lms.config import ROOT
from load import Sample, drive
from places import MANAGER, SERVE, Region, Server, Visitor, compiled, databases, region, running

HERE = Path(__file__).resolve().parent
CLIENTS = 8
BARE = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
STATIC = b"GET /static/empty.html HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
HEADS = (
    "People",
    "Page",
    "Req/s",
    "of bare",
    "p95 ms",
    "of bare",
    "CPU ms",
    "of bare",
    "SQL",
    "KB",
)


@dataclass(frozen=True)
class Plan:
    """How much is measured: numbers of people, rounds, and seconds of each turn."""

    people: tuple[int, ...]
    rounds: int
    seconds: float


FULL = Plan((500, 5_000, 50_000), 3, 2.0)
QUICK = Plan((500,), 2, 0.75)


@dataclass(frozen=True)
class Case:
    """A page: the requests of each client, the status to expect, SQL statements and body bytes of one request."""

    name: str
    scripts: Sequence[Sequence[bytes]]
    status: int
    statements: int
    size: int


@dataclass
class Result:
    """A page measured in turns with the bare route."""

    people: int
    case: Case
    page: list[Sample] = field(default_factory=list)
    bare: list[Sample] = field(default_factory=list)

    def cells(self) -> list[str]:
        """What stands under HEADS. Each ratio is the middle one of the rounds'."""
        cells = [f"{self.people:,}", self.case.name]
        measures: tuple[Callable[[Sample], float], ...] = (lambda s: s.rate, lambda s: s.p95, lambda s: s.cpu)
        for measure, digits in zip(measures, (0, 1, 2), strict=True):
            ratios = [measure(a) / measure(b) for a, b in zip(self.page, self.bare, strict=True) if measure(b)]
            cells.append(f"{median(map(measure, self.page)):,.{digits}f}")
            cells.append(f"{median(ratios):.2f}" if ratios else "–")
        return [*cells, str(self.case.statements), f"{self.case.size / 1000:.1f}"]


@click.command()
@click.option("--quick", is_flag=True, help="Less than a minute, 500 people, nothing written.")
@click.option("--postgresql", is_flag=True, help="On a PostgreSQL that is started for it.")
@click.option("--database-url", default="", help="On this PostgreSQL server, in databases of its own.")
def main(quick: bool, postgresql: bool, database_url: str) -> None:
    """Measure the production server beside a bare Flask route."""
    plan, console = QUICK if quick else FULL, Console()
    results: list[Result] = []
    (ROOT / "build").mkdir(exist_ok=True)  # not the system's folder for temporary files, which may be in memory
    with (
        tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / "build") as place,
        databases(Path(place), "start" if postgresql else database_url) as made,
    ):
        folder = Path(place)
        artefacts = compiled(folder)
        (folder / "static").mkdir()
        (folder / "static" / "empty.html").write_text("")
        with running(folder, str(HERE / "bare.py"), "{port}", str(folder / "static")) as static:
            ceiling = drive(static.port, static.pid, [[STATIC]] * CLIENTS, 200, plan.seconds)
        with running(folder, str(HERE / "bare.py"), "{port}") as bare:
            for people in plan.people:
                with made.empty(people) as url, region(folder, artefacts, url, people, CLIENTS) as seeded:
                    results += measured(plan, people, seeded, bare, folder, console)
    database = "PostgreSQL" if postgresql or database_url else "SQLite"
    if not quick:
        name = "results-postgresql.md" if database == "PostgreSQL" else "results.md"
        (HERE / name).write_text(report(results, about(results, ceiling, database)))
    show(results, about(results, ceiling, database), console)


def measured(plan: Plan, people: int, seeded: Region, bare: Server, folder: Path, console: Console) -> list[Result]:
    """Every page of one region."""
    results = []
    with running(folder, *SERVE, **seeded.environment) as staza:
        for case in cases(seeded, staza):
            result = Result(people, case)
            drive(staza.port, staza.pid, case.scripts, case.status, plan.seconds / 4)  # fills the workers' caches
            for _ in range(plan.rounds):
                result.page.append(drive(staza.port, staza.pid, case.scripts, case.status, plan.seconds))
                result.bare.append(drive(bare.port, bare.pid, [[BARE]] * CLIENTS, 200, plan.seconds))
            console.print("  ".join(result.cells()))
            results.append(result)
    return results


def cases(seeded: Region, staza: Server) -> list[Case]:
    """The pages, as those ask for them who are signed in."""
    trainees = [Visitor(staza.port).sign_in(email) for email in seeded.trainees]
    manager = Visitor(staza.port).sign_in(MANAGER)
    with seeded.app.app_context():
        from lms.library import library

        course = library().course(seeded.course)
        assert course
        lesson, quiz = course.lessons[0].id, course.quizzes[0].id
    attempts = [_attempt(trainee, f"/courses/{seeded.course}/quizzes/{quiz}") for trainee in trainees]
    asked = {
        "sign-in page": [[Visitor(staza.port).request("/sign-in")]] * CLIENTS,
        "home": [[trainee.request("/")] for trainee in trainees],
        "lesson": [[trainee.request(f"/courses/{seeded.course}/lessons/{lesson}")] for trainee in trainees],
        "quiz page": [[trainee.request(path)] for trainee, (path, _) in zip(trainees, attempts, strict=True)],
        "answer saved": [
            [trainee.request(path, answer=answer, go="next") for answer in answers]
            for trainee, (path, answers) in zip(trainees, attempts, strict=True)
        ],
        "manager’s page": [[manager.request("/manager")]] * CLIENTS,
    }
    return [_case(seeded.app, name, scripts) for name, scripts in asked.items()]


def _attempt(trainee: Visitor, quiz: str) -> tuple[str, list[str]]:
    """Begin an attempt; the address of its first question with choices, and the choices."""
    trainee.get(quiz)
    attempt = trainee.post(f"{quiz}/attempts").partition("/questions/")[0]
    for number in range(1, 100):
        path = f"{attempt}/questions/{number}"
        if answers := re.findall(r'type="radio"[^>]* name="answer" value="([^"]+)"', trainee.get(path)):
            return path, answers
    raise SystemExit("The quiz has no question with one right choice.")


def _case(app: Flask, name: str, scripts: Sequence[Sequence[bytes]]) -> Case:
    """Send the last request to the same application in this process, to see what it costs."""
    head, _, body = scripts[-1][-1].partition(b"\r\n\r\n")
    line, *rest = head.decode().split("\r\n")
    method, path, _protocol = line.split()
    headers = [(key, value) for key, value in (header.split(": ", 1) for header in rest) if key != "Content-Length"]
    sent = 0

    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        nonlocal sent
        sent += not statement.startswith(("BEGIN", "PRAGMA"))

    def ask() -> tuple[int, int]:
        answer = app.test_client(use_cookies=False).open(path, method=method, headers=headers, data=body)
        return answer.status_code, len(answer.data)

    ask()
    event.listen(Engine, "before_cursor_execute", count)
    try:
        status, size = ask()
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    if status != (303 if method == "POST" else 200):
        raise SystemExit(f"{method} {path} answered {status}.")
    return Case(name, scripts, status, sent, size)


def about(results: list[Result], ceiling: Sample, database: str) -> list[str]:
    """What was measured on what."""
    bare = [sample for result in results for sample in result.bare]
    names = {"granian": "Granian", "flask": "Flask", "sqlalchemy": "SQLAlchemy"}
    versions = ", ".join(f"{name} {version(package)}" for package, name in names.items())
    load = sum(s.own_cpu for s in bare) / sum(len(s.latencies) for s in bare) * 1000
    return [
        f"{clock.now():%Y-%m-%d}, {CORES} cores for server and clients together; Python {python_version()}, "
        f"{versions}; {database}. {WORKERS} workers of {THREADS} threads, {CLIENTS} clients.",
        f"The bare route, all rounds: {median(s.rate for s in bare):,.0f} requests/s, p95 "
        f"{median(s.p95 for s in bare):.1f} ms, {median(s.cpu for s in bare):.2f} ms of CPU.",
        f"The clients' ceiling, against a static file that the same server sends without Python: {ceiling.rate:,.0f} "
        f"requests/s. A request costs them {load:.2f} ms of CPU.",
    ]


def report(results: list[Result], conditions: list[str]) -> str:
    """The results as Markdown."""
    rows = [HEADS, ["---"] * 2 + ["---:"] * (len(HEADS) - 2), *(result.cells() for result in results)]
    parts = [
        "# Throughput",
        "Written by `make bench`.",
        *conditions,
        "Each page was measured in turns with the bare route; *of bare* is the page's figure over the bare route's, "
        "the middle one of the rounds. CPU is what the server's processes take for a request (not the database "
        "server's), and tells two pages apart even where the machine has other work. SQL counts the statements of a "
        "request, KB what its compressed body takes.",
        "\n".join(f"| {' | '.join(row)} |" for row in rows),
    ]
    return "\n\n".join(parts) + "\n"


def show(results: list[Result], conditions: list[str], console: Console) -> None:
    """The results as a table on the terminal."""
    table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    for place, head in enumerate(HEADS):
        table.add_column(head, justify="left" if place == 1 else "right", no_wrap=True)
    for result in results:
        table.add_row(*result.cells(), end_section=result.case.name == "manager’s page")
    console.print(*conditions, table, sep="\n")


if __name__ == "__main__":
    main()
