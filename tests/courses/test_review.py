"""Courses in numbers, and the guessing test: a bank that gives itself away is caught, one that does not is not."""

from __future__ import annotations

import re
from itertools import chain, combinations, product
from pathlib import Path
from random import Random
from statistics import fmean
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from courses.questions import TYPES
from courses.questions.base import Question
from courses.questions.multiple_choice import MultipleChoice
from courses.questions.true_false import TrueFalse
from courses.review import guessing, tables, words
from courses.review.figures import figures
from courses.review.guessing import Outcome
from courses.review.reading import Item, read
from courses.review.tricks import TRICKS, Trick
from lms.cli.review import review

from .books import BASE, SCENARIO, edit, lay
from .question_makers import made, questions

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "content-review.md"
BY_NAME = {trick.name: trick for trick in TRICKS}
GUESSABLE = ["single-choice", "multiple-choice", "true-false", "matching", "categorise", "gaps"]
NOUNS = "alpha bravo castle delta engine forest garden harbour island jacket kitchen ladder".split()  # noqa: SIM905 - read at a glance


def single(texts: list[str], right: int, stem: str = "Stem") -> Question:
    choices = [{"id": f"c{n}", "text": text, "correct": n == right} for n, text in enumerate(texts)]
    return made({"id": "q", "type": "single-choice", "objective": "o", "stem": stem, "choices": choices})


def multiple(texts: list[str], right: set[int], stem: str = "Stem") -> Question:
    choices = [{"id": f"c{n}", "text": text, "correct": n in right} for n, text in enumerate(texts)]
    return made({"id": "q", "type": "multiple-choice", "objective": "o", "stem": stem, "choices": choices})


def statement(text: str, answer: bool) -> Question:
    return made({"id": "q", "type": "true-false", "objective": "o", "stem": text, "answer": answer})


def outcomes(bank: list[Question], language: str = "en") -> dict[str, Outcome]:
    items = [Item(question, "bank", "c/questions/bank.yaml", number, True) for number, question in enumerate(bank, 1)]
    return {outcome.trick.name: outcome for outcome in guessing.outcomes(items, language)}


def caught(bank: list[Question], language: str = "en") -> set[str]:
    return {name for name, outcome in outcomes(bank, language).items() if outcome.caught}


# ── chance ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def answers(question: Question) -> list[Any]:
    """Every answer that a browser lets one give, with something in each menu and at least one box ticked: up to 3,125
    of a question of five parts, where one of six has 46,656 and shows no more."""
    payload = question.payload()
    options = [option.id for option in payload.options]
    if payload.shape == "id":
        return options
    if payload.shape == "ids":
        return [list(ids) for ids in chain.from_iterable(combinations(options, n + 1) for n in range(len(options)))]
    menus = {slot.id: [option.id for option in slot.options] for slot in payload.slots if slot.options}
    return [dict(zip(menus, ids, strict=True)) for ids in product(*menus.values())]


@given(st.sampled_from(GUESSABLE).flatmap(lambda kind: questions(kind, most=5)))
def test_chance_is_the_mean_of_all_answers(question: Question) -> None:
    assert guessing.guessable(question)
    mean = fmean(question.grade(answer).score for answer in answers(question))
    assert guessing.chance(question) == pytest.approx(mean)


@given(st.sampled_from(sorted(set(TYPES) - set(GUESSABLE))).flatmap(questions))
def test_what_is_typed_or_put_in_order_is_not_guessed(question: Question) -> None:
    assert not guessing.guessable(question)


@given(st.sampled_from(GUESSABLE).flatmap(questions), st.sampled_from(TRICKS))
def test_a_trick_that_says_nothing_scores_what_chance_does(question: Question, trick: Trick) -> None:
    """None of the words of a trick stand in another language's list, and all texts here are as long."""
    if trick.name in ("longest", "shortest", "hedged", "moderate") or not isinstance(question, TrueFalse):
        silent = Trick("silent", "nothing", lambda menu: [1.0] * len(menu.ids), trick.kinds)
        assert guessing.score(silent, question, "en") == pytest.approx(guessing.chance(question))
    assert 0 <= guessing.score(trick, question, "xx") <= 1


