"""How long the compiler takes, beside plain markdown-it-py, MkDocs, and Sphinx with MyST on the same lessons.

    python benchmarks/build.py [--quick] [--others FOLDER]

500 made-up lessons (see texts.py) and the real content/ are built by the command `staza build`, each time in a process
of its own, in turns with what it is compared to. Plain markdown-it-py renders the same texts: every lesson, and every
text of a question that is inline Markdown. `--others` is a virtual environment of its own for the other two tools:

    python -m venv build/others && build/others/bin/pip install mkdocs sphinx myst-parser

Without it they are left out. A full run writes results-build.md beside this file. Seconds are those of the clock, CPU
those of the processors, children included, which tell two programs apart even where the machine has other work. Each
figure is the least of its rounds, since nothing but other work makes a program slower than it is.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Any

import click
from rich.console import Console

import texts
from courses.layout import course_ids

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "benchmarks"
PYTHON = sys.executable
PLAIN = """
import json, sys
from markdown_it import MarkdownIt
md = MarkdownIt("commonmark").enable("table")
lessons, inline = json.load(open(sys.argv[1], encoding="utf-8"))
size = sum(len(md.render(text)) for text in lessons) + sum(len(md.renderInline(text)) for text in inline)
"""


@dataclass(frozen=True)
class Cost:
    """What a command took, children included: seconds by the clock, seconds of CPU, and at most so many MB of memory.
    What processes share is counted for each of them."""

    seconds: float
    cpu: float
    memory: float


def run(*command: str | Path, cwd: Path = ROOT) -> Cost:
    """Run the command to its end. Raises `SystemExit` if it fails."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    with subprocess.Popen(
        [str(part) for part in command],
        cwd=cwd,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as process:
        watch = Watch(process.pid)
        watch.start()
        _, errors = process.communicate()
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    watch.done.set()
    watch.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{errors[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(seconds, cpu, watch.most / 1000)


class Watch(threading.Thread):
    """Looks ten times a second at how much memory a process and its children hold, and keeps the most (in KB)."""

    def __init__(self, pid: int) -> None:
        super().__init__()
        self.pid = pid
        self.most = 0
        self.done = threading.Event()

    def run(self) -> None:
        """Look until told that it is done."""
        while not self.done.wait(0.1):
            self.most = max(self.most, sum(_resident(pid) for pid in _family(self.pid)))


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(one for child in children for one in _family(int(child)))]


def _resident(pid: int) -> int:
    try:
        found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) if found else 0


def least(costs: Sequence[Cost]) -> Cost:
    """The least of each figure, but the most of memory."""
    return Cost(min(c.seconds for c in costs), min(c.cpu for c in costs), max(c.memory for c in costs))


class Bench:
    """One content folder, and what is done with it."""

    def __init__(self, content: Path, place: Path) -> None:
        self.content = content
        self.place = place
        self.artefacts = place / "artefacts"
        self.texts = place / "texts.json"
        place.mkdir(parents=True, exist_ok=True)

    def build(self, jobs: int = 1) -> Cost:
        """`staza build` as it stands."""
        where = ["--content", self.content, "--artefacts", self.artefacts]
        return run(PYTHON, "-m", "lms.cli", "build", *where, "--jobs", str(jobs))

    def full(self, jobs: int = 1) -> Cost:
        """Build all of it, with nothing remembered."""
        shutil.rmtree(self.artefacts, ignore_errors=True)
        return self.build(jobs)

    def one_changed(self) -> Cost:
        """Build after a lesson was changed."""
        with changed(texts.lessons_of(self.content)[0]):
            cost = self.build()
        self.build()
        return cost

    def plain(self) -> Cost:
        """Render the same texts by plain markdown-it-py."""
        if not self.texts.exists():
            lessons = [texts.markdown_of(path) for path in texts.lessons_of(self.content)]
            self.texts.write_text(json.dumps([lessons, list(inline_texts(self.content))]), "utf-8")
        return run(PYTHON, "-c", PLAIN, self.texts)


