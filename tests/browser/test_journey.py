"""The whole road, as one test: from the sign-in page to the certificate, and to the manager who sees it."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import openpyxl
import pypdfium2
import pytest
import zxingcpp
from playwright.sync_api import BrowserContext, Download, Locator, Page, Playwright, expect

from courses.model import Course
from courses.questions.base import Answer, Question
from courses.questions.scenario import Scenario
from lms.db import db
from lms.library import library
from lms.records.attempts import Attempt
from tests.browser.conftest import PATIENCE, Complaints, Site, kill, launch
from tests.browser.hands import Keyboard, Mouse, right_answer, shown_answer
from tests.lms.journey import best_way

COURSE = "smuggling-mixed-flows"
WAYS = {
    # how: (the hand, whether scripts run, who)
    "mouse": (Mouse, True, "trainee"),
    "without-scripts": (Mouse, False, "colleague"),
    "keyboard": (Keyboard, True, "patrol"),
}


def course_of(site: Site) -> Course:
    with site.app.app_context():
        course = library().course(COURSE)
        assert course
        return course


def question_of(site: Site, question_id: str) -> Question:
    with site.app.app_context():
        question = library().question(COURSE, question_id)
        assert question
        return question


def asked(site: Site, attempt_id: UUID) -> list[Question]:
    """The questions of an attempt, in the order shown."""
    with site.app.app_context():
        found = db.session.query(Attempt).filter_by(id=attempt_id).one()
        questions = found.questions
        db.session.remove()
    return [question_of(site, id) for id in questions]


def take_lessons(hand: Mouse, site: Site, course: Course) -> None:
    """Read every lesson and answer its checks, the first of them wrongly at first."""
    page = hand.page
    for entry in course.lessons:
        expect(page.get_by_role("heading", level=1)).to_have_text(entry.title)
        for id in entry.checks:
            box = page.locator(f"#check-{id}")
            question = question_of(site, id)
            if isinstance(question, Scenario):
                hand.play(box, best_way(question))
                continue
            hand.answer(box, question, right_answer(question))
            hand.press(box.get_by_role("button", name="Check the answer"))
            expect(box.locator(".verdict")).to_have_text("Correct")
        expect(page.locator("#open-checks")).to_be_empty()
        hand.push("Finish and continue")


def begin_quiz(hand: Mouse, course: Course) -> UUID:
    """Begin the final quiz; the attempt's id."""
    expect(hand.page.get_by_role("heading", level=1)).to_have_text(course.quizzes[0].title)
    hand.push("Start the quiz")
    return UUID(hand.page.url.split("/attempts/")[1].split("/")[0])


def at_question(page: Page, number: int) -> Locator:
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"question {number} of")
    return page.locator("fieldset.question")


def downloaded(hand: Mouse, link: Locator) -> bytes:
    with hand.page.expect_download() as waiting:
        hand.press(link)
    file: Download = waiting.value
    return Path(file.path()).read_bytes()