@given(st.sampled_from(["matching", "categorise", "gaps"]).flatmap(lambda kind: questions(kind, most=5)), st.integers())
def test_options_that_look_alike_are_drawn_by_lot(question: Question, seed: int) -> None:
    """The score is the mean grade of all combinations of candidates."""
    trick = Trick(
        "some",
        "some",
        lambda menu: [Random(f"{seed}{id}").randint(0, 1) for id in menu.ids],
        ("choices", "categories", "pairs"),
    )
    menus = guessing._menus(question, "en")
    combined = product(*(trick.best(menu) for menu in menus.values()))
    mean = fmean(question.grade(dict(zip(menus, ids, strict=True))).score for ids in combined)
    assert guessing.score(trick, question, "en") == pytest.approx(mean)


# ── banks ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def texts(random: Random) -> list[str]:
    """Four choices of one length each, whatever their words."""
    return [" ".join(random.sample(NOUNS, 4)).ljust(32, "x") for _ in range(4)]


def giving_away(name: str, random: Random) -> Question:
    """An item whose right choice the trick finds, at a random place unless it goes by places."""
    right = {"first": 0, "last": 3, "middle": random.choice([1, 2])}.get(name, random.randrange(4))
    found = texts(random)
    change = {
        "longest": " and so on",
        "hedged": " if it is possible",
        "stem": " zeppelin",
        "all": "",
    }
    found[right] += change.get(name, "")
    if name == "shortest":
        found[right] = found[right][:20]
    if name == "moderate":
        found = [text if place == right else f"{text} always" for place, text in enumerate(found)]
    if name == "all":
        found[right] = "All of the above."
    return single(found, right, "Which zeppelin is it?")


@pytest.mark.parametrize("name", sorted(set(BY_NAME) - {"true", "false"}))
def test_a_bank_that_gives_itself_away_is_caught(name: str) -> None:
    random = Random(name)
    bank = [giving_away(name, random) for _ in range(60)]
    assert name in caught(bank)
    found = outcomes(bank)[name]
    assert (found.score, found.chance) == (0.5 if name == "middle" else 1, 0.25)


@pytest.mark.parametrize("answer", [True, False])
def test_statements_that_are_all_true_or_all_false_are_caught(answer: bool) -> None:
    bank = [statement(f"A path has {number} ends.", answer) for number in range(10)]
    assert caught(bank) == {str(answer).lower()}
    assert caught([*bank, *(statement("It bends.", not answer) for _ in range(10))]) == set()


def test_careful_statements_that_are_true_and_absolute_ones_that_are_false_are_caught() -> None:
    careful = [statement("A path may bend.", True), statement("A path bends.", False)] * 5
    absolute = [statement("A path never bends.", False), statement("A path bends.", True)] * 5
    assert (caught(careful), caught(absolute)) == ({"hedged"}, {"moderate"})


def test_boxes_whose_right_choices_are_longer_are_caught() -> None:
    bank = [multiple(["a much longer text", "short", "another long text", "brief"], {0, 2})] * 5
    assert "longest" in caught(bank)
    assert "shortest" in caught([multiple(["a much longer text", "short", "another long text", "brief"], {1, 3})] * 5)
    assert outcomes(bank)["longest"].score == 1
    assert outcomes(bank)["all"].score == 0


def test_right_sides_that_repeat_their_left_side_are_caught() -> None:
    pairs = [{"id": noun, "left": f"The {noun}", "right": f"Behind any {noun}"} for noun in NOUNS[:4]]
    matching = made({"id": "q", "type": "matching", "objective": "o", "stem": "Match.", "pairs": pairs})
    assert (outcomes([matching])["stem"].score, outcomes([matching])["stem"].chance) == (1, 0.25)
    assert outcomes([matching])["first"].gain == 0  # trainees do not see the author's order


def test_categories_that_hold_nearly_everything_are_caught() -> None:
    categories = [{"id": name, "text": name} for name in ("here", "there")]
    items = [{"id": f"i{n}", "text": f"Item {n}", "category": "there" if n else "here"} for n in range(5)]
    fields = {"id": "q", "type": "categorise", "objective": "o", "stem": "Sort."}
    sorted_ones = made(fields | {"categories": categories, "items": items})
    assert caught([sorted_ones]) == {"last"}


@pytest.mark.parametrize("seed", range(8))
def test_a_key_drawn_by_lot_is_not_caught(seed: int) -> None:
    """Texts of any length and words, with the right choice anywhere. Of 600 items ten points are five standard
    errors, and the texts stay the same."""
    random = Random(seed)
    said = [*NOUNS, "may", "if", "usually", "always", "never", "only"]

    def text() -> str:
        return " ".join(random.choices(said, k=random.randint(2, 9)))

    bank: list[Question] = []
    for number in range(600):
        found = [f"{text()} {place}" for place in range(4)]
        if number % 4 == 0:
            bank.append(multiple(found, set(random.sample(range(4), random.randint(1, 3))), text()))
        elif number % 4 == 1:
            bank.append(statement(text(), random.random() < 0.5))
        else:
            bank.append(single(found, random.randrange(4), text()))
    assert caught(bank) == set()