@contextmanager
def changed(lesson: Path) -> Iterator[None]:
    """A sentence more in the lesson for a while."""
    before = lesson.read_text("utf-8")
    lesson.write_text(before + "\nOne more sentence.\n", "utf-8")
    time.sleep(0.06)  # a file that was written just now is read once more by the next build
    yield
    lesson.write_text(before, "utf-8")
    time.sleep(0.06)  # likewise


def inline_texts(content: Path) -> Iterator[str]:
    """Each text of a question that is inline Markdown."""
    from courses import schema
    from courses.source import Document
    from courses.text import decode

    for path in sorted(content.glob("*/questions/*.yaml")):
        source, _ = decode(path.name, path.read_bytes())
        for _, question in schema.questions(Document(source)) if source else ():
            yield from _marked(question)


def _marked(item: Any) -> Iterator[str]:
    for name, field in type(item).model_fields.items():
        value = getattr(item, name)
        if "inline-markdown" in field.metadata and value:
            yield value
        for part in value if isinstance(value, tuple) else (value,):
            if hasattr(type(part), "model_fields"):
                yield from _marked(part)


# ── what is compared ───────────────────────────────────────────────────────────────────────────────────────────────

Row = tuple[str, str, str, str, str, str]


def row(what: str, cost: Cost, base: Cost, aim: str = "") -> Row:
    """A line of the table: seconds and CPU of the first as multiples of the second's."""
    ratios = f"{cost.seconds / base.seconds:.2f} ({cost.cpu / base.cpu:.2f})"
    return what, f"{cost.seconds:.2f}", f"{cost.cpu:.2f}", ratios, aim, f"{cost.memory:.0f}"


def beside_plain(name: str, bench: Bench, rounds: int) -> list[Row]:
    """Full builds beside plain markdown-it-py, in turns; then those of nothing and of one lesson."""
    turns = [(bench.plain(), bench.full(1), bench.full(2)) for _ in range(rounds)]
    plain, one, two = (least(costs) for costs in zip(*turns, strict=True))
    bare = least([run(PYTHON, "-c", "pass") for _ in range(3 * rounds)])
    nothing = least([bench.build() for _ in range(3 * rounds)])
    one_changed = least([bench.one_changed() for _ in range(3 * rounds)])
    return [
        row(f"{name}: plain markdown-it-py", plain, plain),
        row(f"{name}: staza build, one process", one, plain, "≤ 1.3"),
        row(f"{name}: staza build, two processes", two, plain, "≤ 0.8"),
        beyond(f"{name}: nothing changed", nothing, bare, "< 0.15 s"),
        beyond(f"{name}: one lesson changed", one_changed, bare, "< 0.25 s"),
    ]


def beyond(what: str, cost: Cost, bare: Cost, aim: str) -> Row:
    """A line of the table: what a command takes beyond the interpreter's own start."""
    return what, f"{cost.seconds - bare.seconds:.3f}", f"{cost.cpu - bare.cpu:.3f}", "–", aim, f"{cost.memory:.0f}"


def beside_others(bench: Bench, others: Path, rounds: int) -> list[Row]:
    """MkDocs and Sphinx with MyST on the same content, each with the one process that it uses, beside Staza with one
    and with two, which it uses by itself where there are as many cores."""
    texts.write_mkdocs(bench.content, bench.place / "mkdocs")
    texts.write_sphinx(bench.content, bench.place / "sphinx")
    python = (others / "bin" / "python").absolute()
    mkdocs = [python, "-m", "mkdocs", "build", "-q", "-d", bench.place / "mkdocs-site"]
    sphinx = [python, "-m", "sphinx", "-q", "-b", "html", bench.place / "sphinx", bench.place / "sphinx-site"]
    at = bench.place / "mkdocs"
    turns = [(bench.full(1), bench.full(2), run(*mkdocs, cwd=at), run(*sphinx, "-E")) for _ in range(rounds)]
    one, two, theirs, other = (least(costs) for costs in zip(*turns, strict=True))
    again = least([bench.one_changed() for _ in range(3)])
    with changed(sorted((bench.place / "sphinx").glob("*/lesson-*.md"))[0]):
        other_again = run(*sphinx)
    return [
        row("MkDocs, all lessons; beside one process", theirs, one),
        row("MkDocs, all lessons; beside two", theirs, two, "≥ 8"),
        row("Sphinx with MyST, all lessons; beside one process", other, one, "≥ 3"),
        row("Sphinx with MyST, all lessons; beside two", other, two),
        row("MkDocs, one lesson changed (it builds all again)", theirs, again),
        row("Sphinx with MyST, one lesson changed", other_again, again),
    ]