def qr_address(pdf: bytes) -> str:
    """What the QR code on the first page of the file says."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        codes = zxingcpp.read_barcodes(document[0].render(scale=3).to_pil())
    finally:
        document.close()
    assert [code.format for code in codes] == [zxingcpp.BarcodeFormat.QRCode]
    return codes[0].text


@pytest.mark.parametrize("way", WAYS)
def test_from_sign_in_to_certificate(
    way: str, site: Site, playwright: Playwright, new_page: Callable[..., Page], complaints: Complaints
) -> None:
    kind, scripts, name = WAYS[way]
    course = course_of(site)

    def open_browser() -> tuple[Mouse, BrowserContext]:
        context = launch(playwright).new_context(base_url=site.url, locale="en-GB", java_script_enabled=scripts)
        context.set_default_timeout(PATIENCE)
        complaints.listen(context)
        return kind(context.new_page()), context

    hand, context = open_browser()
    hand.sign_in(name)
    hand.go(hand.page.get_by_role("link", name="Courses", exact=True))
    hand.follow(course.title)
    hand.push("Enrol")
    hand.push("Start the course")
    take_lessons(hand, site, course)

    attempt_id = begin_quiz(hand, course)
    questions = asked(site, attempt_id)
    given: list[Answer] = [right_answer(question) for question in questions]
    half = len(questions) // 2
    for number, (question, answer) in enumerate(zip(questions[:half], given, strict=False), 1):
        hand.answer(at_question(hand.page, number), question, answer)
        if number < half or not scripts:
            hand.push("Save and next")
    if scripts:  # nothing is pressed after the last answer before the browser dies
        expect(hand.page.locator("[data-autosave-status]")).to_have_text("Saved.")
    assert context.browser
    kill(context.browser)

    hand, context = open_browser()
    hand.sign_in(name)
    hand.follow("Continue")
    hand.follow("Continue attempt 1")
    at_question(hand.page, half + 1)
    for number, (question, answer) in reversed(list(enumerate(zip(questions[:half], given, strict=False), 1))):
        hand.push("Previous")
        at_question(hand.page, number)
        assert shown_answer(hand.page, question) == answer
    hand.push("Overview")
    expect(hand.page.get_by_text(f"{half} of {len(questions)} answered")).to_be_visible()
    hand.go(hand.page.locator(".overview a").nth(half))
    for number, (question, answer) in enumerate(zip(questions[half:], given[half:], strict=True), half + 1):
        hand.answer(at_question(hand.page, number), question, answer)
        hand.push("Save and next" if number < len(questions) else "Save and review")
    expect(hand.page.get_by_text("All questions are answered.")).to_be_visible()
    hand.push("Submit the attempt")
    expect(hand.page.get_by_role("heading", name="Passed")).to_be_visible()
    expect(hand.page.get_by_text("You have completed this course.")).to_be_visible()

    certificate = hand.page.locator("main").get_by_role("link", name="Certificate (PDF)").first
    pdf_path = certificate.get_attribute("href")
    address = qr_address(downloaded(hand, certificate))
    assert context.browser
    context.browser.close()

    assert address.startswith(f"{site.url}/verify/")
    stranger = new_page(java_script_enabled=scripts)
    stranger.goto(address)
    expect(stranger.get_by_role("heading", level=1)).to_have_text("This certificate is valid")
    expect(stranger.get_by_role("heading", level=2)).to_have_text(site.world.people[name].name)

    seen_by_their_manager(kind(new_page(java_script_enabled=scripts)), site, name, course)
    unseen_by_another(kind(new_page(java_script_enabled=scripts)), site, name, attempt_id, str(pdf_path), complaints)


def sheet_rows(data: bytes) -> list[tuple[object, ...]]:
    """All rows of all sheets of a workbook."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    return [row for sheet in book.worksheets for row in sheet.iter_rows(values_only=True)]


def seen_by_their_manager(hand: Mouse, site: Site, name: str, course: Course) -> None:
    """The manager of the person's institution finds the completion, in the table and in the file."""
    person = site.world.people[name].name
    hand.sign_in("manager")
    hand.go(hand.page.get_by_role("link", name="My institution", exact=True))
    row = hand.page.get_by_role("row").filter(has_text=person).filter(has_text=course.title)
    expect(row).to_contain_text("Completed")
    rows = sheet_rows(downloaded(hand, hand.page.get_by_role("link", name="XLSX")))
    assert [row for row in rows if person in row and course.title in row and "Completed" in row]


def unseen_by_another(
    hand: Mouse, site: Site, name: str, attempt_id: UUID, pdf_path: str, complaints: Complaints
) -> None:
    """The manager of another institution finds nothing: by page, by search, by export, by guessed address."""
    person = site.world.people[name]
    hand.sign_in("other-manager")
    for path in ("/manager", "/manager/people", f"/manager?q={person.name}", f"/manager/people?q={person.name}"):
        hand.page.goto(path)
        expect(hand.page.locator("table").get_by_text(person.name)).to_have_count(0)
    request = hand.page.request
    for kind in ("completion", "people"):
        for ending in ("csv", "xlsx"):
            answer = request.get(f"/manager/{kind}.{ending}?q={person.name}")
            assert answer.status in (200, 404)
            said = str(sheet_rows(answer.body())) if ending == "xlsx" else answer.text()
            assert person.email not in said
    unit = site.world.institutions["Ministry A"]
    for path in (
        f"/manager/people/{person.id}",
        f"/manager?unit={unit}",
        f"/manager/people?unit={unit}",
        f"/manager/completion.csv?unit={unit}",
        f"/manager/completion.xlsx?unit={unit}",
        f"/attempts/{attempt_id}",
        f"/attempts/{attempt_id}/result",
        pdf_path,
    ):
        assert request.get(path).status == 404, path
    assert complaints.said == []
