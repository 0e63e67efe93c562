"""The numbers of courses as Markdown tables, and the page of the documentation that holds them between two marks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from courses.questions import TYPES
from courses.review import guessing
from courses.review.figures import PRIMARY, Figures, figures
from courses.review.guessing import Outcome
from courses.review.reading import Shelf
from courses.review.tricks import TRICKS

BEGIN = "<!-- begin: staza review table -->"
END = "<!-- end: staza review table -->"
_TOTAL = "**all**"


def tables(shelf: Shelf) -> str:
    """All tables of the courses, as Markdown that ends with a line end."""
    if not shelf.courses:
        return "There are no courses.\n"
    found = [figures(course, shelf) for course in shelf.courses]
    guessed = [guessing.outcomes(course.bank(), course.main["language"]) for course in shelf.courses]
    parts = [
        "## Lessons",
        _lessons(found),
        "## Countries, pictures and terms",
        _places(found, shelf.countries),
        "## Questions",
        _questions(found),
        "## Questions by type",
        _types(found),
        "## Questions by objective",
        _objectives(found),
        "## Sources",
        _sources(found),
        "## Guessing",
        _tricks(),
        _guesses([each.id for each in found], guessed),
    ]
    return "\n\n".join(parts) + "\n"


def renewed(page: str, made: str) -> str | None:
    """The text of the page with what was made between its marks; None if it has not both, in their order."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    return f"{before}{begin}\n\n{made}\n{end}{after}" if begin and end else None


# ── tables ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _table(headings: Sequence[str], rows: Iterable[Sequence[object]], total: Sequence[object] = ()) -> str:
    """A table; its first column is text, the others are numbers."""
    lines = [[*headings], ["---", *["---:"] * (len(headings) - 1)], *rows, *([[_TOTAL, *total]] if total else [])]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _span(numbers: Iterable[int]) -> str:
    """The least and the greatest of the numbers."""
    found = sorted(numbers)
    return f"{found[0]:,}–{found[-1]:,}" if found else "–"


def _sums(rows: Sequence[Sequence[int]]) -> list[int]:
    return [sum(column) for column in zip(*rows, strict=True)]


def _lessons(found: Sequence[Figures]) -> str:
    def counts(each: Figures) -> list[int]:
        boxes = [each.boxes[kind] for kind in ("case", "activity", "summary")]
        return [len(each.words), sum(each.words), sum(each.minutes), *boxes, len(each.endings), sum(each.endings)]

    def row(counted: list[int], words: Iterable[int]) -> list[object]:
        return [counted[0], counted[1], _span(words), *counted[2:]]

    headings = ["course", "lessons", "words", "words a lesson", "minutes", "cases", "activities", "summaries"]
    rows = [[each.id, *row(counts(each), each.words)] for each in found]
    total = row(_sums([counts(each) for each in found]), [words for each in found for words in each.words])
    return _table([*headings, "scenarios", "their endings"], rows, total)


def _places(found: Sequence[Figures], countries: Sequence[str]) -> str:
    def counts(each: Figures) -> list[int]:
        return [*(each.countries[code] for code in countries), each.pictures, each.textless]

    headings = ["course", *(f"blocks {code}" for code in countries), "pictures", "without text", "terms linked"]
    rows = [[each.id, *counts(each), len(each.terms)] for each in found]
    terms = {term for each in found for term in each.terms}
    return _table(headings, rows, [*_sums([counts(each) for each in found]), len(terms)])


def _questions(found: Sequence[Figures]) -> str:
    def row(all_of: Sequence[Figures]) -> list[object]:
        bank, judgement = (sum(each.bank.total() for each in all_of), sum(each.judgement for each in all_of))
        checks = sum(each.checks.total() for each in all_of)
        tested = _span(items for each in all_of for items, _ in each.objectives.values())
        objectives = sum(len(each.objectives) for each in all_of)
        return [bank, f"{judgement / bank:.0%}" if bank else "–", checks, objectives, tested]

    headings = ["course", "bank items", "judgement", "checks", "objectives", "bank items an objective"]
    return _table(headings, [[each.id, *row([each])] for each in found], row(found))


def _types(found: Sequence[Figures]) -> str:
    """Of each type "items + checks"."""

    def row(bank: Counter[str], checks: Counter[str]) -> list[str]:
        return [f"{bank[kind]} + {checks[kind]}" if bank[kind] + checks[kind] else "" for kind in used]

    used = [kind for kind in TYPES if any(each.bank[kind] + each.checks[kind] for each in found)]
    rows = [[each.id, *row(each.bank, each.checks)] for each in found]
    bank, checks = Counter[str](), Counter[str]()
    for each in found:
        bank, checks = bank + each.bank, checks + each.checks
    return "Bank items + checks.\n\n" + _table(["course", *used], rows, row(bank, checks))


def _objectives(found: Sequence[Figures]) -> str:
    rows = [[f"{each.id}: {id}", *counted] for each in found for id, counted in each.objectives.items()]
    return _table(["course: objective", "bank items", "checks"], rows)


def _sources(found: Sequence[Figures]) -> str:
    def row(sources: dict[str, str], citations: int) -> list[int]:
        kinds = Counter(sources.values())
        primary = [kinds[kind] for kind in PRIMARY]
        return [*primary, sum(primary), len(sources) - sum(primary), citations]

    headings = ["course", *PRIMARY, "primary", "other", "citations"]
    rows = [[each.id, *row(each.sources, each.citations)] for each in found]
    every = {key: kind for each in found for key, kind in each.sources.items()}
    return _table(headings, rows, row(every, sum(each.citations for each in found)))


# ── guessing ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _tricks() -> str:
    """What each trick does, as a list."""
    return "\n".join(f"- *{trick.name}*: {trick.takes}" for trick in TRICKS)


def _guesses(names: Sequence[str], guessed: Sequence[list[Outcome]]) -> str:
    """What each trick scores above chance, in percentage points; in bold what is more than it may."""
    rows = [[name, *_gains(outcomes)] for name, outcomes in zip(names, guessed, strict=True)]
    headings = ["course", "items", "chance", *(trick.name for trick in TRICKS)]
    return _table(headings, rows, _gains(guessing.together(guessed)) if guessed else ())


def _gains(outcomes: Sequence[Outcome]) -> list[object]:
    gains = [f"{outcome.gain:+.1f}".replace("-", "−") for outcome in outcomes]
    bold = [f"**{gain}**" if outcome.caught else gain for gain, outcome in zip(gains, outcomes, strict=True)]
    return [len(outcomes[0].guesses), f"{outcomes[0].chance:.1%}", *bold]
