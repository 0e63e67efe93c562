"""Take the pictures of the guide for trainers, docs/trainers/pictures, anew: `make screenshots`.

Boxes and questions are those of docs/example, seen in the preview; a question stands beside what becomes of its answer.
The course of the guide's hour is made of the blocks of the guide, as its test makes it.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "docs")]

from screenshots import served  # noqa: E402

from courses.artefact import Store  # noqa: E402
from courses.build import build  # noqa: E402
from courses.questions.base import Answer, Question  # noqa: E402
from courses.questions.ordering import Ordering  # noqa: E402
from courses.questions.scenario import Scenario  # noqa: E402
from lms import clock, demo, preview  # noqa: E402
from lms.learning import attempts  # noqa: E402
from lms.library import library  # noqa: E402
from lms.preview.desk import Desk  # noqa: E402
from lms.preview.eyes import Eyes  # noqa: E402
from tests.browser.conftest import launch  # noqa: E402
from tests.browser.deeds import doing, question_of  # noqa: E402
from tests.browser.hands import Mouse, right_answer  # noqa: E402
from tests.courses.test_guide import EXAMPLE, HOUR, LARGEST, PICTURES, Fence, fences, patch  # noqa: E402

COURSE, HOURS_COURSE = "bus-station", "child-alone"
NARROW, WIDE = {"width": 520, "height": 1000}, {"width": 1000, "height": 760}
BOXES = {
    "note": ".callout.note >> nth=0",
    "warning": ".callout.warning",
    "case": "article.case >> nth=0",
    "activity": ".activity",
    "summary": ".prose > .summary",
    "country": ".countries",
    "sources": "section.sources",
    "term": "p:has(.term)",
}
MISTAKEN: dict[str, Answer] = {
    "indicators": ["phones"],
    "what-it-asks": "money",
    "first-hour": ["safety", "record", "needs"],
    "note-for-file": "At 23:40 six people got off the bus. They seemed tired.",
    "night-bus": ["papers", "give-back", "record"],
    "useful": "very",
}
"""Answers that show more than the right ones do."""


def main() -> None:
    """Take every picture."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        browser, folder = launch(driver), Path(name)
        of_example(browser, folder)
        of_marking(browser, folder)
        of_the_hour(browser, folder)
        browser.close()


def of_example(browser: Browser, folder: Path) -> None:
    """Each box of a lesson, and each question type before and after its answer."""
    store = Store(folder / "example")
    (built,) = build(EXAMPLE, store).courses
    assert built.revision
    course = store.course(COURSE, built.revision)
    with previewed(EXAMPLE, Eyes("RS")) as url:
        page = opened(browser, NARROW, url)
        page.goto(f"/RS.en/{COURSE}/lessons/the-law")
        for name, found in BOXES.items():
            box = page.locator(f"main {found}").first
            if name == "term":
                box.locator(".term").hover()
                keep(shot(page, box, below=51), name)
            else:
                keep(shot(page, box), name)
        for lesson in course.lessons:
            for id in lesson.checks:
                page.goto(f"/RS.en/{COURSE}/lessons/{lesson.id}")
                of_question(page, store.question(course, id))


def of_question(page: Page, question: Question) -> None:
    """The question before and after its answer."""
    box = page.locator(f"#check-{question.id}")
    before = shot(page, box)
    given = MISTAKEN.get(question.id) or right_answer(question)
    hand = Mouse(page)
    if isinstance(question, Scenario):
        assert isinstance(given, list)
        for place, choice in enumerate(given):
            if place:
                box.locator("ol.path > li").nth(place - 1).wait_for()
            box.locator(f'input[type=radio][value="{choice}"]').check()
            box.get_by_role("button", name="Continue with this choice").click()
    elif isinstance(question, Ordering):
        in_order(box, given)
        box.get_by_role("button", name="Check the answer").click()
    else:
        hand.answer(box, question, given)
        box.locator("form .actions button").last.click()
    box.locator(".verdict").wait_for()
    keep(beside(before, shot(page, box)), question.type)


def in_order(box: Locator, given: Answer) -> None:
    """Put the steps in an order, with the menus that stand there without scripts."""
    for place, step in enumerate(given, 1):
        box.locator(f'[name="place-{step}"]').evaluate("(field, place) => field.value = place", str(place))


