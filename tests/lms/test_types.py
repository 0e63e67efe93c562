"""The question types that basics does not have, in the checks of a lesson and in a quiz: through forms, without
scripts."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask

from courses.questions import TYPES
from courses.questions.base import Question
from lms.db import db
from lms.library import library
from lms.records.attempts import Answer
from lms.records.enrolments import CheckAnswer, Enrolment
from lms.web.forms import LONGEST_PATH

from .conftest import CONTENT, Visitor, counted
from .journey import answer_all, begin, key, stored
from .test_secrecy import Listener

Visit = Callable[[str], Visitor]
FETCH = {"X-Requested-With": "fetch"}
LESSON = "/courses/practice/lessons/only"


def question(id: str) -> Question:
    found = library().question("practice", id)
    assert found
    return found


@pytest.fixture
def trainee(visitor: Visit) -> Visitor:
    browser = visitor("trainee")
    browser.post("/courses/practice/enrol")
    browser.post("/courses/practice/start")
    return browser


def page(browser: Visitor, url: str) -> str:
    answer = browser.get(url)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def check(browser: Visitor, id: str, form: dict[str, object]) -> str:
    answer = browser.post(f"{LESSON}/checks/check-{id}", form, follow_redirects=True)
    return answer.get_data(as_text=True)


def made(number: int, *choices: str) -> dict[str, object]:
    """The form that makes the last of these choices of a case, the others being made before."""
    assert len(choices) == number
    return {"path": list(choices[:-1]), "answer": choices[-1], "choose": "1"}


# ── in a lesson ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_number_that_cannot_be_read_is_not_marked(trainee: Visitor) -> None:
    for headers, status in ((FETCH, 422), ({}, 303)):
        sent = trainee.post(f"{LESSON}/checks/check-number", {"answer": "a day <b>"}, headers=headers)
        assert sent.status_code == status
    shown = page(trainee, LESSON)
    assert "“a day &lt;b&gt;” is not a number" in shown
    assert db.session.query(CheckAnswer).count() == 0


def test_a_number_that_cannot_be_read_is_saved_in_a_quiz_with_a_warning(trainee: Visitor) -> None:
    attempt = begin(trainee, "practice")
    place = stored(attempt).questions.index("number") + 1
    url = f"{attempt}/questions/{place}"
    for go in ("next", "overview"):
        sent = trainee.post(url, {"answer": "a day", "go": go}, follow_redirects=True).get_data(as_text=True)
        assert f"Question {place}: “a day” is not a number" in sent
    assert "“a day” is not a number" in page(trainee, url)
    assert [row.answer for row in db.session.query(Answer)] == ["a day"]
    trainee.post(url, {"answer": "3 h", "go": "next"})
    assert "is not a number" not in page(trainee, url)


def test_a_script_is_told_how_many_checks_are_open(trainee: Visitor) -> None:
    answer = trainee.post(f"{LESSON}/checks/check-number", key(question("check-number")), headers=FETCH)
    note = re.compile(r'id="open-checks".*?(\d+) questions', re.DOTALL)
    said = note.search(answer.get_data(as_text=True))
    assert said
    assert note.findall(page(trainee, LESSON)) == [said[1]]
    course = library().course("practice")
    assert course
    assert int(said[1]) == len(course.lessons[0].checks) - 1


FEEDBACK = {
    "word": ({"answer": "Non-Refoulement "}, ["Correct"], ["WHYCHECKWORD"]),
    "number": ({"answer": "47,5 hours"}, ["Correct"], ["WHYCHECKHOURS"]),
    "open": (
        {"answer": "I speak <b>slowly</b>."},
        ["Now compare it", "I speak &lt;b&gt;slowly"],
        ["WHYCHECKMODEL", "WHYCHECKPLAINLY", "WHYCHECKRIGHTS"],
    ),
    "rating": ({"answer": "middle"}, ["Thank you", "Quite sure"], []),
}
WRONG = {
    "word": ({"answer": "asylum"}, ["Incorrect", "Correct answer:", "non-refoulement"], ["WHYCHECKASYLUM"]),
    "number": ({"answer": "24"}, ["Incorrect", "48 hours"], ["WHYCHECKDAY"]),
    "rating": ({"answer": "no-such-point"}, ["Not answered"], []),
}


@pytest.mark.parametrize("cases", [FEEDBACK, WRONG], ids=["right", "wrong"])
def test_a_check_gives_its_feedback(
    trainee: Visitor, cases: dict[str, tuple[dict[str, object], list[str], list[str]]]
) -> None:
    for id, (form, words, reasons) in cases.items():
        check(trainee, id, form)
        shown = page(trainee, LESSON)
        for word in words + reasons:
            assert word in shown, (id, word)
        assert 'name="answer"' in page(trainee, f"{LESSON}?again=check-{id}"), "it can be answered again"
    assert db.session.query(CheckAnswer).count() == len(cases)


def test_what_is_sorted_is_shown_with_its_categories(trainee: Visitor) -> None:
    form = key(question("check-sorting"))
    first = next(iter(form))
    form[first] = next(value for value in form.values() if value != form[first])
    shown = check(trainee, "sorting", form)
    assert "Partly correct: 2 of 3" in shown
    assert "Correct answer:" in shown


def test_an_empty_text_is_no_answer(trainee: Visitor) -> None:
    assert "Nothing was chosen" in check(trainee, "open", {"answer": " \r\n "})
    assert db.session.query(CheckAnswer).count() == 0


def test_a_lesson_is_finished_once_every_check_is_answered_and_the_case_has_ended(trainee: Visitor) -> None:
    for id in ("word", "number", "sorting", "open", "rating"):
        check(trainee, id, key(question(f"check-{id}")))
    check(trainee, "case", made(1, "check-look"))
    assert "One question in this lesson is still unanswered" in page(trainee, LESSON)
    assert trainee.post(f"{LESSON}/finish").headers["Location"] == f"{LESSON}#open-checks"
    assert 'href="#check-check-case"' in page(trainee, LESSON)
    check(trainee, "case", made(2, "check-look", "check-help"))
    trainee.post(f"{LESSON}/finish")
    assert "you have finished this lesson" in page(trainee, LESSON)


# ── a case in a lesson ────────────────────────────────────────────────────────────────────────────────────────────

ENDINGS = [
    (("look", "help"), "100%", "STATECHECKSAFE", "ENDCHECKSAFE"),
    (("look", "shout"), "40%", "STATECHECKFEAR", "ENDCHECKFEAR"),
    (("wait", "wait", "wave"), "0%", "STATECHECKGONE", "ENDCHECKGONE"),
]


@pytest.mark.parametrize(("way", "worth", "state", "ending"), ENDINGS)
def test_a_case_is_played_to_each_of_its_endings(
    trainee: Visitor, way: tuple[str, ...], worth: str, state: str, ending: str
) -> None:
    so_far: list[str] = []
    for step in way:
        so_far.append(f"check-{step}")
        shown = check(trainee, "case", made(len(so_far), *so_far))
        assert f"THENCHECK{step.upper()}" in shown
        assert page(trainee, LESSON).count("THENCHECK") >= 1, "it stands there when one comes back"
    assert f"This ending scores {worth}" in shown
    assert state in shown
    assert ending in shown
    assert db.session.query(CheckAnswer).one().answer == so_far


def test_a_choice_of_a_case_is_saved_when_made_and_is_no_answer_yet(trainee: Visitor) -> None:
    shown = check(trainee, "case", made(1, "check-look"))
    assert "STATECHECKBACK" in shown
    assert "STATECHECKSAFE" not in shown
    row = db.session.query(CheckAnswer).one()
    assert (row.answer, row.score) == (["check-look"], None)
    assert re.search(r'name="path" value="check-look"', shown)


def test_a_stale_page_does_no_harm_in_a_lesson(trainee: Visitor) -> None:
    check(trainee, "case", made(1, "check-look"))
    check(trainee, "case", made(1, "check-look"))  # the same button, pressed twice
    assert db.session.query(CheckAnswer).one().answer == ["check-look"]
    shown = check(trainee, "case", made(1, "check-wave"))  # another choice, from a page that was opened before
    assert "You already made another choice here" in shown
    assert db.session.query(CheckAnswer).one().answer == ["check-look"]
    answer = trainee.post(f"{LESSON}/checks/check-case", made(1, "check-wave"), headers=FETCH)
    assert answer.status_code == 409


def test_a_case_that_ended_can_be_played_again_and_stays_answered_meanwhile(trainee: Visitor) -> None:
    check(trainee, "case", made(2, "check-look", "check-shout"))
    assert "Start the case again" in page(trainee, LESSON)
    again = page(trainee, f"{LESSON}?again=check-case")
    assert 'value="check-look"' in again
    shown = check(trainee, "case", made(1, "check-look"))
    assert "STATECHECKBACK" in shown, "the new play goes on"
    assert db.session.query(CheckAnswer).one().answer == ["check-look", "check-shout"], "the first one still counts"
    shown = check(trainee, "case", made(2, "check-look", "check-help"))
    assert "This ending scores 100%" in shown
    assert db.session.query(CheckAnswer).one().score == 1.0


def test_going_on_without_a_choice_says_so(trainee: Visitor) -> None:
    assert "Nothing was chosen" in check(trainee, "case", {"choose": "1"})
    check(trainee, "case", made(1, "check-look"))
    assert "Nothing was chosen" in check(trainee, "case", {"path": "check-look", "choose": "1"})
    assert db.session.query(CheckAnswer).one().answer == ["check-look"]


@pytest.mark.parametrize(
    "way", [["no-such-choice"], ["check-help"], ["check-wait"] * (LONGEST_PATH + 50), ["\0" * 500]]
)
def test_an_impossible_way_is_no_error(trainee: Visitor, way: list[str]) -> None:
    form: dict[str, object] = {"path": way[:-1], "answer": way[-1], "choose": "1"}
    assert trainee.post(f"{LESSON}/checks/check-case", form, follow_redirects=True).status_code == 200
    assert "The driver gets out" in page(trainee, LESSON)
    assert "STATECHECKBACK" in check(trainee, "case", made(1, "check-look"))


def test_an_address_tells_nothing_of_a_check_that_is_not_answered(trainee: Visitor) -> None:
    for id in ("word", "number", "sorting", "open", "case", "rating"):
        for path in ("x", "check-look", "check-look&path=check-help"):
            shown = page(trainee, f"{LESSON}?again=check-{id}&path={path}")
            assert not re.search("WHY|THEN|STATE|END[A-Z]", shown), (id, path)


# ── in a quiz ─────────────────────────────────────────────────────────────────────────────────────────────────────


def number_of(attempt: str, id: str) -> int:
    return stored(attempt).questions.index(id) + 1


def test_a_case_in_a_quiz_goes_on_step_by_step_and_is_not_undone(trainee: Visitor) -> None:
    attempt = begin(trainee, "practice")
    url = f"{attempt}/questions/{number_of(attempt, 'case')}"
    answer = trainee.post(url, made(1, "look"))
    assert answer.headers["Location"].endswith("#now-case")
    shown = page(trainee, url)
    assert "THENLOOK" in shown
    assert 'id="now-case"' in shown
    assert "data-autosave=" not in shown, "a script may not choose for anybody"
    assert page(trainee, f"{attempt}/overview").count("not answered") == 6, "a case that has not ended is open"

    trainee.post(url, {"go": "next", "answer": "shout", "path": "look"})
    assert db.session.query(Answer).one().answer == ["look"], "only its own button makes a choice"
    trainee.post(url, {"go": "overview"})
    assert db.session.query(Answer).one().answer == ["look"], "an empty page takes nothing back"
    trainee.post(url, made(1, "look"))
    assert db.session.query(Answer).one().answer == ["look"]
    refused = trainee.post(url, made(1, "wave"), follow_redirects=True, headers={"Referer": f"http://localhost{url}"})
    assert "You already made another choice here" in refused.get_data(as_text=True)
    assert trainee.post(url, made(2, "wait", "wave"), headers=FETCH).status_code == 409
    assert "Nothing was chosen" in trainee.post(url, {"choose": "1", "path": "look"}, follow_redirects=True).text

    trainee.post(url, made(2, "look", "help"))
    trainee.post(url, made(1, "look"))  # a page that was opened at the start
    assert db.session.query(Answer).one().answer == ["look", "help"]
    shown = page(trainee, url)
    assert "The case ends here" in shown
    assert "STATESAFE" in shown
    assert "100%" not in shown, "what it is worth is told after submission"
    assert page(trainee, f"{attempt}/overview").count("not answered") == 5


def test_a_quiz_of_every_type_awaits_its_mark(trainee: Visitor) -> None:
    attempt = begin(trainee, "practice")
    answer_all(trainee, attempt)
    trainee.post(f"{attempt}/submit")
    row = stored(attempt)
    assert row.submitted_at
    assert (row.score, row.passed) == (None, None)
    scores = {answer.question_id: answer.score for answer in db.session.query(Answer)}
    assert scores == {"word": 1, "number": 1, "sorting": 1, "case": 1, "rating": 1, "open": None}
    result = page(trainee, f"{attempt}/result")
    assert result.count("Waiting to be marked by the trainer") == 2  # the attempt, and its one open answer
    assert "Thank you for your answer" in result
    assert "This ending scores 100%" in result
    assert "WHYMODEL" in result
    assert "waiting to be marked by the trainer" in page(trainee, "/courses/practice")
    assert "An attempt is waiting to be marked" in page(trainee, "/courses/practice/quizzes/final")
    assert db.session.query(Enrolment).one().completed_at is None


def test_without_an_open_answer_nothing_awaits_and_ratings_do_not_count(trainee: Visitor) -> None:
    attempt = begin(trainee, "practice")
    answer_all(trainee, attempt, but=("open", "rating"))
    trainee.post(f"{attempt}/submit")
    assert stored(attempt).score == pytest.approx(4 / 5), "five of the six are graded"
    assert stored(attempt).passed
    assert "Not answered" in page(trainee, f"{attempt}/result")


def test_a_case_that_was_not_ended_scores_nothing(trainee: Visitor) -> None:
    attempt = begin(trainee, "practice")
    trainee.post(f"{attempt}/questions/{number_of(attempt, 'case')}", made(1, "look"))
    trainee.post(f"{attempt}/submit")
    assert stored(attempt).score == 0
    assert "The case was not finished" in page(trainee, f"{attempt}/result")


def test_a_survey_has_no_score_and_passes(trainee: Visitor, visitor: Visit) -> None:
    attempt = begin(trainee, "practice", "survey")
    answer_all(trainee, attempt)
    trainee.post(f"{attempt}/submit")
    row = stored(attempt)
    assert (row.score, row.passed) == (None, True)
    assert "Thank you for your answers" in page(trainee, f"{attempt}/result")
    assert "passed" in page(trainee, "/courses/practice/quizzes/survey")
    person = db.session.query(Enrolment).one().person_id
    assert "Passed" in page(visitor("manager"), f"/manager/people/{person}")


def test_a_text_keeps_its_lines_and_its_signs_and_is_cut_at_its_limit(trainee: Visitor) -> None:
    attempt = begin(trainee, "practice")
    url = f"{attempt}/questions/{number_of(attempt, 'open')}"
    trainee.post(url, {"answer": "Први ред\r\n<second> & “third”"})
    assert db.session.query(Answer).one().answer == "Први ред\n<second> & “third”"
    assert "&lt;second&gt; &amp; “third”</textarea>" in page(trainee, url)
    trainee.post(url, {"answer": "ж" * 5000})
    assert len(db.session.query(Answer).one().answer) == 2000


def test_a_question_page_costs_three_statements_for_every_type(trainee: Visitor) -> None:
    attempt = begin(trainee, "practice")
    answer_all(trainee, attempt)
    for number in range(1, 7):
        with counted() as sent:
            page(trainee, f"{attempt}/questions/{number}")
        assert len(sent) == 3


# ── what leaves the server ────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_of_a_key_leaves_before_the_answer_is_in(app: Flask) -> None:
    browser = Listener(app)
    browser.sign_in("trainee")
    browser.post("/courses/practice/enrol")
    browser.get(LESSON)
    attempt = begin(browser, "practice")
    for number in range(1, 7):
        browser.get(f"{attempt}/questions/{number}")
    browser.get(f"{attempt}/overview")
    before = "\n".join(browser.heard)
    assert not re.search("WHY|THEN[A-Z]|STATE[A-Z]|END[A-Z]", before)
    assert "refoulement" not in before
    assert "trafficking-papers" not in before
    assert not re.search(r"correct|data-key|expected|100%|40%", before)
    for number, id in enumerate(stored(attempt).questions, 1):
        browser.heard.clear()
        browser.post(f"{attempt}/questions/{number}", key(question(id)), follow_redirects=True)
        heard = "".join(browser.heard)
        assert "WHY" not in heard
        assert not re.search("END[A-Z]", heard)
        assert not re.search(r"100%|40%", heard)


def test_a_step_of_a_case_tells_its_consequence_and_no_other(app: Flask) -> None:
    browser = Listener(app)
    browser.sign_in("trainee")
    browser.post("/courses/practice/enrol")
    attempt = begin(browser, "practice")
    browser.heard.clear()
    browser.post(f"{attempt}/questions/{number_of(attempt, 'case')}", made(1, "look"), follow_redirects=True)
    heard = "".join(browser.heard)
    assert set(re.findall("(?:THEN|STATE|END|WHY)[A-Z]+", heard)) == {"THENLOOK", "STATEBACK"}


def test_the_test_courses_have_every_type() -> None:
    banks = [CONTENT / course / "questions" / "bank.yaml" for course in ("basics", "practice")]
    assert set(re.findall(r"(?m)^  type: (\S+)", "".join(bank.read_text() for bank in banks))) == set(TYPES)
