"""The store of compiled courses: immutable revisions, and which of them is released.

    objects/ab/<sha256>.json      a lesson, or the questions of a bank; canonical JSON
    objects/ab/<sha256>.<ext>     a media file
    revisions/<course>/<sha256>.json   a course (model.Course), which names the objects it is made of
    releases.json                 the releases of each course, oldest first; the last one is what people see
    releases.copy.json            the same, for when that one is lost or damaged
    programme.json                the programme; programme.<locale>.json in other languages

The name of a file is the hash of its bytes, so writing what exists does nothing and two machines agree. A reader never
sees half a file: each is written under another name, flushed to the disk, and only then renamed.

Nothing here loads pydantic until something is read: a build that finds nothing changed needs only to know that.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from courses.model import Course, Lesson, Programme
    from courses.questions.base import Question

_OBJECT = re.compile(r"[0-9a-f]{64}")
_MEDIUM = re.compile(r"[0-9a-f]{64}\.[a-z0-9]{1,5}")
_FEW = 8
"""Files that are made safe one after the other; of more, the whole disk is."""
_COURSE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


_LIST, _COPY = "releases.json", "releases.copy.json"
_UNREADABLE = (OSError, ValueError, TypeError, AttributeError)
_BRING_BACK = "Run staza publish, which brings it back from its copy, or restore a backup."

Kind = Literal["cosmetic", "rules", "regrade", "retrain"]
"""What a change asks of people, least first: nothing; that completion be worked out anew; that answers be
marked anew; that something be learnt."""
KINDS: tuple[Kind, ...] = ("cosmetic", "rules", "regrade", "retrain")


class ArtefactError(Exception):
    """Something asked for is not in the store, or is damaged. The text is one sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Release:
    """A release of a course: the revision, the git commit it was built from ("" where not known), when (ISO 8601,
    UTC), who released it, and what they said of it.

    `kind` is the class of what it changed (of a course's first release, "cosmetic"). `refresher`: who had completed
    the course before is asked to look at `lessons` again. `back`: it takes back the release before it, and what that
    one asked for.
    """

    revision: str
    commit: str
    released_at: str
    author: str = ""
    kind: Kind = "cosmetic"
    note: str = ""
    refresher: bool = False
    lessons: tuple[str, ...] = ()
    back: bool = False


def _release(fields: dict[str, Any]) -> Release:
    return Release(**fields | {"lessons": tuple(fields.get("lessons", ()))})


def _objects(course: dict[str, Any]) -> set[str]:
    """The names of all objects that a course (a model.Course as JSON) is made of, in every language."""
    found = {entry["object"] for entry in course["lessons"] + course["banks"]}
    for words in course.get("translations", {}).values():
        found |= {*words.get("lessons", {}).values(), *words.get("banks", {}).values()}
    return found | set(course.get("media", ()))


def _is_json(path: Path) -> bool:
    try:
        return bool(json.loads(path.read_bytes()))
    except ValueError:
        return False


def in_force(history: Sequence[Release]) -> list[Release]:
    """The releases, oldest first, without those that were taken back: the last one's revision is the current one."""
    standing: list[Release] = []
    for release in history:
        if release.back:
            standing.pop()
        else:
            standing.append(release)
    return standing


def digest(data: bytes) -> str:
    """The SHA-256 of the bytes, in hexadecimal: the name that they have in the store."""
    from hashlib import sha256  # which loads OpenSSL: a build that finds nothing changed can do without

    return sha256(data).hexdigest()


