"""What was given last wins, not what arrived last; what broke off on its way changes nothing."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from flask import Flask

from lms import clock
from lms.db import db
from lms.learning import attempts as verbs
from lms.learning.versions import Differs, Fate, Overtaken, Seen, Stored, fate, fingerprint
from lms.library import library
from lms.records.attempts import answer_rows, answers
from lms.records.enrolments import CheckAnswer, Enrolment

from .conftest import Visitor, World, actor_for
from .journey import answer_all, begin, finish_lessons, stored

Visit = Callable[[str], Visitor]
FETCH = {"X-Requested-With": "fetch"}
CHECK = "/courses/basics/lessons/first/checks/check-single"


@pytest.fixture
def browser(visitor: Visit) -> Visitor:
    trainee = visitor("trainee")
    trainee.post("/courses/basics/enrol")
    return trainee


@pytest.fixture
def attempt(browser: Visitor) -> str:
    return begin(browser, "basics")


def page_of(attempt: str, id: str = "single") -> str:
    return f"{attempt}/questions/{stored(attempt).questions.index(id) + 1}"


def kept(attempt: str, id: str = "single") -> object:
    row = answers(db.session(), stored(attempt)).get(id)
    return row.answer if row else None


def form(browser: Visitor, url: str, **fields: object) -> dict[str, object]:
    """The form of a question as its page is now, filled in."""
    return {**fields, "version": browser.version(url), "end": "1"}


# ── a body that breaks off ────────────────────────────────────────────────────────────────────────────────────────


def cut(browser: Visitor, url: str, fields: dict[str, object], off: int) -> int:
    """Send a form of which the last bytes never arrive, as a server passes it on that takes the end of the line for the
    end of the body; the status."""
    whole = urlencode({"csrf_token": browser.token(), **fields}, doseq=True).encode()
    answer = browser._fresh(
        lambda: browser.client.post(
            url,
            input_stream=io.BytesIO(whole[: len(whole) - off]),
            content_type="application/x-www-form-urlencoded",
            environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": str(len(whole))},
        )
    )
    return answer.status_code


@pytest.mark.parametrize("off", [1, 2, 10, 30, 60])
def test_an_answer_that_breaks_off_changes_nothing(browser: Visitor, attempt: str, off: int) -> None:
    url = page_of(attempt)
    browser.post(url, {"answer": "protect"})
    assert cut(browser, url, form(browser, url, answer="ignore"), off) == 400
    assert kept(attempt) == "protect"
    assert cut(browser, url, form(browser, url), off) == 400
    assert kept(attempt) == "protect"
    assert cut(browser, url, form(browser, url, answer="ignore"), 0) == 303
    assert kept(attempt) == "ignore"


def test_every_form_that_breaks_off_is_refused(app: Flask, browser: Visitor, visitor: Visit) -> None:
    manager = visitor("manager")
    row = db.session.query(Enrolment).one()
    assert cut(manager, f"/manager/enrolments/{row.id}/attempts", {"x": "y" * 50}, 3) == 400
    assert cut(browser, CHECK, form(browser, CHECK, answer="benefit"), 3) == 400
    assert cut(browser, "/language", {"locale": "sr"}, 1) == 400
    db.session.expire_all()
    assert db.session.query(Enrolment).one().extra_attempts == 0
    assert db.session.query(CheckAnswer).count() == 0


def test_without_its_last_field_a_form_takes_nothing_back_and_overwrites_nothing(
    browser: Visitor, attempt: str
) -> None:
    url = page_of(attempt)
    browser.post(url, {"answer": "protect"})
    for fields in ({}, {"answer": "ignore"}, {"answer": "ign"}):
        sent = browser.post(url, {**fields, "version": browser.version(url)})
        assert sent.status_code == 409
        assert kept(attempt) == "protect"


# ── the last one given ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_tab_that_was_left_empty_deletes_nothing(browser: Visitor, attempt: str) -> None:
    url = page_of(attempt)
    second = form(browser, url, go="next")
    browser.post(url, {"answer": "protect"})
    assert browser.post(url, second).status_code == 303, "nothing was changed in it, so it leads on"
    assert kept(attempt) == "protect"


def test_where_two_answers_differ_both_are_shown_and_one_is_chosen(browser: Visitor, attempt: str) -> None:
    url = page_of(attempt, "gaps")
    slot = library().question("basics", "gaps").gaps[0].id
    second = form(browser, url, **{f"slot-{slot}": "typed in the second"})
    browser.post(url, {f"slot-{slot}": "typed in the first"})
    assert browser.post(url, second, headers=FETCH).status_code == 409
    shown = browser.post(url, second)
    assert shown.status_code == 409
    assert "changed in another window" in shown.text
    assert "typed in the first" in shown.text
    assert "typed in the second" in shown.text
    assert kept(attempt, "gaps") == {slot: "typed in the first"}
    chosen = re.search(r'name="version" value="([^"]+)"', shown.text)
    assert chosen
    assert browser.post(url, {**second, "version": chosen[1]}).status_code == 303
    assert kept(attempt, "gaps") == {slot: "typed in the second"}


def test_the_same_answer_from_an_older_page_is_no_quarrel(browser: Visitor, attempt: str) -> None:
    url = page_of(attempt)
    second = form(browser, url, answer="protect")
    browser.post(url, {"answer": "protect"})
    assert browser.post(url, second, headers=FETCH).status_code == 200
    assert answer_rows(db.session(), stored(attempt))["single"].version == 1


def test_an_answer_that_was_taken_back_is_not_brought_back_by_an_older_request(browser: Visitor, attempt: str) -> None:
    url = page_of(attempt)
    browser.post(url, {"answer": "protect"})
    late = form(browser, url, answer="ignore")
    browser.post(url, {})
    assert kept(attempt) is None
    assert browser.post(url, late, headers=FETCH).status_code == 409
    assert kept(attempt) is None


def test_requests_of_one_page_that_overtake_each_other(browser: Visitor, attempt: str) -> None:
    url = page_of(attempt)
    shown = browser.version(url)

    def send(sequence: int, **fields: object) -> int:
        sent = {**fields, "version": shown, "end": "1", "tab": "0123456789abcdef", "sequence": str(sequence)}
        return browser.post(url, sent, headers=FETCH).status_code

    assert send(2, answer="protect") == 200
    assert send(1, answer="ignore") == 409, "given earlier, arrived later"
    assert kept(attempt) == "protect"
    assert send(3, answer="ignore") == 200, "the page never heard of what the second did"
    assert kept(attempt) == "ignore"
    assert send(5) == 200
    assert send(4, answer="protect") == 409
    assert kept(attempt) is None
    browser.post(url, {"answer": "protect"})  # another tab
    assert send(6, answer="ignore") == 409


def test_what_was_changed_and_changed_back_holds_against_what_is_still_on_its_way(
    browser: Visitor, attempt: str
) -> None:
    url = page_of(attempt)
    for before in ("protect", None):
        browser.post(url, {"answer": before} if before else {})
        shown = browser.version(url)
        page = {"version": shown, "end": "1", "tab": f"{before}0000".lower()}
        back = {**page, "sequence": "2", **({"answer": before} if before else {})}
        assert browser.post(url, back, headers=FETCH).status_code == 200
        assert browser.post(url, {**page, "sequence": "1", "answer": "ignore"}, headers=FETCH).status_code == 409
        assert kept(attempt) == before


@pytest.mark.parametrize(
    ("stored", "seen", "given", "expected"),
    [
        (Stored(), Seen(), "a", Fate.KEEP),
        (Stored(), Seen(), None, Fate.SAME),
        (Stored("a", 1), Seen(), None, Fate.DIFFERS),
        (Stored("a", 1), Seen(0, fingerprint(None)), None, Fate.UNTOUCHED),
        (Stored("a", 1), Seen(0, fingerprint(None)), "b", Fate.DIFFERS),
        (Stored("a", 1), Seen(1, fingerprint("a")), "b", Fate.KEEP),
        (Stored("a", 3), Seen(7, fingerprint("b")), "c", Fate.DIFFERS),  # after a restore from a backup
        (Stored("b", 2, "tab", 2), Seen(1, fingerprint("a"), "tab", 3), "a", Fate.KEEP),
        (Stored("b", 2, "tab", 2), Seen(1, fingerprint("a"), "tab", 1), "c", Fate.LATE),
        (Stored("b", 2, "tab", 2), Seen(2, fingerprint("b"), "tab", 2), "c", Fate.LATE),
        (Stored("b", 2, "tab", 2), Seen(1, fingerprint("a"), "other", 9), "c", Fate.DIFFERS),
    ],
)
def test_what_becomes_of_an_answer(stored: Stored, seen: Seen, given: str | None, expected: Fate) -> None:
    assert fate(stored, seen, given) is expected


def test_a_verb_refuses_what_is_older(app: Flask, browser: Visitor, attempt: str, world: World) -> None:
    actor = actor_for(db.session(), world.people["trainee"])
    row, at = stored(attempt), clock.now()
    tab = "f" * 16
    verbs.save(actor, library(), row.id, "single", "protect", at, Seen(0, fingerprint(None), tab, 2))
    with pytest.raises(Overtaken):
        verbs.save(actor, library(), row.id, "single", "ignore", at, Seen(0, fingerprint(None), tab, 1))
    with pytest.raises(Differs):
        verbs.save(actor, library(), row.id, "single", "ignore", at, Seen(0, fingerprint(None)))
    assert kept(attempt) == "protect"


def test_an_answer_to_a_check_from_an_older_page_overwrites_nothing(browser: Visitor) -> None:
    second = form(browser, CHECK, answer="force")
    browser.post(CHECK, {"answer": "benefit"})
    assert browser.post(CHECK, second, headers=FETCH).status_code == 409
    shown = browser.post(CHECK, second)
    assert shown.status_code == 409
    assert "changed in another window" in shown.text
    assert db.session.query(CheckAnswer).one().answer == "benefit"
    chosen = re.search(r'name="version" value="([^"]+)"', shown.text)
    assert chosen
    assert browser.post(CHECK, {**second, "version": chosen[1]}).status_code == 303
    assert db.session.query(CheckAnswer).one().answer == "force"
    browser.post(CHECK, {"answer": "benefit"})
    assert db.session.query(CheckAnswer).one().answer == "benefit", "who answers again knows what is stored"


# ── clocks ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_clock_set_back_ends_nothing_before_it_began(
    app: Flask, visitor: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = visitor("trainee")
    finish_lessons(browser, "basics")
    attempt = begin(browser, "basics")
    answer_all(browser, attempt)
    row = stored(attempt)
    deadline, back = row.deadline_at, clock.now() - timedelta(hours=3)
    monkeypatch.setattr(clock, "now", lambda: back)
    url = page_of(attempt)
    assert browser.post(url, {"answer": "protect"}, headers=FETCH).status_code == 200
    assert browser.post(f"{attempt}/submit").status_code == 303
    row = stored(attempt)
    assert row.deadline_at == deadline
    assert row.submitted_at
    saved = [answer.saved_at for answer in answers(db.session(), row).values()]
    assert row.submitted_at >= max([row.started_at, *saved])
    enrolment = db.session.query(Enrolment).one()
    assert enrolment.completed_at
    assert enrolment.started_at
    assert enrolment.completed_at >= enrolment.started_at >= enrolment.enrolled_at


def test_a_page_is_told_the_seconds_that_are_left(browser: Visitor, attempt: str) -> None:
    row = stored(attempt)
    assert row.deadline_at
    left = (row.deadline_at - clock.now()).total_seconds()
    shown = re.search(r'data-seconds="([0-9.]+)"', browser.get(page_of(attempt)).text)
    assert shown
    asked = browser.get(f"{attempt}/time").get_json()["seconds"]
    saved = browser.post(page_of(attempt), {"answer": "protect"}, headers=FETCH).get_json()["seconds"]
    for seconds in (float(shown[1]), asked, saved):
        assert seconds == pytest.approx(left, abs=5)


# ── the order in which it was asked ───────────────────────────────────────────────────────────────────────────────


def places(shown: str, texts: list[str]) -> list[str]:
    return sorted(texts, key=shown.index)


def test_feedback_keeps_the_order_in_which_choices_were_asked(app: Flask, visitor: Visit) -> None:
    question = library().question("basics", "check-single")
    texts = [choice.text for choice in question.choices]
    orders = set()
    for name in ("trainee", "colleague", "patrol", "office", "manager", "unit-manager", "administrator"):
        browser = visitor(name)
        browser.post("/courses/basics/enrol")
        lesson = "/courses/basics/lessons/first"

        def box(page: str) -> str:
            return page.partition('id="check-check-single"')[2].partition('id="check-')[0]

        asked = places(box(browser.get(lesson).text), texts)
        fragment = browser.post(CHECK, {"answer": question.choices[0].id}, headers=FETCH).text
        assert places(fragment, texts) == asked
        assert places(box(browser.get(lesson).text), texts) == asked
        orders.add(tuple(asked))
    assert len(orders) > 1, "it is shuffled"


def test_a_review_keeps_the_order_in_which_choices_were_asked(app: Flask, visitor: Visit) -> None:
    differed = False
    for name in ("trainee", "colleague", "patrol"):
        browser = visitor(name)
        browser.post("/courses/basics/enrol")
        attempt = begin(browser, "basics")
        answer_all(browser, attempt)
        asked = {}
        for id in ("single", "multiple"):
            question = library().question("basics", id)
            texts = [choice.text for choice in question.choices]
            asked[id] = places(browser.get(page_of(attempt, id)).text, texts)
            differed |= asked[id] != texts
        browser.post(f"{attempt}/submit")
        result = browser.get(f"{attempt}/result").text
        for id, order in asked.items():
            stem = library().question("basics", id).stem
            part = result[result.index(stem) :].partition("</ul>")[0]
            assert places(part, order) == order
    assert differed
