"""The stages, in order: list the files, compile those that changed, check across them, write the revisions.

This module loads neither pydantic nor markdown-it: a build that finds nothing changed is over before they would be
loaded. `jobs` and `manifest` load them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from courses import shared_files
from courses.artefact import ArtefactError, Store, canonical
from courses.cache import Files, Memory, fingerprint
from courses.check import Names, check_course, check_files, check_prerequisites, check_sources
from courses.facts import Fact, Shelf, Unit
from courses.layout import SHARED_LANGUAGE, Role, course_ids, is_diagram, role, translated
from courses.problems import Problem, has_errors, in_source

Progress = Callable[[str, int, int], None]
"""Called after each file that was compiled with its path, how many are done, and how many there are."""
Log = dict[str, dict[str, Any]]


@dataclass(slots=True)
class CourseResult:
    """What became of one course. `revision` is None if it has errors (or was only checked); `problems` are those of
    its own files; `seconds` is what compiling those that changed took."""

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
    """What became of all the courses asked for. `problems` are those of the shared files. No course is built as long as
    some of them are errors in what courses are made of (`held`); because of others the programme and the needs
    assessment stay as they were built last."""

    problems: list[Problem]
    held: bool
    courses: list[CourseResult] = field(default_factory=list)

    def all_problems(self) -> list[Problem]:
        """Every problem, by file and place."""
        return sorted({*self.problems, *(problem for course in self.courses for problem in course.problems)})


def check(content: Path, only: Sequence[str] = (), jobs: int = 1, released: Store | None = None) -> list[Problem]:
    """Every problem of the courses in the folder `content` (or of those in `only`) and of the files they share.
    `released`: a store, against whose releases their ids are held."""
    return Workshop(content, None, Memory(None), jobs=jobs, released=released).run(only).all_problems()


def build(
    content: Path, store: Store, only: Sequence[str] = (), progress: Progress | None = None, jobs: int | None = None
) -> BuildResult:
    """Compile the courses in the folder `content` (or those in `only`) into the store, in at most `jobs` processes
    (None: as many as there are processors). A course with errors is not built; the others are. Raises `OSError` if the
    store cannot be written or `content` not be listed."""
    memory = Memory(store.root / "cache")
    return Workshop(content, store, memory, jobs=jobs or os.cpu_count() or 1).run(only, progress)


class Session:
    """One content folder, held in memory by whoever shows it while it is being written. Nothing is stored.

    In drafts each unit has its body, whatever is wrong with the file; see `compile.compile_file`.
    """

    def __init__(self, content: Path, only: Sequence[str] = (), draft: bool = True) -> None:
        self._memory = Memory(None)
        self._workshop = Workshop(content, None, self._memory, draft=draft)
        self._only = only

    def refresh(self) -> BuildResult:
        """Compile what changed since the last time; the result is that of all courses."""
        while True:
            try:
                return self._workshop.run(self._only)
            except FileNotFoundError:
                if not self._workshop.content.is_dir():
                    raise
                # a file went away between being listed and being read, as editors do when they save

    def units(self, course: str = "") -> dict[str, Unit]:
        """The units of the course, or of the shared files, by their paths from the content folder."""
        return self._memory.units(course)


@dataclass(slots=True)
class _Folder:
    """The files of a course, or those that all share (id ""), and what they compiled to."""

    id: str
    files: Files
    units: dict[str, Unit] = field(default_factory=dict)
    seconds: float = 0.0

    def roles(self) -> dict[str, Role]:
        """The files that something reads, with their roles."""
        return {path: where for path in self.files.seen if (where := role(path))}

    def problems(self) -> list[Problem]:
        """The problems within each of the files."""
        return [problem for unit in self.units.values() for problem in unit.problems]

    def strays(self) -> list[Problem]:
        """The problems of files that are not read."""
        unread = {path for path in self.files.seen.keys() - self.roles().keys() if not is_diagram(path)}
        return check_files(self.files.links, self.files.odd, unread)


class Workshop:
    """Runs over one content folder. Without a store nothing is written, and there is advice."""

    def __init__(
        self,
        content: Path,
        store: Store | None,
        memory: Memory,
        *,
        draft: bool = False,
        jobs: int = 1,
        released: Store | None = None,
    ) -> None:
        self.content = content
        self.store = store
        self.memory = memory
        self.draft = draft
        self.jobs = jobs
        self.released = released or store

    def run(self, only: Sequence[str] = (), progress: Progress | None = None) -> BuildResult:
        """Build, or check, the courses (all, or those in `only`)."""
        existing = course_ids(self.content)
        shared, log = self._shared(), Log()
        wanted = [id for id in only if id in existing] if only else existing
        names = shared_files.names(shared.units, existing)
        result = BuildResult(*shared_files.judged(shared.units, shared.problems() + shared.strays(), names))
        environments = self._environments(wanted, [shared.files.hash(path) for path in shared.roles()] + existing)
        results: dict[str, CourseResult] = {}
        changed: list[_Folder] = []
        for id in wanted:
            folder = _Folder(id, Files.of_course(self.content, id, self._known(id)))
            if kept := self._unchanged(folder, environments[id]):
                results[id] = kept
            else:
                changed.append(folder)
        self._compile(changed, shared_files.shelf(shared.units), progress)
        for folder in changed:
            results[folder.id] = self._checked(folder, names)
        if not result.held:
            self._write(shared, changed, results, kept=not has_errors(in_source(result.problems)))
        for folder in changed:
            log[folder.id] = _logged(folder, environments[folder.id], results[folder.id])
        self.memory.keep_state(log | {"": {"files": shared.files.seen}})
        result.courses = [results[id] for id in wanted]
        self._relate(result, existing, shared, bool(only))
        return result

    # ── the shared files ──────────────────────────────────────────────────────────────────────────────────────────

    def _shared(self) -> _Folder:
        """The shared files, compiled."""
        folder = _Folder("", Files.shared(self.content, self._known("")))
        self._compile([folder], {}, None)
        return folder

    def _environments(self, courses: list[str], shared: list[str]) -> dict[str, str]:
        """What each of the courses is held against besides its own files: the shared ones, and its last release."""
        try:
            releases = self.released.releases() if self.released else {}
        except ArtefactError:
            releases = {}
        last = {id: release.revision for id, release in releases.items()}
        return {id: fingerprint([*shared, last.get(id, "")]) for id in courses}

    def _known(self, name: str) -> dict[str, list[Any]]:
        return dict(self.memory.state.get(name, {}).get("files", {}))

    # ── compiling ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _unchanged(self, folder: _Folder, environment: str) -> CourseResult | None:
        """The result of the last build, if all that it depends on is the same."""
        kept = self.memory.state.get(folder.id)
        if not kept or kept["environment"] != environment or kept["files"].keys() != folder.files.seen.keys():
            return None
        if (
            folder.files.links
            or folder.files.odd
            or any(folder.files.hash(path) != entry[2] for path, entry in kept["files"].items())
        ):
            return None
        found = dict(kept["result"])
        if self.store and found["revision"] and not self.store.has_revision(found["id"], found["revision"]):
            return None
        problems = [Problem(*problem) for problem in found.pop("problems")]
        facts = [Fact(*fact) for fact in found.pop("facts")]
        return CourseResult(problems=problems, facts=facts, **found)

    def _compile(self, folders: list[_Folder], shelf: dict[str, Any], progress: Progress | None) -> None:
        """Fill in the units of the folders: those that are kept, and new ones. Media come first, since lessons show
        them; then course.yaml, which says what language the others are in; translations come last."""
        shelves: dict[str, Shelf] = {folder.id: Shelf(dict(shelf)) for folder in folders}
        by_id = {folder.id: folder for folder in folders}
        total = done = 0
        for stage in (_is_medium, _is_main, _is_text, _is_translation):
            todo: list[tuple[str, int, str]] = []
            for folder in folders:
                for path in (path for path, where in folder.roles().items() if stage(where)):
                    if stage is _is_translation:
                        _lay_out(shelves[folder.id], folder.files, translated(path))
                    if unit := self._kept(folder, path, shelves[folder.id]):
                        folder.units[path] = unit
                    else:
                        todo.append((path, folder.files.seen[path][0], folder.id))
            total += len(todo)
            for id, unit, seconds in self._made(todo, shelves, self.jobs if stage is not _is_medium else 1):
                self._put(by_id[id], unit, seconds)
                done += 1
                if progress:
                    progress(unit.file, done, total)
            if stage is _is_medium:
                for folder in folders:
                    for unit in folder.units.values():
                        if unit.data:
                            shelves[folder.id].known[f"media:{unit.defines[0].name}"] = unit.data["medium"]
            elif stage is _is_main:
                for folder in folders:
                    main = folder.units.get(f"{folder.id}/course.yaml")
                    shelves[folder.id].known["language"] = (
                        main.data["language"] if main and main.data else SHARED_LANGUAGE
                    )
        for folder in folders:
            folder.units = {path: folder.units[path] for path in folder.roles()}
            if folder.seconds or self.memory.units(folder.id).keys() != folder.units.keys():
                self.memory.keep(folder.id, folder.units)

    def _made(
        self, todo: list[tuple[str, int, str]], shelves: dict[str, Shelf], processes: int
    ) -> Iterator[tuple[str, Unit, float]]:
        """Of each file (its path, its size, and the id of its folder): that id, the unit, and the seconds it took."""
        if not todo:
            return
        from courses.jobs import Bench, Job, compiled

        jobs = [Job(*each) for each in todo]
        bench = Bench(self.content, shelves, self.draft, self.store is None)
        for job, (unit, seconds) in zip(jobs, compiled(bench, jobs, processes), strict=True):
            yield job.shelf, unit, seconds

    def _kept(self, folder: _Folder, path: str, shelf: Shelf) -> Unit | None:
        """The unit that is remembered of the file, if it is still right."""
        unit = self.memory.units(folder.id).get(path)
        if unit is None or unit.hash != folder.files.hash(path) or not shelf.holds(unit.needs):
            return None
        if self.store and not all(self.store.has_object(name) for name in unit.objects()):
            return None
        return unit

    def _put(self, folder: _Folder, unit: Unit, seconds: float) -> None:
        folder.files.hashed(unit.file, unit.hash)
        folder.units[unit.file] = unit
        folder.seconds += seconds
        if self.store:
            if unit.body is not None:
                self.store.add_object(unit.object, unit.body)
            for name, body in unit.bodies.items():
                self.store.add_object(name, body)
        if not self.draft:
            unit.body, unit.bodies = None, {}

    # ── a course ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _checked(self, folder: _Folder, names: Names) -> CourseResult:
        """What is to be said of the course, whose units are there."""
        units = list(folder.units.values())
        media = [fact.name for unit in units for fact in unit.defines if fact.kind == "media"]
        problems = [*folder.problems(), *check_course(folder.id, units, names, media), *folder.strays()]
        if self.released:
            from courses.released import check_release, released

            problems += check_release(folder.id, units, released(self.released, folder.id))
        if self.store is None:  # a build shows no advice
            from courses import lint

            problems = lint.settle(folder.id, units, problems)
        main = folder.units.get(f"{folder.id}/course.yaml")
        cited = [fact for unit in units for fact in unit.uses if fact.kind == "source"]
        return CourseResult(
            folder.id,
            title=main.data["title"] if main and main.data else "",
            problems=sorted(set(problems)),
            lessons=len(main.data["lessons"]) if main and main.data else 0,
            questions=sum(fact.kind == "question" for unit in units for fact in unit.defines),
            seconds=folder.seconds,
            facts=(main.uses if main else []) + list({fact.name: fact for fact in cited}.values()),
        )

    def _write(self, shared: _Folder, folders: list[_Folder], results: dict[str, CourseResult], kept: bool) -> None:
        """Write what is right: first the objects, and when they are safe the courses that name them. What is right in
        a course with errors is written too, so that it need not be compiled again. `kept`: whether what is kept of the
        shared files is written."""
        if self.store is None or not (folders or shared.seconds or not self.store.has("programme.json")):
            return
        from courses.manifest import manifest, shared_objects

        for name, value in shared_objects(shared.units).items() if kept else ():
            self.store.put(name, canonical(value))
        self.store.flush()
        right = [folder for folder in folders if not has_errors(in_source(results[folder.id].problems))]
        for folder in right:
            data = manifest(list(folder.units.values()), shared.units["sources.yaml"].data or {})
            results[folder.id].revision = self.store.add_revision(folder.id, data)
        self.store.flush()

    # ── between courses ───────────────────────────────────────────────────────────────────────────────────────────

    def _relate(self, result: BuildResult, existing: list[str], shared: _Folder, some: bool) -> None:
        """Add to the result the problems that lie between courses: prerequisites that lead in a circle, and sources
        that nobody cites."""
        facts = {course.id: [fact for fact in course.facts if fact.kind == "course"] for course in result.courses}
        if any(facts.values()):
            facts |= {id: self._prerequisites(id) for id in existing if id not in facts}
        for problem in check_prerequisites(facts):
            for course in result.courses:
                if problem.file == f"{course.id}/course.yaml":
                    course.problems.append(problem)
        if not some and self.released and self.store is None:
            from courses.released import check_gone, check_withdrawn

            result.problems += check_withdrawn(self.released, facts)
            result.problems += check_gone(self.released, {course.id: course.title for course in result.courses})
        if not some and not has_errors(in_source(result.all_problems())):  # which may be why something is unused
            cited = {fact.name for course in result.courses for fact in course.facts if fact.kind == "source"}
            cited |= {fact.name for unit in shared.units.values() for fact in unit.uses if fact.kind == "source"}
            found = check_sources(shared.units["sources.yaml"], cited)
            result.problems += found
            result.held |= has_errors(found)
            if self.store is None:
                from courses import lint

                result.problems = lint.settle("", list(shared.units.values()), result.problems)
        for course in result.courses:
            course.problems.sort()
            if has_errors(in_source(course.problems)) or result.held:
                course.revision = None
        result.problems.sort()

    def _prerequisites(self, id: str) -> list[Fact]:
        """What the course.yaml of a course that was not asked for names as prerequisites."""
        folder = _Folder(id, Files(self.content))
        folder.files.seen = {f"{id}/course.yaml": [0, 0, ""]}
        if not (self.content / id / "course.yaml").is_file():
            return []
        from courses.compile import compile_file

        path = f"{id}/course.yaml"
        unit = self._kept(folder, path, Shelf()) or compile_file(self.content, path, Shelf())
        return [fact for fact in unit.uses if fact.kind == "course"]


def _is_medium(where: Role) -> bool:
    return where.kind == "medium"


def _is_main(where: Role) -> bool:
    return where.kind == "course" and not where.locale


def _is_text(where: Role) -> bool:
    return where.kind not in ("medium", "course") and not where.locale


def _is_translation(where: Role) -> bool:
    return bool(where.locale)


def _lay_out(shelf: Shelf, files: Files, path: str) -> None:
    """Put the hash of the file, if there is one, on the shelf for its translations."""
    if path in files.seen:
        shelf.known[f"file:{path}"] = files.hash(path)


def _logged(folder: _Folder, environment: str, result: CourseResult) -> dict[str, Any]:
    """What is remembered of a course, to see that nothing changed."""
    kept = {
        "id": result.id,
        "title": result.title,
        "revision": result.revision,
        "problems": [list(problem.as_json().values()) for problem in result.problems],
        "lessons": result.lessons,
        "questions": result.questions,
        "facts": [list(fact) for fact in result.facts],
    }
    return {"environment": environment, "files": folder.files.seen, "result": kept}
