"""The stages, in order: list the files, compile those that changed, check across them, write the revision.

This module loads neither pydantic nor markdown-it: a build that finds nothing changed is over before they would be
loaded. `_Workshop._compile` and `_Workshop._write` load them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from courses import cache
from courses.artefact import Store, canonical
from courses.check import Names, check_course, check_prerequisites, check_sources
from courses.facts import Fact, Medium, Shelf, Unit
from courses.problems import Problem, has_errors

FOLDERS = {"lessons": ("lesson", ".md"), "questions": ("bank", ".yaml"), "quizzes": ("quiz", ".yaml")}
Progress = Callable[[str, int, int], None]
"""Called after each course with its id, how many are done, and how many there are."""


@dataclass(slots=True)
class CourseResult:
    """What became of one course. `revision` is None if it has errors (or was only checked); `problems` are those of
    its own files."""

    id: str
    title: str = ""
    revision: str | None = None
    problems: list[Problem] = field(default_factory=list)
    lessons: int = 0
    questions: int = 0
    seconds: float = 0.0
    facts: list[Fact] = field(default_factory=list)
    """What course.yaml refers to, and the sources that the course cites."""


@dataclass(slots=True)
class BuildResult:
    """What became of all the courses asked for. `problems` are those of the shared files; while they have errors no
    course is built."""

    courses: list[CourseResult] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def all_problems(self) -> list[Problem]:
        """Every problem, by file and place."""
        return sorted({*self.problems, *(problem for course in self.courses for problem in course.problems)})


def course_ids(content: Path) -> list[str]:
    """The folders of courses."""
    return sorted(path.name for path in content.iterdir() if path.is_dir() and not path.name.startswith("."))


def check(content: Path, only: Sequence[str] = ()) -> list[Problem]:
    """Every problem of the courses in the folder `content` (or of those in `only`) and of the files they share."""
    return _run(content, None, only, None).all_problems()


def build(content: Path, store: Store, only: Sequence[str] = (), progress: Progress | None = None) -> BuildResult:
    """Compile the courses in the folder `content` (or those in `only`) into the store. A course with errors is not
    built; the others are. Raises `OSError` if the store cannot be written or `content` not be listed."""
    return _run(content, store, only, progress)


def _run(content: Path, store: Store | None, only: Sequence[str], progress: Progress | None) -> BuildResult:
    workshop = _Workshop(content, store)
    existing = course_ids(content)
    chosen = list(only) or existing
    result = BuildResult(problems=list(workshop.shared.problems))
    for number, id in enumerate(chosen, start=1):
        result.courses.append(workshop.course(id))
        if progress:
            progress(id, number, len(chosen))
    workshop.relate(result.courses, existing)
    if not only and not has_errors(result.all_problems()):  # which may be why something is unused
        cited = {fact.name for course in result.courses for fact in course.facts if fact.kind == "source"}
        result.problems += check_sources(workshop.shared.sources, cited)
    for course in result.courses:
        course.problems.sort()
        if has_errors(course.problems) or has_errors(result.problems):
            course.revision = None
    result.problems.sort()
    return result


@dataclass(slots=True)
class _Shared:
    """The files that all courses share, and a hash of both."""

    programme: Unit
    sources: Unit
    print: str

    @property
    def problems(self) -> list[Problem]:
        return self.programme.problems + self.sources.problems

    def names(self, courses: list[str]) -> Names:
        names: Names = {"source": {fact.name for fact in self.sources.defines}, "course": set(courses)}
        for kind in ("topic", "country", "audience"):
            names[kind] = {fact.name for fact in self.programme.defines if fact.kind == kind}
            if self.programme.data is None:
                names[kind] = None
        if self.sources.data is None:
            names["source"] = None
        return names


class _Workshop:
    """One run over one content folder. Without a store nothing is remembered and nothing written."""

    def __init__(self, content: Path, store: Store | None) -> None:
        self.content = content
        self.store = store
        self.version = cache.compiler() if store else ""

    # ── the shared files ──────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def shared(self) -> _Shared:
        """The shared files, compiled. The programme goes into the store."""
        kept = self._load("shared")
        files = cache.Files.under(self.content, [""], kept.get("files", {}))
        units = {}
        for name in ("programme.yaml", "sources.yaml"):
            if name in files.seen:
                units[name] = self._unit(files, name, kept, Shelf())
            else:
                message = "The content folder has no such file."
                units[name] = Unit(name, problems=[Problem(name, 1, 1, "error", "file-missing", message)])
        self._save("shared", {"files": files.seen, "units": units})
        programme = units["programme.yaml"]
        if self.store and programme.data and not programme.problems:
            data = canonical(programme.data)
            path = self.store.root / "programme.json"
            if not path.exists() or path.read_bytes() != data:
                self.store.write(Path("programme.json"), data)
        hashes = sha256(" ".join(files.hash(name) for name in units if name in files.seen).encode())
        return _Shared(programme, units["sources.yaml"], hashes.hexdigest())

    # ── a course ──────────────────────────────────────────────────────────────────────────────────────────────────

    def course(self, id: str) -> CourseResult:
        """The course, compiled, checked and, if it is right, written."""
        began = time.perf_counter()
        kept = self._load(id)
        folders = [id, *(f"{id}/{folder}" for folder in (*FOLDERS, "media"))]
        files = cache.Files.under(self.content, folders, kept.get("files", {}))
        environment = [self.shared.print, *course_ids(self.content)]
        result = self._unchanged(files, kept, environment)
        if result is None:
            result = self._changed(id, files, kept, environment)
        result.seconds = time.perf_counter() - began
        return result

    def _unchanged(self, files: cache.Files, kept: dict[str, Any], environment: list[str]) -> CourseResult | None:
        """The result of the last build, if all that it depends on is the same."""
        if (
            not self.store
            or not kept
            or kept["environment"] != environment
            or kept["files"].keys() != files.seen.keys()
            or files.links
        ):
            return None
        if any(files.hash(path) != kept["files"][path][2] for path in files.seen):
            return None
        found = dict(kept["result"])
        if found["revision"] and not self.store.has_revision(found["id"], found["revision"]):
            return None
        problems = [Problem(*problem) for problem in found.pop("problems")]
        facts = [Fact(*fact) for fact in found.pop("facts")]
        return CourseResult(problems=problems, facts=facts, **found)

    def _changed(self, id: str, files: cache.Files, kept: dict[str, Any], environment: list[str]) -> CourseResult:
        units = self._units(id, files, kept)
        media = [fact.name for unit in units for fact in unit.defines if fact.kind == "media"]
        names = self.shared.names(course_ids(self.content))
        problems = [problem for unit in units for problem in unit.problems]
        problems += check_course(id, units, names, media) + _strays(id, files)
        main = next((unit for unit in units if unit.file == f"{id}/course.yaml"), None)
        cited = [fact for unit in units for fact in unit.uses if fact.kind == "source"]
        result = CourseResult(
            id,
            title=main.data["title"] if main and main.data else "",
            problems=sorted(set(problems)),
            lessons=sum(path.startswith(f"{id}/lessons/") for path in files.seen),
            questions=sum(fact.kind == "question" for unit in units for fact in unit.defines),
            facts=(main.uses if main else []) + list({fact.name: fact for fact in cited}.values()),
        )
        if self.store:
            self.store.flush()  # what is right in a course with errors need not be compiled again
            if not has_errors(problems + self.shared.problems):
                result.revision = self._write(self.store, id, units)
        self._save(id, {"environment": environment, "files": files.seen, "units": {u.file: u for u in units}}, result)
        return result

    def _units(self, id: str, files: cache.Files, kept: dict[str, Any]) -> list[Unit]:
        """The units of the course's files. Media come first, since lessons show them."""
        shelf = Shelf({key: source["short"] for key, source in (self.shared.sources.data or {}).items()})
        units = []
        for path in sorted(files.seen, key=lambda path: not path.startswith(f"{id}/media/")):
            if not _is_read(id, path):
                continue
            unit = self._unit(files, path, kept, shelf)
            units.append(unit)
            if unit.data and "medium" in unit.data:
                shelf.media[path.removeprefix(f"{id}/")] = Medium(*unit.data["medium"])
        return units

    def _unit(self, files: cache.Files, path: str, kept: dict[str, Any], shelf: Shelf) -> Unit:
        """The unit of the file: the one that is kept, or a new one."""
        before, hash = kept.get("units", {}).get(path), files.hash(path)
        if before and self.store and kept["files"][path][2] == hash:
            unit = Unit.from_json(before)
            if shelf.print_of(unit.needs) == unit.needs and (not unit.object or self.store.has_object(unit.object)):
                return unit
        unit = self._compile(path, files.read(path), shelf)
        if self.store and unit.body is not None and unit.object:
            self.store.add_object(unit.body)
        return unit

    def _compile(self, path: str, data: bytes, shelf: Shelf) -> Unit:
        from courses import compile
        from courses.source import decode

        folder, _, name = path.rpartition("/")
        course, _, folder = folder.partition("/")
        stem = name.rpartition(".")[0]
        if folder == "media":
            return compile.medium(path, f"media/{name}", data)
        source, problems = decode(path, data)
        if source is None:
            unit = Unit(path, defines=[Fact(FOLDERS[folder][0], stem, 1, 1)] if folder else [])
        elif folder == "lessons":
            unit = compile.lesson(source, stem, shelf)
        elif folder == "questions":
            unit = compile.bank(source, stem, shelf)
        elif folder == "quizzes":
            unit = compile.quiz(source, stem)
        elif course:
            unit = compile.course(source, course)
        else:
            unit = compile.programme(source) if stem == "programme" else compile.sources(source)
        unit.problems += problems
        return unit

    def _write(self, store: Store, id: str, units: list[Unit]) -> str:
        from courses.compile import manifest

        data = manifest(units, self.shared.sources.data or {})
        for unit in units:
            if unit.data and "medium" in unit.data:
                name = unit.data["medium"][0]
                if name.encode() in data:
                    store.add_object((self.content / unit.file).read_bytes(), name.rpartition(".")[2])
        return store.commit(id, data)

    # ── between courses ───────────────────────────────────────────────────────────────────────────────────────────

    def relate(self, results: list[CourseResult], existing: list[str]) -> None:
        """Add to the results the problems that lie between courses: prerequisites that lead in a circle."""
        facts = {result.id: [fact for fact in result.facts if fact.kind == "course"] for result in results}
        if not any(facts.values()):
            return
        for id in existing:
            if id not in facts and (self.content / id / "course.yaml").is_file():
                unit = self._compile(f"{id}/course.yaml", (self.content / id / "course.yaml").read_bytes(), Shelf())
                facts[id] = [fact for fact in unit.uses if fact.kind == "course"]
        for problem in check_prerequisites(facts):
            for result in results:
                if problem.file == f"{result.id}/course.yaml":
                    result.problems.append(problem)

    # ── what is remembered ────────────────────────────────────────────────────────────────────────────────────────

    def _load(self, name: str) -> dict[str, Any]:
        return cache.load(self.store.root / "cache" / f"{name}.json", self.version) if self.store else {}

    def _save(self, name: str, kept: dict[str, Any], result: CourseResult | None = None) -> None:
        if self.store is None:
            return
        kept["units"] = {path: unit.as_json() for path, unit in kept["units"].items()}
        if result:
            kept["result"] = {
                "id": result.id,
                "title": result.title,
                "revision": result.revision,
                "problems": [list(problem.as_json().values()) for problem in result.problems],
                "lessons": result.lessons,
                "questions": result.questions,
                "facts": result.facts,
            }
        cache.save(self.store.root / "cache" / f"{name}.json", self.version, kept)


def _is_read(id: str, path: str) -> bool:
    """Whether the compiler reads this file of the course."""
    inside = path.removeprefix(f"{id}/")
    folder, _, name = inside.rpartition("/")
    return inside == "course.yaml" or folder == "media" or (folder in FOLDERS and name.endswith(FOLDERS[folder][1]))


def _strays(id: str, files: cache.Files) -> list[Problem]:
    """Files that nothing reads."""
    message, hint = "This is a link to another place, which is not followed.", "Put the file itself here."
    found = [Problem(path, 1, 1, "error", "path-leaves-course", message, hint) for path in files.links]
    for path in files.seen:
        if not _is_read(id, path):
            folder = path.removeprefix(f"{id}/").rpartition("/")[0]
            hint = f"Files in {folder}/ end in `{FOLDERS[folder][1]}`." if folder in FOLDERS else "Move or delete it."
            found.append(Problem(path, 1, 1, "advice", "stray-file", "Nothing reads this file.", hint))
    return found
