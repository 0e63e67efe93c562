"""Which commit holds the text that a course was built from."""

from __future__ import annotations

import subprocess
from pathlib import Path

from courses.cache import Files
from courses.layout import Role, role


def git(content: Path, *words: str) -> str:
    """What git says in the folder; "" where it says nothing, or there is no git."""
    try:
        asked = subprocess.run(["git", *words], cwd=content, capture_output=True, text=True, check=False)  # noqa: S603, S607
    except OSError:
        return ""
    return asked.stdout.strip() if asked.returncode == 0 else ""


def commit_of(content: Path, course: str) -> tuple[str, str]:
    """The commit that is checked out, if it has every file that the course is made of as it was read, and no other one;
    otherwise "" and why not."""
    commit = git(content, "rev-parse", "--verify", "HEAD")
    if not commit:
        inside = git(content, "rev-parse", "--is-inside-work-tree")
        return "", "there is no commit yet" if inside else "the folder is not in git"
    known = _committed(content)
    files = [
        path
        for path in (*Files.of_course(content, course, {}).seen, *Files.shared(content, {}).seen)
        if _goes_in(path, course)
    ]
    # asked of the files' bytes, as `git status` keeps silent about files that are ignored or marked as unchanged
    hashes = git(content, "hash-object", "--", *files).split()
    read = dict(zip(files, hashes, strict=False))
    held = {path: hash for path, hash in known.items() if _goes_in(path, course)}
    differ = sorted(path for path in read.keys() | held.keys() | set(files) if read.get(path) != held.get(path))
    if differ:
        more = f" (and {len(differ) - 1} more)" if len(differ) > 1 else ""
        return "", f"{differ[0]} is not committed as it is now{more}"
    return commit, ""


def _committed(content: Path) -> dict[str, str]:
    """The hash of each file of the commit below the folder, by its path from there."""
    found = {}
    for line in git(content, "ls-tree", "-r", "-z", "HEAD").split("\0"):
        about, _, path = line.partition("\t")
        if path:
            found[path] = about.split()[-1]
    return found


def _goes_in(path: str, course: str) -> bool:
    """Whether the course is made of the file: of its own, and of shared ones but the needs assessment and translations
    of the programme."""
    where: Role | None = role(path)
    if where is None or where.course not in ("", course):
        return False
    return (
        bool(where.course) or where.kind in ("sources", "glossary") or (where.kind, where.locale) == ("programme", "")
    )
