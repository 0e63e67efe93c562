"""axe finds nothing on any page, for any role, light and dark, on a screen and a phone; and no page scrolls sideways.

The pages come from the application's own map: one that is added and not listed here fails the test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from itertools import cycle
from typing import Any, Literal

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from lms.demo import PASSWORD
from lms.records.certificates import Certificate
from lms.records.people import Role
from lms.web.access import PUBLIC, SIGNED_IN, allowed
from tests.browser.conftest import PATIENCE, Complaints, Site
from tests.browser.deeds import doing
from tests.browser.hands import Mouse

AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
RUN = """async (what) => (await axe.run(document, {
  ...what, resultTypes: ["violations"], preload: false,
})).violations.flatMap(rule => rule.nodes.map(node => `${rule.id} at ${node.target}: ${node.failureSummary}`))"""
EVERYTHING = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
}
OF_COLOURS = ["color-contrast", "link-in-text-block"]
COLOURS = {"runOnly": {"type": "rule", "values": OF_COLOURS}}
ALL_BUT_COLOURS = EVERYTHING | {
    "rules": {"target-size": {"enabled": True}, **{rule: {"enabled": False} for rule in OF_COLOURS}}
}
WIDE, NARROW = 1280, 360
Looks = tuple[tuple[int, Literal["light", "dark"], object], ...]
"""How axe looks at a page: the width of the window, the theme, and what for."""
LOOKS: Looks = (
    (WIDE, "light", EVERYTHING),
    (NARROW, "light", ALL_BUT_COLOURS),
    (NARROW, "dark", COLOURS),
)
"""The themes differ in colours alone, so the second asks only for what depends on these; and it does so where the first
does not, since contrast takes most of the time."""
THIN_OUT = """() => {
  for (const body of document.querySelectorAll("tbody")) {
    const seen = {};
    for (const row of [...body.rows]) {
      const parts = [...row.querySelectorAll("*")];
      const shape = parts.map(part => [part.localName, part.className, part.childNodes.length]).join(" ");
      seen[shape] = (seen[shape] ?? 0) + 1;
      if (seen[shape] > 4) row.remove();
    }
  }
}"""
"""Leave four rows of each kind in every table: most of axe's time goes into the colours of the fifty that are alike.
Rows are alike whose elements have the same names, classes and numbers of children."""
MISUSED = r"""() => [
  ...[...document.querySelectorAll("time[datetime]")]
    .filter(time => !/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.test(time.dateTime)),
  ...[...document.querySelectorAll("select[required]:not([multiple])")]
    .filter(menu => menu.options.length === 0 || menu.options[0].value !== ""),
].map(element => element.outerHTML.slice(0, 200))"""
"""What HTML does not allow: a moment with more than three digits of a second, a required menu without a placeholder.
See https://html.spec.whatwg.org/multipage/, «Times» and «The select element»."""
VISITOR = "visitor"
ROLES: dict[str, Role | None] = {
    VISITOR: None,
    "trainee": None,
    "trainer": Role.TRAINER,
    "manager.rs": Role.MANAGER,
    "coordinator": Role.COORDINATOR,
    "administrator": Role.ADMINISTRATOR,
}
"""Who looks: the name before the @ of their address in the demo region, and the role they hold."""

HALFWAY, DONE, ON_REQUEST = "smuggling-mixed-flows", "human-rights-migration", "prevention-of-torture"


@dataclass
class Places:
    """What stands in addresses: of the person who looks, and of somebody at their institution."""

    open_attempt: str = ""
    questions: int = 0
    done_attempt: str = ""
    code: str = ""
    colleague: str = ""
    institution: int = 0


