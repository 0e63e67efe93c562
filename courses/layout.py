"""What stands where in a content folder, and what ids look like.

    programme.yaml  sources.yaml  glossary.yaml  needs-assessment.yaml      shared by all courses
    <locale>/programme.yaml  glossary.yaml  needs-assessment.yaml           the same, translated
    <course>/course.yaml
    <course>/lessons/*.md  questions/*.yaml  quizzes/*.yaml  media/*
    <course>/diagrams/*.dot                          what pictures in media/ are drawn from, by `staza diagrams`
    <course>/<locale>/…                              the same again, translated; pictures are not

So no course can have the name of a locale. A course is built from its pictures; what they are drawn from is for its
authors, and no build reads it.
"""

from __future__ import annotations

import re
from os import scandir
from pathlib import Path
from typing import NamedTuple

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
LOCALES = ("en", "sr", "bs", "cnr", "mk", "sq")
"""The languages that people write courses in and translate into. Serbian in Latin letters is made of that in Cyrillic
ones."""
SHARED_LANGUAGE = "en"
"""The language that the shared files are written in, and a course that names none."""
LANGUAGES = {
    "en": "English",
    "sr": "Serbian",
    "sr_Latn": "Serbian in Latin letters",
    "bs": "Bosnian",
    "cnr": "Montenegrin",
    "mk": "Macedonian",
    "sq": "Albanian",
}
"""Their names."""
MADE = {"sr": "sr_Latn"}
"""What is made of a language by converting its letters."""
SHARED = ("programme.yaml", "sources.yaml")
TRANSLATED_SHARED = ("programme.yaml", "glossary.yaml", "needs-assessment.yaml")
KEPT = ("programme", "needs-assessment")
"""The shared files that the store keeps as they are, by their names without the ending."""
FOLDERS = {"lessons": ("lesson", ".md"), "questions": ("bank", ".yaml"), "quizzes": ("quiz", ".yaml")}
MEDIA = "media"
DIAGRAMS = "diagrams"


ODD = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""What no name of a file may hold: control characters, and bytes that are no UTF-8."""


class Role(NamedTuple):
    """What a file is: its kind (`course`, `lesson`, `bank`, `quiz`, `medium`; of the shared files `programme`,
    `sources`, `glossary`, `needs-assessment`), the course it belongs to ("": shared), the locale it translates into
    ("": none), and its id, which is its name without the ending (of course.yaml, the course's)."""

    kind: str
    course: str
    locale: str
    id: str


def is_slug(text: str) -> bool:
    """Whether the text is an id: lower-case words joined by single hyphens, at most 64 letters."""
    return len(text) <= 64 and re.fullmatch(SLUG, text) is not None and not text.endswith("\n")


def role(path: str) -> Role | None:
    """What the file at the path (from the content folder) is; None for a file that nothing reads."""
    *folders, name = path.split("/")
    stem, dot, ending = name.rpartition(".")
    locale = ""
    if folders and folders[0] in LOCALES:
        if len(folders) == 1 and name in TRANSLATED_SHARED:
            return Role(stem, "", folders[0], stem)
        return None
    if not folders:
        return Role(stem, "", "", stem) if name in (*SHARED, *TRANSLATED_SHARED) else None
    course, *folders = folders
    if folders and folders[0] in LOCALES:
        locale, *folders = folders
    if not folders:
        return Role("course", course, locale, course) if name == "course.yaml" else None
    if folders == [MEDIA] and not locale:
        return Role("medium", course, "", stem)
    kind, wanted = FOLDERS.get(folders[0], ("", "")) if len(folders) == 1 else ("", "")
    return Role(kind, course, locale, stem) if kind and dot + ending == wanted else None


def is_diagram(path: str) -> bool:
    """Whether the file at the path (from the content folder) is what a picture is drawn from."""
    course, *folders = path.split("/")
    return len(folders) == 2 and course not in LOCALES and folders[0] == DIAGRAMS and path.endswith(".dot")


def translated(path: str) -> str:
    """The path of the file that the file at `path`, whose role has a locale, translates."""
    return "/".join(part for part in path.split("/") if part not in LOCALES)


def course_ids(content: Path) -> list[str]:
    """The folders of courses."""
    with scandir(content) as entries:
        return sorted(
            entry.name
            for entry in entries
            if entry.is_dir(follow_symlinks=False)
            and entry.name[0] != "."
            and entry.name not in LOCALES
            and not ODD.search(entry.name)
        )