def test_ten_points_are_allowed_and_more_are_not() -> None:
    """Of 40 statements 24 are true: ten points above chance; then 25."""
    bank = [statement("A path bends.", number < 24) for number in range(40)]
    assert outcomes(bank)["true"].gain == 10
    assert caught(bank) == set()
    assert caught([*bank[:39], statement("A path bends.", True)]) == {"true"}


def test_words_of_a_language_without_a_list_say_nothing() -> None:
    bank = [giving_away("hedged", Random(n)) for n in range(40)]
    assert "hedged" in caught(bank, "en")
    assert outcomes(bank, "sr")["hedged"].gain == 0


def test_items_that_cannot_be_guessed_are_not_counted() -> None:
    typed = made({"id": "t", "type": "short-text", "objective": "o", "stem": "Name it.", "accept": ["path"]})
    assert len(outcomes([typed, statement("It bends.", True)])["true"].guesses) == 1
    assert outcomes([typed])["true"].gain == 0


def test_what_wins_most_comes_first() -> None:
    bank = [statement("a", True), statement("b", False), single(["a", "b", "c", "d"], 0), multiple(["a", "b"], {0})]
    found = outcomes(bank)["first"].won()
    assert [type(guess.item.question).__name__ for guess in found] == ["SingleChoice", MultipleChoice.__name__]


def test_several_courses_together() -> None:
    one, two = ([*outcomes([statement("a", answer)] * size).values()] for answer, size in ((True, 3), (False, 1)))
    together = {outcome.trick.name: outcome for outcome in guessing.together([one, two])}
    assert (together["true"].score, together["true"].gain) == (0.75, 25)


# ── words ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_words_of_a_text() -> None:
    html = 'A <em>right</em> &amp; a duty <span class="citation">[<a href="#source-x">X</a>, art. 3]</span>'
    assert words.plain(html) == "A right & a duty"
    assert words.count("May it? As a rule, may not; dismay and a may-fly.", words.HEDGES["en"]) == 3
    assert words.count("If.", ()) == 0
    assert words.roots("Which smuggling is the smuggled right?", "en") == {"smuggl"}


# ── figures ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """The base with an activity, a summary, a term, a scenario and a question that nobody sees."""
    content = lay(BASE.name, tmp_path / "content")
    (content / "glossary.yaml").write_text(
        "- {id: path, term: Path, definition: A way., source: 'protocol, art. 2'}\n", "utf-8"
    )
    (content / "paths/lessons/second.md").write_text(
        "---\ntitle: T\nobjectives: [walk]\nminutes: 12\n---\n"
        "## Where it ends\n\nA [path](term:path) and a [path](term:path) [@protocol, art. 2].\n\n"
        ":::activity Walk\nWalk on.\n:::\n\n"
        ":::check order-of-steps\n\n:::check stop\n\n:::summary\n- One.\n- Two.\n- Three.\n:::\n",
        "utf-8",
    )
    with (content / "paths/questions/checks.yaml").open("a", encoding="utf-8") as file:
        file.write(SCENARIO)
    return content


def test_the_figures_of_a_course(content: Path) -> None:
    shelf = read(content)
    (course,) = shelf.courses
    found = figures(course, shelf)
    assert (found.id, found.minutes, found.words[1]) == (
        "paths",
        (10, 12),
        14,
    )  # three in the heading, and no full stop
    assert {kind: found.boxes[kind] for kind in ("case", "activity", "summary", "warning")} == {
        "case": 1,
        "activity": 1,
        "summary": 1,
        "warning": 0,
    }
    assert found.countries == {"RS": 1, "ME": 1}
    assert found.bank == {"multiple-choice": 1, "true-false": 1, "matching": 1, "gaps": 1}
    assert found.checks == {"single-choice": 1, "ordering": 1, "scenario": 1}
    assert found.objectives == {"know": (2, 2), "walk": (2, 1)}
    assert (found.judgement, found.endings) == (0, (2,))
    assert found.sources == {"protocol": "treaty", "convention": "treaty"}
    assert found.citations == 4  # two in the first lesson, one in the second, one in a reason; none by the term
    assert found.terms == {"path"}
    assert (found.pictures, found.textless) == (1, 0)


