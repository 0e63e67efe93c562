"""Teaching advice: tests/books shows each; here is where each begins and ends, and what switches it off."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
import yaml

from courses import schema
from courses.artefact import Store
from courses.build import build, check
from courses.lint import allow, items, prose
from courses.lint.chance import tail
from courses.problems import Problem
from courses.source import Document, Text

from .books import BASE, NAMES, edit, expected, lay

ROOT = Path(__file__).parent.parent.parent
FRONT = "---\ntitle: T\nminutes: {minutes}\n---\n"


def advice_on_lesson(markdown: str, minutes: int = 600, checks: int = 0) -> list[Problem]:
    front = FRONT.format(minutes=minutes)
    return prose.lesson(Text("lesson.md", front + markdown), len(front), minutes, checks)[0]


def grades(markdown: str) -> list[str]:
    front = FRONT.format(minutes=600)
    return [fact.name for fact in prose.lesson(Text("lesson.md", front + markdown), len(front), 600, 0)[1]]


def advice_on_bank(questions: list[dict[str, object]]) -> list[Problem]:
    document = Document(Text("bank.yaml", yaml.safe_dump(questions, allow_unicode=True)))
    found = list(schema.questions(document))
    assert document.problems == []
    return items.bank(document, found)[0]


def codes(problems: list[Problem]) -> list[str]:
    return [problem.code for problem in problems]


def single(id: str, stem: str, texts: list[str], right: int = 0) -> dict[str, object]:
    choices = [
        {"id": f"c{n}", "text": text, "why": "Why."} | ({"correct": "true"} if n == right else {})
        for n, text in enumerate(texts)
    ]
    return {"id": id, "type": "single-choice", "objective": "o", "stem": stem, "choices": choices}


# ── the course as it stands ────────────────────────────────────────────────────────────────────────────────────────


def test_the_real_courses_follow_the_advice() -> None:
    assert check(ROOT / "content") == []


def test_all_advice_can_be_switched_off() -> None:
    told = {p["code"] for name in NAMES for p in expected(name)["problems"] if p["severity"] == "advice"}
    assert told == set(allow.ADVICE)


def test_a_build_gives_no_teaching_advice(tmp_path: Path) -> None:
    content = lay("advice-long-lesson", tmp_path / "content")
    assert codes(check(content)) == ["long-lesson"]
    assert build(content, Store(tmp_path / "artefacts")).all_problems() == []


# ── a lesson ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "checks", "minutes", "told"),
    [(1450, 0, 10, False), (1450, 1, 10, True), (1450, 1, 11, False), (1600, 0, 10, True), (1500, 0, 10, False)],
)
def test_the_time_of_a_lesson(words: int, checks: int, minutes: int, told: bool) -> None:
    text = "word " * words
    assert ("long-lesson" in codes(advice_on_lesson(text, minutes, checks))) == told


def test_a_paragraph_of_150_words_is_no_wall() -> None:
    assert codes(advice_on_lesson("word " * 150)) == []
    assert codes(advice_on_lesson("word " * 151)) == ["long-paragraph"]


@pytest.mark.parametrize(
    "between",
    [
        "## A heading",
        "- a list",
        "1. a list",
        "![A picture](media/a.svg)",
        "| a | table |\n|---|---|",
        ":::check id",
        ":::note\nA box.\n:::",
        "> A quote",
        "```\ncode\n```",
    ],
)
def test_what_divides_a_text(between: str) -> None:
    paragraphs = ["word " * 140] * 2
    whole = "\n\n".join(paragraphs * 2)
    assert codes(advice_on_lesson(whole)) == ["wall-of-text"]
    assert codes(advice_on_lesson("\n\n".join([*paragraphs, between, *paragraphs]))) == []


def test_a_wall_is_told_once_where_it_begins() -> None:
    (found,) = advice_on_lesson("## Here\n" + "\n\n".join(["word " * 140] * 9))
    assert (found.code, found.line) == ("wall-of-text", 6)


@pytest.mark.parametrize(
    "said",
    [
        "Article 3 forbids it.",
        "See art. 14.",
        "Prema članu 350 to je delo.",
        "Према члану 350 то је дело.",
        "Според член 418 тоа е дело.",
        "Sipas nenit 12.",
        "- The Court held that it is so.",
        "The Directive requires gain.",
        "The Law on Foreigners provides for it.",
        "The Court of Justice ruled on it.",
    ],
)
def test_law_without_a_source(said: str) -> None:
    assert codes(advice_on_lesson(f"## A heading\n\n{said}\n")) == ["law-without-source"]
    assert codes(advice_on_lesson(f"## A heading\n\n{said}\n\nAs [@key, art. 1] says.\n")) == []
    assert codes(advice_on_lesson(f"See [@key, art. 1].\n\n## A heading\n\n{said}\n")) == ["law-without-source"]


@pytest.mark.parametrize(
    "said", ["A court sat.", "The particle 3 is small.", "The article is long.", "Go to court in 3 days."]
)
def test_what_is_no_statement_of_law(said: str) -> None:
    assert codes(advice_on_lesson(said)) == []


def test_an_article_that_the_lesson_cites_elsewhere_needs_no_second_citation() -> None:
    assert codes(advice_on_lesson("See [@key, arts. 3, 5(1)].\n\n## Summary\n\n- Article 5 protects.")) == []


@pytest.mark.parametrize(
    ("picture", "told"),
    [
        ("![Screenshot of the form](media/a.png)", True),
        ("![The form](media/scan-of-page-3.jpg)", True),
        (f"![{'word ' * 41}](media/a.webp)", True),
        ("![Скенирана страна](media/a.png)", True),
        ("![A border post](media/a.png)", False),
        (f"![{'word ' * 41}](media/a.svg)", False),
        ("![A scanner at the border](media/a.png)", False),
        ("![A Scandinavian border](media/a.png)", False),
    ],
)
def test_pictures_of_text(picture: str, told: bool) -> None:
    assert ("text-in-picture" in codes(advice_on_lesson(picture))) == told


def test_reading_difficulty() -> None:
    """By the formula: 4.71 × letters a word + 0.5 × words a sentence − 21.43."""
    easy = "The man asks the guard for help at the door. " * 40
    hard = "Organisations systematically institutionalise interdepartmental responsibilities. " * 80
    assert grades(easy) == []
    assert grades("\n\n".join([hard] * 2)) == ["5 more than 20"]
    assert grades(hard[:800]) == [], "too little to say"
    middling = " ".join(["abcdef " * 15 + "abcde."] * 30)  # (15 × 6 + 5) / 16 letters; 16 words
    assert round(4.71 * 95 / 16 + 8 - 21.43) == 15
    assert grades(middling) == []
    assert grades(" ".join(["abcdef " * 17 + "abcde."] * 30)) == ["18 16"]


def test_reading_difficulty_is_told_of_english_alone(tmp_path: Path) -> None:
    content = lay("advice-hard-to-read", tmp_path / "content")
    edit(content / "paths/course.yaml", "hours: 1.5", "hours: 1.5\nlanguage: bs")
    assert check(content) == []


# ── a bank ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text",
    [
        "All of the above",
        "None of the above.",
        "Both of these",
        "Sve navedeno",
        "Ништа од наведеног",
        "Ниедно од наведените",
        "All of the other answers",
    ],
)
def test_all_of_the_above(text: str) -> None:
    assert "all-of-the-above" in codes(advice_on_bank([single("q", "What is it?", ["This", "That", text])]))


@pytest.mark.parametrize("text", ["All of the people", "None", "Both States", "The rooms above the hall", "Sve države"])
def test_what_only_looks_like_it(text: str) -> None:
    assert advice_on_bank([single("q", "What is it?", ["This", "That", text])]) == []


@pytest.mark.parametrize(
    ("stem", "told"),
    [
        ("Which of these is not smuggling?", True),
        ("What should an officer never do?", True),
        ("Which duties don't apply?", True),
        ("Which of these holds except at sea?", True),
        ("Which of these is **not** smuggling?", False),
        ("Which of these is NOT smuggling?", False),
        ("Nobody had to work. What is it?", False),
        ("What do you do if he does not ask for asylum?", False),
        ("He did not pay. Which offence is it?", False),
        ("What is due to a person who is not a national?", False),
        ("The person does not speak.", False),
    ],
)
def test_negative_stems(stem: str, told: bool) -> None:
    assert ("negative-stem" in codes(advice_on_bank([single("q", stem, ["This", "That"])]))) == told


def bank_of(longest: int, count: int = 10) -> list[dict[str, object]]:
    """A bank in which the right choice is the longest in `longest` of `count` items."""
    return [
        single(
            f"q{n}",
            f"Question {n} about {n * 17} and {n * 31}?",
            [
                f"right {n}" + " yes" * (n < longest),
                f"wrong {n}",
                f"other {n}",
                f"fourth {n} of these"[: 9 + 9 * (n >= longest)],
            ],
        )
        for n in range(count)
    ]


def test_the_longest_is_right_too_often() -> None:
    assert codes(advice_on_bank(bank_of(10))) == ["longest-is-right"]
    assert codes(advice_on_bank(bank_of(7))) == ["longest-is-right"]
    assert codes(advice_on_bank(bank_of(5))) == [], "half of ten by chance is not that rare"
    assert codes(advice_on_bank(bank_of(7, 7))) == [], "too few to tell"


def test_chance() -> None:
    assert tail(0, 10, 0.25) == pytest.approx(1)
    assert tail(10, 10, 0.5) == pytest.approx(1 / 1024)
    assert tail(1, 2, 0.5) == pytest.approx(0.75)


def test_near_duplicates_are_found_whatever_the_order_of_words() -> None:
    words = [f"w{n}" for n in range(20)]
    questions = [
        single("a", " ".join(words), ["x", "y"]),
        single("b", " ".join(reversed(words[1:])), ["x", "y"]),
        single("c", " ".join(words[10:]), ["x", "y"]),
    ]
    assert codes(advice_on_bank(questions)) == ["near-duplicate"]


def test_near_duplicates_agree_with_comparing_all_pairs() -> None:
    """The rarest words are only a short cut."""
    random = Random(5)
    bags = [{f"w{n % 5}-{k}" for k in range(20)} for n in range(40)]
    for bag in bags:
        for _ in range(random.randrange(4)):
            bag ^= {random.choice(sorted(bag)), f"v{random.randrange(9)}"}
    questions = [
        {
            "id": f"q{n}",
            "type": "number",
            "objective": "o",
            "stem": " ".join(sorted(bag)).replace("-", "_"),
            "answer": "1",
            "why": "Why.",
        }
        for n, bag in enumerate(bags)
    ]
    pairs = {
        n for n, bag in enumerate(bags) if any(len(bag & other) >= items.ALIKE * len(bag | other) for other in bags[:n])
    }
    assert 5 < len(pairs) < 40
    assert len(advice_on_bank(questions)) == len(pairs)


# ── the switch ─────────────────────────────────────────────────────────────────────────────────────────────────────


def switched(text: str, markdown: int | None = None) -> list[str]:
    return [fact.name for fact in allow.read(Text("f", text), markdown)[0]]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a: 1  # allow long-lesson: because\n", [1]),
        ("a: 1\n# allow long-lesson: because\nb: 2\n", [3]),
        ("a: 1\n# allow long-lesson: because\n\n# a word\nb: 2\n", [5]),
        ("# allow long-lesson: because\na: 1\n", [2, 1]),
        ("---\n# allow long-lesson: because\na: 1\n", [3, 1]),
        ("a: 1\n# allow long-lesson: because\n", [0]),
        ("a: b#allow long-lesson: because\n", []),
    ],
)
def test_which_line_a_switch_is_for(text: str, lines: list[int]) -> None:
    assert switched(text) == [f"long-lesson {line}" for line in lines]


def test_several_switches_stand_above_one_line() -> None:
    text = "a: 1\n# allow long-lesson: because\n# allow hard-to-read: because\nb: 2\n"
    assert switched(text) == ["long-lesson 4", "hard-to-read 4"]


def test_in_markdown_a_number_sign_is_a_heading() -> None:
    text = "---\ntitle: T\n---\n# allow long-lesson: because\n\n:::allow hard-to-read because\n\nText\n"
    assert switched(text, text.index("# allow")) == ["hard-to-read 8"]


def test_a_switch_shows_nothing_in_the_lesson(tmp_path: Path) -> None:
    content = lay("allow", tmp_path / "content")
    store = Store(tmp_path / "artefacts")
    revision = build(content, store).courses[0].revision
    lesson = store.lesson(store.course("paths", str(revision)), "first")
    assert "allow" not in lesson.model_dump_json()


def test_an_error_cannot_be_switched_off(tmp_path: Path) -> None:
    content = lay(BASE.name, tmp_path / "content")
    edit(content / "paths/course.yaml", "enrolment: open", "# allow unknown-value: it is so\nenrolment: opne")
    assert codes(check(content)) == ["allow-unknown", "unknown-value"]
