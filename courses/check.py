"""What needs more than one file: the facts of all files held against each other.

No file is opened here. What a file refers to must be defined by some file; where a file that might define it could not
be read to its end, nothing is said, since the author will hear of that file first.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from unicodedata import normalize

from courses import letters
from courses.doubles import Double, doubles
from courses.facts import Fact, Unit
from courses.layout import DIAGRAMS, FOLDERS, LANGUAGES, LOCALES, MEDIA, is_slug
from courses.letters import plain, told
from courses.problems import Problem, has_errors, in_source

_MISSING = {
    # kind: code, message, hint where no name is near
    "topic": ("unknown-topic", "There is no topic `{}` in programme.yaml.", ""),
    "audience": ("unknown-audience", "There is no audience `{}` in programme.yaml.", ""),
    "country": ("unknown-country", "There is no country `{}` in programme.yaml.", ""),
    "skill": ("unknown-skill", "There is no skill `{}` in programme.yaml.", ""),
    "course": ("unknown-course", "There is no course `{}`.", "Write the name of its folder."),
    "source": ("unknown-source", "There is no source `{}` in sources.yaml.", "Add it there, with what the text needs."),
    "objective": ("unknown-objective", "The course has no objective `{}`.", "Add it to course.yaml."),
    "lesson": (
        "unknown-lesson",
        "The course has no lesson `{}`.",
        "Write the file `lessons/{}.md`, or delete the name here.",
    ),
    "term": ("unknown-term", "There is no term `{}` in glossary.yaml.", "Add it there, with its definition."),
    "listed": ("unknown-lesson", "`{}` is not among the lessons that course.yaml lists.", ""),
    "anchor": (
        "unknown-anchor",
        "No heading has the address `{}`.",
        "Write the heading's words, in small letters, joined by hyphens.",
    ),
    "question": ("unknown-question", "The course has no question `{}`.", "Add it to one of the course's banks."),
    "bank": ("unknown-bank", "The course has no bank `{}`.", "Write the file `questions/{}.yaml`."),
    "quiz": ("unknown-quiz", "The course has no quiz `{}`.", "Write the file `quizzes/{}.yaml`."),
    "media": ("missing-media", "The course has no file `{}`.", "Put it there, or correct its name."),
}

Names = dict[str, set[str] | None]
"""The names of each kind that exist; None: not all of them could be read."""


def check_course(folder: str, units: list[Unit], shared: Names, media: Iterable[str]) -> list[Problem]:
    """The problems between the files of one course, and between them and the shared files."""
    main = next((unit for unit in units if unit.file == f"{folder}/course.yaml"), None)
    if main is None:
        message = "The course has no file course.yaml."
        return [Problem(f"{folder}/course.yaml", 1, 1, "error", "course-missing", message, "Write one.")]
    names = shared | _names(main, units) | {"media": set(media)}
    problems = list(_missing(units, names))
    problems += _doubled(units)
    problems += _draws(units)
    problems += _nothing_counts(main, units)
    if not has_errors(problems + [problem for unit in units for problem in unit.problems]):
        problems += _unused(main, units, names)  # an error may be why something is unused
    return problems


def _names(main: Unit, units: list[Unit]) -> Names:
    found: dict[str, set[str]] = defaultdict(set)
    for unit in units:
        for fact in unit.defines:
            found[fact.kind].add(fact.name)
    names: Names = {kind: found[kind] for kind in ("lesson", "bank", "quiz", "question", "anchor", "objective")}
    names["listed"] = set(main.data["lessons"]) if main.data else None
    if main.data is None:
        names["objective"] = None
    if any(unit.data is None for unit in units if _kind(unit) == "bank"):
        names["question"] = None
    if any(problem.code in ("file-too-large", "conflict") for unit in units for problem in in_source(unit.problems)):
        names["anchor"] = None
    return names


def _kind(unit: Unit) -> str:
    return unit.defines[0].kind if unit.defines else ""


def _missing(units: Iterable[Unit], names: Names) -> Iterator[Problem]:
    missing = [
        (unit.file, fact)
        for unit in units
        for fact in unit.uses
        if (known := names.get(fact.kind)) is not None and fact.name not in known
    ]
    if not missing:
        return
    from courses.vocabulary import Vocabulary, listed

    vocabularies = {kind: Vocabulary(sorted(known)) for kind, known in names.items() if known}
    lists = {kind: listed(sorted(known)) for kind, known in names.items() if known}
    for file, fact in missing:
        if fact.kind == "anchor" and fact.name.partition("#")[0] not in (names["lesson"] or ()):
            continue  # the lesson itself is missing, and that is told
        code, message, hint = _MISSING[fact.kind]
        known = names[fact.kind]
        words = vocabularies[fact.kind] if known else None
        near = (words.like(fact.name) or words.like(fact.name.lower())) if words else []
        if not fact.name.isascii() or not all(name.isascii() for name in known or ()):
            near = [name for name in known or () if plain(name) == plain(fact.name)] or near
        if near and is_slug(fact.name) and not is_slug(near[0]):
            continue  # that id is wrong, and that is told
        if fact.kind == "media" and near and normalize("NFC", near[0]) == fact.name:
            continue  # that file's name is wrong, and that is told
        if near and (sentence := letters.odd(near[0])) and not letters.odd(fact.name) and plain(near[0]) == fact.name:
            yield _error(file, fact, code, f"{message.format(fact.name)} One looks the same. {sentence}", "Rename it.")
            continue
        hint = f"Did you mean `{near[0]}`?" if near else hint.format(fact.name)
        if not hint and known:
            hint = f"There {'is' if len(known) == 1 else 'are'} {lists[fact.kind]}."
        (problem,) = told([_error(file, fact, code, message.format(fact.name), hint)])
        yield problem


def _doubled(units: list[Unit]) -> Iterator[Problem]:
    """Questions share one set of ids in a course, whatever their bank; objectives, and lists of names, theirs."""
    first: dict[tuple[str, str], tuple[str, Fact]] = {}
    for unit in sorted(units, key=lambda unit: bool(unit.defines) and not is_slug(unit.defines[0].name)):  # a copy last
        for fact in unit.defines:
            if fact.kind not in ("question", "objective"):
                continue
            file, earlier = first.setdefault((fact.kind, fact.name), (unit.file, fact))
            if earlier is not fact:
                message = f"The id `{fact.name}` is already that of the {fact.kind} in {file}:{earlier.line}."
                yield _error(unit.file, fact, "doubled-id", message, "Give one of them another id.")
        listed: set[tuple[str, str]] = set()
        for fact in unit.uses if unit.file.endswith("/course.yaml") else ():
            if (fact.kind, fact.name) in listed:
                yield _error(unit.file, fact, "doubled-entry", f"`{fact.name}` is listed twice.", "Delete one of them.")
            listed.add((fact.kind, fact.name))


def _unused(main: Unit, units: list[Unit], names: Names) -> Iterator[Problem]:
    used: dict[str, set[str]] = defaultdict(set)
    for unit in units:
        for fact in unit.uses:
            if unit is main or fact.kind != "lesson":  # a link to a lesson does not list it
                used[fact.kind].add(fact.name)
    for unit in units:
        kind, name = unit.defines[0][:2] if unit.defines else ("", "")
        if kind == "lesson" and name not in used["lesson"]:
            message = "course.yaml does not list this lesson, so nobody will see it."
            yield _advice(unit.file, "unlisted-lesson", message, "Add it to `lessons`, or delete the file.")
        if kind == "quiz" and name not in used["quiz"]:
            message = "`completion` in course.yaml does not name this quiz, so nobody needs to pass it."
            yield _advice(unit.file, "optional-quiz", message, "Name it there, if it is to be passed.")
        if kind == "bank" and unit.data and name not in used["bank"]:
            asked = used["question"] & set(unit.data["questions"])
            message = "No quiz draws from this bank and no lesson shows a question of it."
            if not asked:
                yield _advice(unit.file, "unused-bank", message, "Draw from it in a quiz, or delete the file.")
    for path in sorted((names["media"] or set()) - used["media"]):
        folder = main.file.removesuffix("course.yaml")
        yield _advice(folder + path, "unused-media", "No lesson shows this file.", "Show it, or delete it.")


def _draws(units: list[Unit]) -> Iterator[Problem]:
    sizes = {unit.defines[0].name: len(unit.data["questions"]) for unit in units if _kind(unit) == "bank" and unit.data}
    for unit in units:
        if _kind(unit) != "quiz" or unit.data is None:
            continue
        drawn: dict[str, int] = defaultdict(int)
        for draw, fact in zip(unit.data["draw"], unit.uses, strict=True):
            drawn[draw["bank"]] += draw["count"]
            size = sizes.get(draw["bank"], drawn[draw["bank"]])
            if draw["count"] == 0:
                yield _error(unit.file, fact, "empty-draw", "A quiz cannot draw 0 questions.", "Delete the line.")
            elif drawn[draw["bank"]] > size:
                message = f"The quiz draws {drawn[draw['bank']]} from `{draw['bank']}`, which has {size}."
                yield _error(unit.file, fact, "draw-too-many", message, "Draw fewer, or add questions to the bank.")


def _nothing_counts(main: Unit, units: list[Unit]) -> Iterator[Problem]:
    """A quiz that has to be passed, of which an attempt may get only questions that are not graded."""
    required = {fact.name for fact in main.uses if fact.kind == "quiz"}
    ungraded = {unit.defines[0].name: unit.data["ungraded"] for unit in units if _kind(unit) == "bank" and unit.data}
    for unit in units:
        if _kind(unit) != "quiz" or unit.data is None or unit.defines[0].name not in required:
            continue
        drawn: dict[str, int] = defaultdict(int)
        for draw in unit.data["draw"]:
            drawn[draw["bank"]] += draw["count"]
        least = sum(max(0, count - ungraded.get(bank, 0)) for bank, count in drawn.items())
        if least == 0 and any(drawn.values()):
            message = "This quiz has to be passed, but an attempt may draw only ratings, which count for nothing."
            hint = "Keep ratings in a bank of their own, and draw from another one too."
            yield _error(unit.file, unit.uses[0], "quiz-ungraded", message, hint)


def check_prerequisites(courses: dict[str, list[Fact]]) -> list[Problem]:
    """The prerequisites that lead back to their own course. `courses`: what each course.yaml names, with places."""
    problems = []
    for course, facts in courses.items():
        for fact in facts:
            way = _way(courses, fact.name, course)
            if way:
                path = " → ".join(f"`{step}`" for step in (course, *way))
                message = f"Nobody could ever begin: the prerequisites lead in a circle, {path}."
                problems.append(_error(f"{course}/course.yaml", fact, "prerequisite-cycle", message, "Delete one."))
    return problems


def _way(courses: dict[str, list[Fact]], start: str, end: str) -> list[str]:
    """A way along prerequisites from `start` to `end`, both included, or nothing."""
    ways = [[start]]
    seen = {start}
    while ways:
        way = ways.pop()
        if way[-1] == end:
            return way
        onward = [fact.name for fact in courses.get(way[-1], ()) if fact.name not in seen or fact.name == end]
        seen.update(onward)
        ways += [[*way, name] for name in onward]
    return []


def check_files(links: Iterable[str], odd: Iterable[str], unread: Iterable[str]) -> list[Problem]:
    """The problems of what is not read: symbolic links, names that cannot be shown, and files and folders (these with
    a slash at the end) that have no room in a content folder. At its top only YAML is told of: people keep a README
    there."""
    message, hint = "This is a link to another place, which is not followed.", "Put the file itself here."
    found = [Problem(path, 1, 1, "error", "path-leaves-course", message, hint) for path in links]
    message, hint = "This name has characters that cannot be seen.", "Use lower-case words joined by single hyphens."
    found += [Problem(path, 1, 1, "error", "bad-file-name", message, hint) for path in odd]
    for path in unread:
        above, inner, name = ("", "", *path.split("/"))[-3:]
        hint = "Move or delete it."
        if inner in FOLDERS:
            ending = FOLDERS[inner][1]
            hint = f"Files in {inner}/ end in `{ending}`."
            if (stem := _OTHER_ENDING.sub("", name)) != name and is_slug(stem):
                hint = f"Give it the name `{stem}{ending}`; an editor or the system may have added another ending."
        elif inner == DIAGRAMS:
            hint = f"Files in {DIAGRAMS}/ end in `.dot`; pictures belong in {MEDIA}/."
        elif inner in LOCALES or above in LOCALES:
            hint = "The folder of a language has the same files as what it translates; pictures are not translated."
        elif not name and path.count("/") == 2 and (meant := _language(inner)):
            hint = f"The folder of the translation into {LANGUAGES[meant]} has the name `{meant}`."
        elif not name:
            hint = f"What is read is in {', '.join((*FOLDERS, MEDIA, DIAGRAMS))}, without folders in it."
        if inner or name.endswith((".yaml", ".yml")):
            message = "Nothing reads this file." if name else "Nothing reads this folder."
            message = f"{message} {letters.odd(path)}".rstrip()
            found.append(_advice(path, "stray-file", message, hint))
    return found


_OTHER_ENDING = re.compile(r"\.(?:(?:md|yaml|yml)\.txt|yml|markdown|mdown)$")
_LANGUAGE_CODES = {
    "sr": "rs srb srp serbian srpski sr-cyrl sr-rs srcyrl sr-latn",
    "cnr": "me mne cg crnogorski montenegrin sr-me",
    "bs": "ba bih bos bosanski bosnian bs-ba",
    "mk": "mkd mac makedonski macedonian mk-mk nmk",
    "sq": "al alb sqi shq shqip albanian xk sq-al",
    "en": "eng english gb uk en-gb en-us",
}
"""What people call the folder of a language beside its code: the code of a country, a name, another standard's code."""