def test_what_trainees_never_see_is_not_counted(content: Path) -> None:
    edit(content / "paths/course.yaml", "lessons: [first, second]", "lessons: [second]")
    shelf = read(content)
    found = figures(shelf.courses[0], shelf)
    assert (found.minutes, found.pictures, found.countries, found.citations) == ((12,), 0, {}, 2)
    assert found.checks == {"ordering": 1, "scenario": 1}


def test_a_picture_without_a_text_is_counted(content: Path) -> None:
    edit(content / "paths/lessons/first.md", "![A route from left to right]", "![]")
    shelf = read(content)
    assert figures(shelf.courses[0], shelf).textless == 1


def test_a_quiz_that_need_not_be_passed_has_no_part_in_it(content: Path) -> None:
    edit(content / "paths/course.yaml", "quizzes: {final: 80%}", "quizzes: {}")
    assert read(content).courses[0].bank() == []


def test_a_course_that_cannot_be_read_is_left_out(content: Path) -> None:
    (content / "paths/course.yaml").write_text("id: [", "utf-8")
    shelf = read(content)
    assert shelf.courses == ()
    assert tables.tables(shelf) == "There are no courses.\n"


# ── the commands ───────────────────────────────────────────────────────────────────────────────────────────────────


def staza(*arguments: str, content: Path) -> Result:
    return CliRunner().invoke(review, [*arguments, "--content", str(content)])


def test_guess_shows_which_items_give_themselves_away(content: Path) -> None:
    result = staza("guess", "paths", "--items", content=content)
    assert result.exit_code == 1
    assert "paths: 4 items to choose in, chance" in result.output
    assert re.search(r"^  false +\d+\.\d% +\+12\.5  every statement is false  too good$", result.output, re.MULTILINE)
    assert f"{content / 'paths/questions/bank.yaml'}:9  straight  100%, by chance 50%" in result.output
    assert "straight" not in staza("guess", "paths", content=content).output


def test_guess_of_what_is_fair(content: Path) -> None:
    bank = "".join(
        f"- {{id: s{n}, type: true-false, objective: know, stem: It bends {n} times., answer: {n % 2 == 0}}}\n"
        for n in range(6)
    )
    (content / "paths/questions/bank.yaml").write_text(bank, "utf-8")
    result = staza("guess", content=content)
    assert (result.exit_code, "too good" in result.output) == (0, False)


def test_guess_of_a_course_that_is_not_there(content: Path) -> None:
    result = staza("guess", "path", content=content)
    assert (result.exit_code, "Did you mean paths?" in result.output) == (2, True)


def test_the_tables(content: Path) -> None:
    result = staza("table", content=content)
    assert result.exit_code == 0
    rows = [row for row in result.output.splitlines() if row.startswith("| paths")]
    assert rows[0].startswith("| paths | 2 | ")
    assert "| paths: know | 2 | 2 |" in rows
    assert "| **all** | 2 | 0 | 0 | 0 | 0 | 2 | 0 | 4 |" in result.output
    for table in re.findall(r"(?:^\|.*\n)+", result.output, re.MULTILINE):
        assert len({row.count("|") for row in table.splitlines()}) == 1


def test_the_tables_of_what_has_errors(content: Path) -> None:
    edit(content / "paths/course.yaml", "hours: 1.5", "hours: many")
    result = staza("table", content=content)
    assert result.exit_code == 1
    assert f"{content / 'paths/course.yaml'}:6: " in result.output


def test_only_what_stands_between_the_marks_is_renewed(content: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Before\n\n{tables.BEGIN}\nold\n{tables.END}\n\nafter\n", "utf-8")
    first = staza("table", "--write", str(page), content=content)
    assert (first.exit_code, first.output) == (0, f"{page} is renewed.\n")
    text = page.read_text("utf-8")
    made = staza("table", content=content).output
    assert text == f"# Before\n\n{tables.BEGIN}\n\n{made}\n{tables.END}\n\nafter\n"
    assert staza("table", "--write", str(page), content=content).output == f"{page} is as it was.\n"
    assert page.read_text("utf-8") == text


@pytest.mark.parametrize("text", ["", tables.BEGIN, tables.END, f"{tables.END}\n{tables.BEGIN}"])
def test_a_page_without_marks_is_left_alone(text: str, content: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(text, "utf-8")
    result = staza("table", "--write", str(page), content=content)
    assert (result.exit_code, page.read_text("utf-8")) == (1, text)
    assert tables.BEGIN in result.output