def canonical(value: Any) -> bytes:
    """The one JSON text of a value: keys sorted, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


class Store:
    """The store in the folder `root`, which need not exist before something is written.

    Objects are written in two steps: `add_object` puts them aside, `flush` makes them safe and visible. Raises
    `ArtefactError` for whatever cannot be read, and `OSError` for what cannot be written.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._aside: dict[Path, Path] = {}

    # ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────

    def course(self, course_id: str, revision: str) -> Course:
        """The course at the revision."""
        from courses.model import Course

        if not _COURSE.fullmatch(course_id) or not _OBJECT.fullmatch(revision):
            raise ArtefactError(f"{revision!r} is no revision of a course {course_id!r}.")
        what = f"revision {revision[:12]} of the course {course_id}"
        return Course.model_validate_json(self._read(self._revision_path(course_id, revision), revision, what))

    def lesson(self, course: Course, lesson_id: str) -> Lesson:
        """The lesson of the course."""
        from courses.model import Lesson

        entry = course.lesson(lesson_id)
        if entry is None:
            raise ArtefactError(f"The course {course.id} has no lesson {lesson_id!r}.")
        return Lesson.model_validate_json(self._object(entry.object, f"the lesson {course.id}/{lesson_id}"))

    def bank(self, course: Course, bank_id: str) -> tuple[Question, ...]:
        """The questions of a bank of the course, in the author's order."""
        from courses.questions import parse

        entry = next((bank for bank in course.banks if bank.id == bank_id), None)
        if entry is None:
            raise ArtefactError(f"The course {course.id} has no bank {bank_id!r}.")
        return tuple(parse(fields) for fields in json.loads(self._object(entry.object, f"the bank {bank_id}")))

    def question(self, course: Course, question_id: str) -> Question:
        """The question of the course."""
        entry = course.bank_of(question_id)
        if entry is None:
            raise ArtefactError(f"The course {course.id} has no question {question_id!r}.")
        return next(question for question in self.bank(course, entry.id) if question.id == question_id)

    def media(self, name: str) -> Path:
        """The file of a medium. Any name but `<sha256>.<ext>` is refused, so none can lead elsewhere."""
        path = self.root / "objects" / name[:2] / name
        if not _MEDIUM.fullmatch(name) or name.endswith(".json") or not path.is_file():
            raise ArtefactError(f"There is no media file {name!r}.")
        return path

    def releases(self) -> dict[str, Release]:
        """The current release of each course that has one."""
        return {course: history[-1] for course, history in self.histories().items()}

    def history(self, course_id: str) -> tuple[Release, ...]:
        """The releases of the course, oldest first; the last one is current."""
        return self.histories().get(course_id, ())

    def histories(self) -> dict[str, tuple[Release, ...]]:
        """The releases of each course that has one, oldest first."""
        try:
            return self._list(_LIST)
        except FileNotFoundError:
            if not (self.root / _COPY).exists() and not (self.root / ".lock").exists():
                return {}  # nothing has been released yet
            raise ArtefactError(f"The list of releases, {self.root / _LIST}, is missing. {_BRING_BACK}") from None
        except _UNREADABLE as error:
            what = f"The list of releases, {self.root / _LIST}, cannot be read ({error}). {_BRING_BACK}"
            raise ArtefactError(what) from error

    def copied_histories(self) -> dict[str, tuple[Release, ...]] | None:
        """What the copy of the list of releases says, for when the list itself cannot be read; None without one."""
        try:
            return self._list(_COPY)
        except _UNREADABLE:
            return None

    def withdrawn(self) -> frozenset[str]:
        """The courses that were released and are offered no more."""
        try:
            entries = self._entries(_LIST)
        except _UNREADABLE:
            try:
                entries = self._entries(_COPY)
            except _UNREADABLE:
                return frozenset()  # without any list there is no release either
        said = {id: [each["withdrawn"] for each in found if "withdrawn" in each] for id, found in entries.items()}
        return frozenset(id for id, words in said.items() if words and words[-1])

    def _list(self, name: str) -> dict[str, tuple[Release, ...]]:
        return {
            course: tuple(_release(fields) for fields in found if "revision" in fields)
            for course, found in self._entries(name).items()
        }

    def _entries(self, name: str) -> dict[str, list[dict[str, Any]]]:
        """What a list of releases holds of each course, oldest first: releases, and between them that it was withdrawn
        or offered again."""
        kept = json.loads((self.root / name).read_bytes())
        return {course: [found] if "revision" in found else list(found) for course, found in kept.items()}

    def mend_list(self) -> str:
        """Bring the list of releases back from its copy where it cannot be read, and make the copy where there is none;
        a sentence about the first."""
        try:
            kept = self.histories()
        except ArtefactError:
            if self.copied_histories() is None:
                return ""  # whoever reads the list next is told
            self.write(Path(_LIST), (self.root / _COPY).read_bytes())
            return "The list of releases could not be read. It has been brought back from its copy."
        if kept and self.copied_histories() is None:
            self.write(Path(_COPY), (self.root / _LIST).read_bytes())
        return ""

    def damage(self) -> list[str]:
        """What is missing or damaged of what was ever released, a sentence each: every file is read."""
        try:
            histories = self.histories()
        except ArtefactError as error:
            return [str(error)]
        revisions = [(id, release.revision) for id, history in sorted(histories.items()) for release in history]
        found = [str(error) for each in dict.fromkeys(revisions) for error in self.damage_of(*each)]
        return list(dict.fromkeys(found))

    def damage_of(
        self, course_id: str, revision: str, whole: set[str] | None = None, aside: bool = False
    ) -> list[ArtefactError]:
        """What is missing or damaged of the revision of the course: each of its files is read, but for those that are
        known to be `whole`. `aside`: what is damaged is given another name."""
        known = set() if whole is None else whole
        found: list[ArtefactError] = []

        def read(path: Path, name: str, what: str) -> bytes:
            try:
                data = self._read(path, name, what)
                known.add(name)
                return data
            except ArtefactError as error:
                found.append(error)
                if aside and path.is_file():
                    path.replace(path.with_name(f"{path.name}.damaged"))
                return b""

        course = read(self._revision_path(course_id, revision), revision, f"revision {revision[:12]} of {course_id}")
        for name in sorted(_objects(json.loads(course)) - known) if course else ():
            read(self._path_of(name), name, f"a lesson, bank or picture of {course_id}, {name[:12]}")
        return found

    def set_damage_aside(self, courses: Sequence[str]) -> list[str]:
        """Give every damaged file of the revisions of these courses another name, so that the next build writes it
        again from the text; a sentence for each that is damaged or missing. What the cache says is forgotten then."""
        found: dict[str, None] = {}
        whole: set[str] = set()
        for id in courses:
            for revision in self.revisions(id):
                found |= dict.fromkeys(map(str, self.damage_of(id, revision, whole, aside=True)))
        for path in self.root.glob("programme*.json"):
            if not _is_json(path):
                path.rename(path.with_name(f"{path.name}.damaged"))
                found[f"The file of the programme is damaged: {path}."] = None
        if found:
            (self.root / "cache" / "state.json").unlink(missing_ok=True)
        return list(found)

    def files(self) -> Iterator[Path]:
        """The files that make up the store. Who copies them in this order while others write has every file that one
        of them names."""
        yield from sorted(self.root.glob("*.json"))
        for folder in ("revisions", "objects"):
            yield from sorted(path for path in (self.root / folder).rglob("*") if path.is_file())

    def programme(self, locale: str = "") -> Programme:
        """The programme of the last build; in the language `locale`, if it is translated into that."""
        from courses.model import Programme

        path = self.root / f"programme.{locale}.json"
        if not locale or not path.is_file():
            path = self.root / "programme.json"
        try:
            return Programme.model_validate_json(path.read_bytes())
        except OSError as error:
            raise ArtefactError(f"There is no programme in {self.root}: nothing was built yet.") from error
        except ValueError as error:
            raise ArtefactError(f"The programme in {self.root} is damaged.") from error

    def _revision_path(self, course_id: str, revision: str) -> Path:
        return self.root / "revisions" / course_id / f"{revision}.json"

    def _path_of(self, name: str) -> Path:
        return self.root / "objects" / name[:2] / (name if "." in name else f"{name}.json")

    def _object(self, name: str, what: str) -> bytes:
        return self._read(self._path_of(name), name, what)

    def _read(self, path: Path, name: str, what: str) -> bytes:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ArtefactError(f"There is no {what.removeprefix('the ')} in {self.root}.") from error
        if digest(data) != name.partition(".")[0]:
            raise ArtefactError(f"The file of {what} is damaged: {path}.")
        return data

    # ── writing ───────────────────────────────────────────────────────────────────────────────────────────────────

    def has_object(self, name: str) -> bool:
        """Whether the store has, or is about to have, the object of this name: the hash of a lesson or bank, or the
        name of a media file."""
        path = self._path_of(name)
        return path in self._aside or path.exists()

    def has_revision(self, course_id: str, revision: str) -> bool:
        """Whether the store has the revision of the course."""
        return self._revision_path(course_id, revision).exists()

    def has(self, name: str) -> bool:
        """Whether there is a file of this name at the root."""
        return (self.root / name).exists()

    def add_object(self, name: str, data: bytes) -> None:
        """Put the bytes of an object aside, whose name was made of their hash."""
        self._put_aside(self._path_of(name), data)

    def add_revision(self, course_id: str, data: bytes) -> str:
        """Put a course (a canonical model.Course) aside; its revision. The objects that it names must have been
        flushed before it is, so that nobody ever finds a course without its lessons."""
        revision = digest(data)
        self._put_aside(self._revision_path(course_id, revision), data)
        return revision

    def put(self, name: str, data: bytes) -> None:
        """Put the file of this name at the root aside, unless it already holds these bytes."""
        path = self.root / name
        if not path.exists() or path.read_bytes() != data:
            self._put_aside(path, data, replace=True)

    def publish(self, course_id: str, revision: str, commit: str, at: str) -> None:
        """Make the revision the released one of the course, with nothing more said of it. `at`: ISO 8601, UTC."""
        self.release(course_id, Release(revision, commit, at))

    def release(self, course_id: str, release: Release) -> None:
        """Add the release to those of the course, as the current one."""
        if not self.has_revision(course_id, release.revision):
            raise ArtefactError(f"There is no revision {release.revision[:12]} of the course {course_id} to publish.")
        self._add(course_id, asdict(release))

    def withdraw(self, course_id: str, withdrawn: bool, at: str, author: str = "", note: str = "") -> None:
        """Offer the course no more, or (`withdrawn` false) again. Its releases stay: people who have begun go on."""
        if not self.history(course_id):
            raise ArtefactError(f"Nothing of {course_id} has been released, so there is nothing to withdraw.")
        self._add(course_id, {"withdrawn": withdrawn, "at": at, "author": author, "note": note})

    def _add(self, course_id: str, entry: dict[str, Any]) -> None:
        with self._alone():
            self.histories()  # which says what is wrong with a list that cannot be read
            entries = self._entries(_LIST) if (self.root / _LIST).exists() else {}
            entries.setdefault(course_id, []).append(entry)
            for name in (_LIST, _COPY):
                self.write(Path(name), canonical(entries))

    def revisions(self, course_id: str) -> list[str]:
        """The revisions of the course that the store has, released or not."""
        folder = self.root / "revisions" / course_id
        return sorted(path.stem for path in folder.glob("*.json") if _OBJECT.fullmatch(path.stem))

    def write(self, path: Path, data: bytes) -> None:
        """Replace the file at a path under the root at once and for good."""
        self._put_aside(self.root / path, data, replace=True)
        self.flush()

    def _put_aside(self, path: Path, data: bytes, replace: bool = False) -> None:
        if path in self._aside or (path.exists() and not replace):
            return
        aside = self.root / f".{path.name}.{os.getpid()}"
        try:
            aside.write_bytes(data)
        except FileNotFoundError:
            self.root.mkdir(parents=True, exist_ok=True)
            aside.write_bytes(data)
        self._aside[path] = aside

    def flush(self) -> None:
        """Make the objects put aside safe and visible."""
        # all are written before any is flushed, so that one flush of the disk's journal serves many of them
        _flush(list(self._aside.values()))
        for path, aside in self._aside.items():
            try:
                aside.replace(path)
            except FileNotFoundError:
                path.parent.mkdir(parents=True, exist_ok=True)
                aside.replace(path)
        _flush(list({path.parent for path in self._aside}))
        self._aside.clear()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep others who publish waiting."""
        import fcntl

        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / ".releasing").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _flush(paths: list[Path]) -> None:
    """Make files or folders of one disk safe: many at once where the system can, since a disk serves together those
    that wait together."""
    if len(paths) > _FEW and _flush_disk(paths[0]):
        return
    for path in paths:
        with _opened(path) as handle:
            os.fsync(handle)


def _flush_disk(path: Path) -> bool:
    """Make all safe that was written to the disk that holds the path; False where that cannot be asked for."""
    import ctypes

    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None) if os.name == "posix" else None
    if syncfs is None:
        return False
    with _opened(path) as handle:
        if syncfs(handle):
            raise OSError(ctypes.get_errno(), "The disk did not take what was written", str(path))
    return True


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    handle = os.open(path, os.O_RDONLY)
    try:
        yield handle
    finally:
        os.close(handle)