def _language(folder: str) -> str:
    """The language that a folder was meant for by its name; "" if for none."""
    name = folder.lower().replace("_", "-")
    return next((code for code, others in _LANGUAGE_CODES.items() if name == code or name in others.split()), "")


def check_shared(unit: Unit, shared: Names) -> list[Problem]:
    """The problems between one of the shared files, and the others and the courses."""
    return list(_missing([unit], shared))


def check_sources(unit: Unit, used: set[str]) -> list[Problem]:
    """What is wrong between the entries of sources.yaml: those that are one document (see `doubles`), and advice on
    those that may be, or that no course cites."""
    doubled = {double.key: double for double in doubles(unit.data or {})}
    problems = []
    for fact in unit.defines:
        if double := doubled.get(fact.name):
            problems.append(_doubled_source(unit.file, fact, double))
        elif fact.name not in used:
            message, hint = f"No course cites the source `{fact.name}`.", "Cite it, or delete it."
            problems.append(Problem(unit.file, fact.line, fact.column, "advice", "unused-source", message, hint))
    return problems


def _doubled_source(file: str, fact: Fact, double: Double) -> Problem:
    if double.certain:
        message = f"This is the same document as `{double.earlier}`: both have the same {double.same}."
        hint = f"Cite `{double.earlier}` everywhere, and delete this entry; a later version has its own number."
        return _error(file, fact, "doubled-source", message, hint)
    message = f"This may be the same document as `{double.earlier}`: both have the same {double.same}."
    hint = "Look at both. If they are one, keep one entry."
    return Problem(file, fact.line, fact.column, "advice", "source-alike", message, hint)


def _error(file: str, fact: Fact, code: str, message: str, hint: str) -> Problem:
    return Problem(file, fact.line, fact.column, "error", code, message, hint)


def _advice(file: str, code: str, message: str, hint: str) -> Problem:
    return Problem(file, 1, 1, "advice", code, message, hint)