PAGES: dict[str, Callable[[Places], list[str]]] = {
    "system.accessibility": lambda _: ["/accessibility"],
    "account.sign_in": lambda _: ["/sign-in"],
    "account.forgotten": lambda _: ["/password"],
    "account.choose_password": lambda _: ["/password/none-such"],
    "account.profile": lambda _: ["/profile"],
    "account.sign_ins": lambda _: ["/profile/sign-ins"],
    "home.index": lambda _: ["/"],
    "paths.index": lambda _: ["/paths"],
    "catalogue.index": lambda _: ["/courses", "/courses?for=reception"],
    "catalogue.course": lambda _: [f"/courses/{course}" for course in (HALFWAY, DONE, ON_REQUEST)],
    "lessons.lesson": lambda _: [
        f"/courses/{HALFWAY}/lessons/what-smuggling-is",
        f"/courses/{HALFWAY}/lessons/case-work",
        f"/courses/{DONE}/lessons/rights-at-the-border",
    ],
    "lessons.card": lambda _: [f"/courses/{HALFWAY}/card"],
    "attempts.start": lambda _: [f"/courses/{course}/quizzes/final" for course in (HALFWAY, DONE)],
    "attempts.question": lambda at: [f"/attempts/{at.open_attempt}/questions/{n}" for n in (1, at.questions)],
    "attempts.overview": lambda at: [f"/attempts/{at.open_attempt}/overview"],
    "attempts.result": lambda at: [f"/attempts/{at.done_attempt}/result"],
    "certificates.look_up": lambda _: ["/verify", "/verify?code="],
    "certificates.verify": lambda at: [f"/verify/{at.code or 'AAAA'}"],
    "trainer.index": lambda _: ["/trainer"],
    "trainer.course": lambda _: [f"/trainer/{HALFWAY}"],
    "trainer.items": lambda _: [f"/trainer/{HALFWAY}/items"],
    "trainer.lesson": lambda _: [f"/trainer/{HALFWAY}/as/RS/lessons/the-law"],
    "marking.index": lambda _: [f"/trainer/{HALFWAY}/marking"],
    "marking.marked": lambda _: [f"/trainer/{HALFWAY}/marking/marked"],
    "releases.index": lambda _: [f"/trainer/{HALFWAY}/releases"],
    "releases.difference": lambda _: [f"/trainer/{HALFWAY}/releases/difference"],
    "manager.completion": lambda _: ["/manager", "/manager?q=no-one-is-called-this"],
    "manager.people": lambda _: ["/manager/people"],
    "manager.person": lambda at: [f"/manager/people/{at.colleague}"],
    "manager.import_": lambda _: ["/manager/import"],
    "manager.requests": lambda _: ["/manager/requests"],
    "coordinator.index": lambda _: ["/region"],
    "admin.institutions": lambda _: ["/admin"],
    "admin.institution": lambda at: [f"/admin/institutions/{at.institution}"],
    "admin.people": lambda _: ["/admin/people"],
    "admin.new_person": lambda _: ["/admin/people/new"],
    "admin.person": lambda at: [f"/admin/people/{at.colleague}"],
    "admin.edit_person": lambda at: [f"/admin/people/{at.colleague}/edit"],
    "admin.sure_to_close": lambda at: [f"/admin/people/{at.colleague}/close"],
    "admin.sure_to_grant": lambda at: [f"/admin/people/{at.colleague}/roles/give?role=administrator"],
    "admin.operation": lambda _: ["/admin/operation"],
    "admin.audit": lambda _: ["/admin/audit"],
}
NO_PAGES = {
    "static": "files",
    "system.healthz": "JSON",
    "media.medium": "pictures",
    "attempts.resume": "leads on to a question, the overview or the result",
    "attempts.time": "JSON",
    "certificates.pdf": "a file",
    "marking.answer": "looked at in test_types.py, with a course that asks for an answer to mark",
    "admin.sure_to_revoke": "the same page as before a role is given, for a role that is held",
    "manager.completion_file": "a file",
    "manager.people_file": "a file",
    "coordinator.file": "a file",
}
ERRORS = ["/no-such-page", "/admin"]  # 404, and 403 for a trainee


def test_every_page_is_listed(region: Site) -> None:
    views = {rule.endpoint for rule in region.app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert views == PAGES.keys() | NO_PAGES.keys()


def places_of(region: Site, name: str) -> Places:
    """Let the person go all the way through one course and half the way through another."""
    with doing(region.app, f"{name}@example.org") as deeds:
        done, certificate = _completed(deeds.complete(DONE))
        deeds.enrol(HALFWAY)
        attempt = deeds.begin(HALFWAY)
        person = deeds.actor.person
        return Places(str(attempt.id), len(attempt.questions), done, certificate, str(person.id), person.institution_id)


def _completed(deed: tuple[Any, Certificate]) -> tuple[str, str]:
    return str(deed[0].id), deed[1].code


def paths(app: Flask, name: str, places: Places) -> list[tuple[str, Looks]]:
    """Every page that somebody may open, and how to look at it. Of the pages that all share, others than the trainee
    open the first example of each, as for them it differs in the navigation alone; and they look in turn in one of the
    ways in which the trainee looks at each, so that their navigation is looked at in all of them."""
    may = {PUBLIC} if name == VISITOR else {PUBLIC, SIGNED_IN, ROLES[name]}
    open_to = [endpoint for endpoint in PAGES if allowed(app, endpoint) & may]
    if name != VISITOR:
        open_to.remove("account.sign_in")  # which leads home
    turns = cycle([(look,) for look in LOOKS])
    found: list[tuple[str, Looks]] = []
    for endpoint in open_to:
        examples = PAGES[endpoint](places)
        if name in (VISITOR, "trainee") or ROLES[name] in allowed(app, endpoint):
            found += [(path, LOOKS) for path in examples]
        else:
            found.append((examples[0], LOOKS if endpoint == "home.index" else next(turns)))
    return found


def faults(page: Page, path: str, looks: Looks = LOOKS) -> list[str]:
    """What is wrong with the page at an address, at both widths, and for axe in these looks."""
    page.goto(path)
    found = []
    for width in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": 900})
        across: int = page.evaluate("document.scrollingElement.scrollWidth")
        if across > width:
            found.append(f"{path} at {width}: {across} pixels wide")
    found += [f"{path}: not HTML: {element}" for element in page.evaluate(MISUSED)]
    page.evaluate(THIN_OUT)
    page.evaluate(AXE)
    for width, theme, rules in looks:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme)
        found += [f"{path} {theme} at {width}: {fault}" for fault in page.evaluate(RUN, rules)]
    return found


@pytest.mark.parametrize("name", ROLES)
def test_axe_finds_nothing(name: str, region: Site, browser: Browser, complaints: Complaints) -> None:
    context = browser.new_context(base_url=region.url, locale="en-GB", reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    complaints.listen(context)
    page = context.new_page()
    places = Places()
    if name != VISITOR:
        places = places_of(region, name)
        Mouse(page).sign_in(name, PASSWORD)
    every = paths(region.app, name, places) + [(path, LOOKS) for path in ERRORS if name == "trainee"]
    found = [fault for path, looks in every for fault in faults(page, path, looks)]
    complaints.forgive("status of 403", "status of 404", "status of 422")
    context.close()
    assert found == [], "\n\n".join(found)