def of_marking(browser: Browser, folder: Path) -> None:
    """The page on which a trainer marks an open answer."""
    content = Path(shutil.copytree(EXAMPLE, folder / "marking"))
    quiz = content / COURSE / "quizzes" / "final.yaml"
    quiz.write_text("title: Final quiz\ndraw:\n  - 4 from cases\n", "utf-8")
    with served(folder / "marked", content) as (url, app):
        with doing(app, "trainee@example.org") as deeds:
            attempt = deeds.begin(COURSE)
            for id in attempt.questions:
                given = MISTAKEN.get(id) or right_answer(question_of(COURSE, id))
                attempts.save(deeds.actor, library(), attempt.id, id, given, clock.now())
            attempts.submit(deeds.actor, library(), attempt.id, clock.now())
        page = opened(browser, WIDE, url)
        Mouse(page).sign_in("trainer", demo.PASSWORD)
        page.goto(f"/trainer/{COURSE}/marking/{attempt.id}/note-for-file")
        keep(shot(page, page.locator("main"), edge=0), "marking")


def of_the_hour(browser: Browser, folder: Path) -> None:
    """The guide's hour: its mistake in the preview, and its lesson in the application."""
    training = folder / "training"
    steps = [fence for fence in fences(HOUR) if fence.file]
    mistaken = next(place for place, fence in enumerate(steps) if fence.language == "diff")
    done(training, steps[:mistaken])
    with previewed(training / "content", Eyes("RS")) as url:
        page = opened(browser, WIDE, url)
        page.goto(f"/RS.en/{HOURS_COURSE}/lessons/introduction")
        page.locator(".problem").first.evaluate("box => scrollTo(0, box.getBoundingClientRect().top + scrollY - 420)")
        keep(window(page), "preview")
    done(training, steps[mistaken:])
    (training / "content" / HOURS_COURSE / "quizzes").mkdir()
    quiz = training / "content" / HOURS_COURSE / "quizzes" / "final.yaml"
    quiz.write_text("title: Final quiz\ndraw:\n  - 3 from first-hour\n", "utf-8")
    with served(folder / "hour", training / "content") as (url, _app):
        page = opened(browser, WIDE, url)
        Mouse(page).sign_in("trainee", demo.PASSWORD)
        page.goto(f"/courses/{HOURS_COURSE}/lessons/introduction")
        keep(window(page), "lesson")


def done(training: Path, steps: list[Fence]) -> None:
    """Do what the blocks of the guide say to the files."""
    for fence in steps:
        path = training / fence.file
        if fence.language == "diff":
            patch(path, fence.text)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(fence.text, "utf-8")


# ── pages and pictures ─────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def previewed(content: Path, eyes: Eyes) -> Iterator[str]:
    """The preview of a content folder."""
    app = preview.create_app(Desk(content, ()), eyes)
    server = preview.server(app, 0)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()


def opened(browser: Browser, size: dict[str, int], url: str) -> Page:
    """A page in a window of that size."""
    return browser.new_context(base_url=url, viewport=size, locale="en-GB", device_scale_factor=1).new_page()


def shot(page: Page, box: Locator, edge: int = 8, below: int = 0) -> Image.Image:
    """What the box shows, with so many pixels round it, and more below."""
    box.scroll_into_view_if_needed()
    place = box.bounding_box()
    assert place
    top = page.evaluate("scrollY")
    clip = {
        "x": max(0, place["x"] - edge),
        "y": max(0, place["y"] + top - edge),
        "width": place["width"] + 2 * edge,
        "height": place["height"] + 2 * edge + below,
    }
    return Image.open(
        io.BytesIO(page.screenshot(full_page=True, clip=clip, animations="disabled", caret="hide"))
    ).convert("RGB")


def window(page: Page) -> Image.Image:
    """What the window shows."""
    return Image.open(io.BytesIO(page.screenshot(animations="disabled", caret="hide"))).convert("RGB")


def beside(left: Image.Image, right: Image.Image) -> Image.Image:
    """The two pictures beside each other."""
    both = Image.new("RGB", (left.width + right.width + 16, max(left.height, right.height)), left.getpixel((1, 1)))
    both.paste(left, (0, 0))
    both.paste(right, (left.width + 16, 0))
    return both


def keep(picture: Image.Image, name: str) -> None:
    """Keep the picture as a small PNG."""
    path = PICTURES / f"{name}.png"
    picture.quantize(64, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, optimize=True)
    assert path.stat().st_size < LARGEST, f"{path} has {path.stat().st_size} bytes"
    print(f"{path.relative_to(ROOT)}  {picture.width} × {picture.height}  {path.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