def growth(place: Path, sizes: Sequence[int]) -> list[Row]:
    """Full builds of more and more lessons, each as a multiple of the time that as many lessons would take at the rate
    of the smallest."""
    bare = least([run(PYTHON, "-c", "pass") for _ in range(3)])
    rows, first = [], (0, Cost(0, 0, 0))
    for size in sizes:
        bench = Bench(place / f"content-{size}", place / f"growth-{size}")
        texts.write_content(bench.content, size)
        cost, nothing = bench.full(), bench.build()
        first = first if rows else (size, cost)
        scaled = Cost(first[1].seconds * size / first[0], first[1].cpu * size / first[0], 0)
        rows.append(row(f"{size:,} lessons", cost, scaled, "≤ 1"))
        rows.append(beyond(f"{size:,} lessons: nothing changed", nothing, bare, ""))
        shutil.rmtree(bench.content)
        shutil.rmtree(bench.place)
    return rows


@click.command()
@click.option("--quick", is_flag=True, help="50 lessons, two rounds, nothing written.")
@click.option("--others", type=click.Path(exists=True, path_type=Path), help="Where MkDocs and Sphinx are installed.")
def main(quick: bool, others: Path | None) -> None:
    """Measure `staza build`."""
    console, rounds = Console(), 2 if quick else 3
    others = others or next((path for path in [ROOT / "build" / "others"] if path.exists()), None)
    (ROOT / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / "build") as folder:
        place = Path(folder)
        made = Bench(place / "content", place / "made")
        texts.write_content(made.content, 50 if quick else 500)
        shutil.copytree(ROOT / "content", place / "real-content")
        real = Bench(place / "real-content", place / "real")
        rows = beside_plain("made-up lessons", made, rounds) + beside_plain("content/", real, rounds)
        if others:
            rows += beside_others(made, others, 1)
        rows += growth(place, (50, 100) if quick else (50, 500, 5_000))
        about = conditions(made, real)
    text = report(rows, about)
    console.print(text, markup=False)
    if not quick:
        (HERE / "results-build.md").write_text(text, "utf-8")


def conditions(made: Bench, real: Bench) -> list[str]:
    """What was measured on what."""
    names = {"markdown-it-py": "markdown-it-py", "pydantic": "pydantic", "PyYAML": "PyYAML"}
    versions = ", ".join(f"{name} {version(package)}" for package, name in names.items())
    parts = []
    for name, bench in (("made-up", made), ("content/", real)):
        lessons = texts.lessons_of(bench.content)
        size = sum(path.stat().st_size for path in lessons) / 1e6
        banks = sum(path.stat().st_size for path in bench.content.glob("*/questions/*.yaml")) / 1e6
        courses = len(course_ids(bench.content))
        parts.append(f"{name}: {len(lessons)} lessons of {size:.2f} MB, {banks:.2f} MB of questions, {courses} courses")
    machine = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end"
    return [f"Python {python_version()}, {versions}; {machine}. {'; '.join(parts)}."]


def report(rows: list[Row], about: list[str]) -> str:
    """The results as Markdown."""
    heads = ("What", "Seconds", "CPU", "Ratio (of CPU)", "Aim", "MB")
    table = [heads, ("---", "---:", "---:", "---:", "---:", "---:"), *rows]
    parts = [
        "# The build",
        "Written by `make bench`.",
        *about,
        "Each line is a run of a tool of its own, its start included. The ratio is to plain markdown-it-py for "
        "Staza, to Staza for the other tools, and to growth in step with the lessons below. *Nothing "
        "changed* and *one lesson changed* are seconds beyond `python -c pass`. Where the load is above the number of "
        "cores, the ratios of CPU say more than those of the clock.",
        "\n".join(f"| {' | '.join(cells)} |" for cells in table),
    ]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    main()
