"""Take the pictures in docs/screenshots anew: `make screenshots`.

A demo region is composed as of a fixed day, by whose clock the server runs too, so that a picture changes only when its
page does.
"""

from __future__ import annotations

import io
import logging
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

from flask import Flask
from flask_migrate import upgrade
from PIL import Image
from playwright.sync_api import Page, sync_playwright
from werkzeug.serving import make_server

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from courses.artefact import Store  # noqa: E402
from courses.build import build  # noqa: E402
from lms import clock, create_app, demo  # noqa: E402
from lms.config import Settings  # noqa: E402
from lms.db import db  # noqa: E402
from lms.library import library  # noqa: E402
from tests.browser.conftest import launch  # noqa: E402
from tests.browser.deeds import doing, question_of  # noqa: E402
from tests.browser.hands import Mouse, right_answer  # noqa: E402

TODAY = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
PICTURES = ROOT / "docs" / "screenshots"
LIMIT = 150_000
SCREEN, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
HALFWAY, DONE = "communication-skills", "migration-governance"


@contextmanager
def served(folder: Path, content: Path = ROOT / "content") -> Iterator[tuple[str, Flask]]:
    """The application with a demo region and the courses of a content folder, as it was on TODAY."""
    clock.now = lambda: TODAY
    store = Store(folder / "artefacts")
    for course in build(content, store).courses:
        if course.revision:
            store.publish(course.id, course.revision, "", TODAY.isoformat())
    settings = Settings(
        instance=folder,
        database_url=f"sqlite:///{folder / 'staza.db'}",
        artefacts=store.root,
        content=content,
        url="http://127.0.0.1",
        secret_key="0" * 64,
        mail="console:",
        mail_from="Staza <staza@example.org>",
    )
    app = create_app(settings)
    for name in ("alembic", "werkzeug", app.logger.name):
        logging.getLogger(name).setLevel(logging.ERROR)
    with app.app_context():
        upgrade()
        demo.seed(library(), TODAY)
        db.session.remove()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}", app
    server.shutdown()


def keep(page: Page, name: str) -> None:
    """Keep what the window shows as a small PNG."""
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled", caret="hide")))
    path = PICTURES / f"{name}.png"
    few = picture.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=8, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    assert path.stat().st_size < LIMIT, f"{path} has {path.stat().st_size} bytes"
    print(f"{path.relative_to(ROOT)}  {path.stat().st_size // 1024} KB")


def of_trainee(hand: Mouse, app: Flask) -> None:
    """What a trainee sees, from home to the result of a quiz."""
    page = hand.page
    with doing(app, "trainee@example.org") as deeds:
        entry = deeds.course(HALFWAY).lessons[0]
        check = question_of(HALFWAY, entry.checks[0])
        attempt = deeds.begin(HALFWAY)
        first = question_of(HALFWAY, attempt.questions[0])
    keep(page, "home")
    for name, path in (("catalogue", "/courses"), ("course", f"/courses/{HALFWAY}")):
        page.goto(path)
        keep(page, name)
    page.goto(f"/courses/{HALFWAY}/lessons/{entry.id}?again={check.id}")
    box = page.locator(f"#check-{check.id}")
    hand.answer(box, check, right_answer(check))
    hand.press(box.get_by_role("button", name="Check the answer"))
    box.locator(".verdict").wait_for()
    box.evaluate("box => scrollTo(0, box.getBoundingClientRect().top + scrollY - 260)")
    keep(page, "lesson")
    page.goto(f"/attempts/{attempt.id}/questions/1")
    hand.answer(page.locator("fieldset.question"), first, right_answer(first))
    page.locator("[data-autosave-status]").get_by_text("Saved.").wait_for()
    keep(page, "quiz-question")
    page.goto(f"/courses/{DONE}/quizzes/final")
    hand.go(page.locator("main td, main th").get_by_role("link").first)
    keep(page, "quiz-result")


def on_a_phone(page: Page) -> None:
    """The trainee's pages that are read most, on a phone in the dark."""
    keep(page, "home-phone-dark")
    page.goto(f"/courses/{HALFWAY}/lessons/the-law")
    keep(page, "lesson-phone-dark")


PAGES: dict[str, dict[str, str]] = {
    "trainer@example.org": {"trainer-course": f"/trainer/{HALFWAY}", "trainer-items": f"/trainer/{HALFWAY}/items"},
    "manager.rs@example.org": {"manager-completion": "/manager"},
    "coordinator@example.org": {"region": "/region"},
    "administrator@example.org": {"administration": "/admin"},
}
"""Pages that need no more than to be opened, by who opens them."""


def main() -> None:
    """Take every picture."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as (url, app), sync_playwright() as driver:
        browser = launch(driver)

        def visit(email: str, window: dict[str, int], theme: str = "light") -> Mouse:
            context = browser.new_context(base_url=url, viewport=window, color_scheme=theme, locale="en-GB")
            hand = Mouse(context.new_page())
            if email:
                hand.sign_in(email.split("@")[0], demo.PASSWORD)
            return hand

        stranger = visit("", SCREEN).page
        stranger.goto("/sign-in")
        keep(stranger, "sign-in")
        of_trainee(visit("trainee@example.org", SCREEN), app)
        on_a_phone(visit("trainee@example.org", PHONE, "dark").page)
        for email, pages in PAGES.items():
            page = visit(email, SCREEN).page
            for name, path in pages.items():
                page.goto(path)
                keep(page, name)
        browser.close()


if __name__ == "__main__":
    main()
