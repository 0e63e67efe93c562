"""Trainees whose line is bad, and what they were told: browsers in threads that talk to a real server.

Each trainee keeps a ledger of what was sent, in the order in which it was given, and of what was acknowledged.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPConnection, HTTPException
from random import Random
from socket import create_connection
from typing import Any
from urllib.parse import urlencode, urlsplit

from courses.questions.base import Question

from .visitor import PASSWORD

Fields = list[tuple[str, str]]
COURSE = "basics"
LESSONS = ("first", "second")
PATIENCE = 300.0
"""Seconds for which a trainee presses a button again before they count as stuck."""
WORDS = ("entry", "stay", "transit", "улазак", "hyrje", "giriş", "🚧 border")


class Stuck(Exception):
    """A trainee can't go on."""


# ── what a browser reads ───────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Form:
    """A form of a page: its hidden fields, and what can be filled in."""

    action: str
    hidden: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    several: bool = False
    texts: list[str] = field(default_factory=list)
    autosaves: bool = False

    def filled(self, rng: Random) -> Fields:
        """Some answer that the form allows."""
        given: Fields = []
        places = [name for name in self.choices if name.startswith("place-")]
        given += [(name, str(n)) for n, name in enumerate(rng.sample(places, len(places)), 1)]
        for name, values in self.choices.items():
            if name == "answer":
                chosen = rng.sample(values, rng.randint(1, len(values)) if self.several else 1)
                given += [(name, value) for value in chosen]
            elif name.startswith("slot-"):
                given.append((name, rng.choice(values)))
        return given + [(name, f"{rng.choice(WORDS)} {rng.randrange(10_000)}") for name in self.texts]

    def meaning(self, given: Fields) -> Any:
        """The answer that these fields are, as it is to be stored."""
        slots = {name.removeprefix("slot-"): value for name, value in given if name.startswith("slot-")}
        places = {int(value): name.removeprefix("place-") for name, value in given if name.startswith("place-")}
        answers = [value for name, value in given if name == "answer"]
        if slots:
            return slots
        if places:
            return [places[n] for n in sorted(places)]
        return sorted(answers) if self.several else answers[0]

    def body(self, given: Fields) -> bytes:
        """The form as a browser sends it: `end` last."""
        head = [(name, value) for name, value in self.hidden.items() if name != "end"]
        return urlencode([*head, *given, ("end", self.hidden["end"])]).encode()


class Page(HTMLParser):
    """The forms of a page, without the language form and the like at its head."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._select = ""
        self.feed(text)

    def form(self, action: str) -> Form | None:
        """The form that is sent to an address whose end is this."""
        return next((form for form in self.forms if form.action.endswith(action)), None)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(of.get("action", ""), autosaves="data-autosave" in of)
            self.forms.append(self._form)
        elif self._form is not None:
            self._control(self._form, tag, of)

    def _control(self, form: Form, tag: str, of: dict[str, str]) -> None:
        name, kind = of.get("name", ""), of.get("type", "text")
        if tag == "select":
            self._select = name
        elif tag == "option" and of.get("value") != "":
            form.choices[self._select].append(of.get("value") or str(len(form.choices[self._select]) + 1))
        elif tag == "input" and kind == "hidden":
            form.hidden[name] = of.get("value", "")
        elif tag == "input" and kind in ("radio", "checkbox"):
            form.choices[name].append(of.get("value", ""))
            form.several = form.several or kind == "checkbox"
        elif tag == "input" and name.startswith("slot-"):
            form.texts.append(name)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def leads_to(self) -> str:
        return urlsplit(self.headers.get("location", "")).path

    @property
    def fragment(self) -> str:
        return urlsplit(self.headers.get("location", "")).fragment

    @property
    def is_page_of_503(self) -> bool:
        return self.status == 503 and "retry-after" in self.headers and b"</html>" in self.body


# ── what everybody shares ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Storm:
    """How far the kills have come, when the service was down, and what was seen."""

    port: int
    questions: dict[str, Question]
    kills: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    _down: list[list[float]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    late: list[threading.Thread] = field(default_factory=list)

    def falls(self) -> None:
        """Something is about to be killed."""
        with self._lock:
            self._down.append([time.monotonic(), float("inf")])

    def stands(self) -> None:
        """All answers again."""
        with self._lock:
            self._down[-1][1] = time.monotonic()
            self.kills += 1

    def was_down(self, began: float, ended: float) -> bool:
        """Whether anything was down during a request."""
        with self._lock:
            return any(start <= ended and began <= end for start, end in self._down)

    def work(self, answers: int, most: float) -> None:
        """Wait until so many requests were answered, at most so many seconds."""
        until, enough = time.monotonic() + most, self.counts["answers"] + answers
        while time.monotonic() < until and self.counts["answers"] < enough:
            time.sleep(0.01)

    def count(self, what: str) -> None:
        with self._lock:
            self.counts[what] += 1

    def fault(self, said: str) -> None:
        with self._lock:
            self.faults.append(said)

    def judge(self, asked: str, answer: Answer, began: float) -> None:
        """Count what came back, and note what never may."""
        self.count("answers")
        if answer.status < 500:
            return
        down = self.was_down(began, time.monotonic())
        if answer.is_page_of_503:
            self.count("503 with its page")
            if not down:
                self.count("503 with its page, outside kills")
            return
        self.count("5xx inside kills" if down else "5xx outside kills")
        self.fault(f"{asked}: {answer.status} {'inside' if down else 'outside'} kills: {answer.body[:120]!r}")


# ── a browser on a bad line ────────────────────────────────────────────────────────────────────────────────────────


class Browser:
    """Cookies, an address of its own, and requests that may get lost."""

    def __init__(self, storm: Storm, number: int) -> None:
        self.storm = storm
        self.cookies: dict[str, str] = {}
        self.address = f"10.0.{number // 250}.{number % 250 + 1}"
        self.page_before = "/"

    def _headers(self, form: bool = False, fetch: bool = False) -> dict[str, str]:
        host = f"127.0.0.1:{self.storm.port}"
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "X-Forwarded-For": self.address,
            "X-Forwarded-Host": host,
            "Accept-Language": "en",
            "Referer": f"http://{host}{self.page_before}",
        }
        if form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if fetch:
            headers["X-Requested-With"] = "fetch"
        return headers

    def ask(self, method: str, path: str, body: bytes = b"", fetch: bool = False) -> Answer | None:
        """One request; None where no answer came."""
        began = time.monotonic()
        line = HTTPConnection("127.0.0.1", self.storm.port, timeout=30)
        try:
            line.request(method, path, body or None, self._headers(bool(body), fetch))
            raw = line.getresponse()
            answer = Answer(raw.status, {name.lower(): value for name, value in raw.getheaders()}, raw.read())
        except TimeoutError:
            if not self.storm.was_down(began, time.monotonic()):
                self.storm.fault(f"{method} {path}: no answer within 30 seconds")
            return None
        except (OSError, HTTPException):
            if not self.storm.was_down(began, time.monotonic()):
                self.storm.count("broken lines outside kills")
            return None
        finally:
            line.close()
        for name, value in raw.getheaders():
            if name.lower() == "set-cookie":
                key, _is, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        self.storm.judge(f"{method} {path}", answer, began)
        return answer

    def insist(self, method: str, path: str, body: bytes = b"", fetch: bool = False) -> Answer:
        """The same, again and again until there is an answer other than "wait"."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            answer = self.ask(method, path, body, fetch)
            if answer is not None and answer.status < 500:
                return answer
            time.sleep(0.2)
        raise Stuck(f"{method} {path}")

    def open(self, path: str) -> Page | None:
        """A page; None where it leads on to another."""
        answer = self.insist("GET", path)
        if answer.status in (302, 303):
            return None
        if answer.status != 200:
            raise Stuck(f"GET {path}: {answer.status}")
        self.page_before = path
        return Page(answer.text)

    def cut_off(self, path: str, body: bytes, missing: int, fetch: bool) -> None:
        """A form whose last bytes get lost."""
        head, _whole = self.letter(path, body, fetch)
        with suppress(OSError), create_connection(("127.0.0.1", self.storm.port), timeout=10) as line:
            line.sendall(head + body[:-missing])
            time.sleep(0.02)

    def letter(self, path: str, body: bytes, fetch: bool = False) -> tuple[bytes, bytes]:
        """A form as bytes: its head and its body."""
        headers = {"Host": f"127.0.0.1:{self.storm.port}", **self._headers(True, fetch), "Content-Length": len(body)}
        lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode(), body

    def unheard(self, path: str, body: bytes, fetch: bool) -> None:
        """A whole form whose answer gets lost."""
        with suppress(OSError), create_connection(("127.0.0.1", self.storm.port), timeout=10) as line:
            line.sendall(b"".join(self.letter(path, body, fetch)))
            time.sleep(0.05)


# ── the ledger ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Given:
    """An answer as it was sent. `fate`: "unknown", "acknowledged", "refused", or "cut" where its end never left."""

    meaning: Any
    fate: str = "unknown"


@dataclass
class Ledger:
    """What a trainee gave and was told, by what it was for, in the order in which it was given."""

    answers: dict[tuple[str, str], list[Given]] = field(default_factory=lambda: defaultdict(list))
    attempts: list[str] = field(default_factory=list)
    submitted: list[str] = field(default_factory=list)
    abandoned: list[str] = field(default_factory=list)
    lessons: list[str] = field(default_factory=list)
    passed: bool = False
    certificate: bytes = b""

    def given(self, key: tuple[str, str], meaning: Any) -> Given:
        """Note an answer before it is sent."""
        entry = Given(meaning)
        self.answers[key].append(entry)
        return entry

    def allowed(self, key: tuple[str, str]) -> list[Any]:
        """What may be stored: the last answer that was acknowledged, or one that was given later and is not known to
        have been refused."""
        entries = self.answers[key]
        last = max((n for n, entry in enumerate(entries) if entry.fate == "acknowledged"), default=-1)
        later = [entry.meaning for entry in entries[last + 1 :] if entry.fate == "unknown"]
        return [entries[last].meaning if last >= 0 else None, *later]


# ── a trainee ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Trainee(threading.Thread):
    """Takes the course `basics` while all around is killed. `begins` and `submits`: after how many kills."""

    def __init__(self, storm: Storm, number: int, seed: int, begins: int, submits: int) -> None:
        super().__init__(daemon=True)
        self.storm, self.number, self.begins, self.submits = storm, number, begins, submits
        self.rng = Random(f"{seed}/{number}")
        self.browser = Browser(storm, number)
        self.ledger = Ledger()
        self.scripted = number % 3 != 0
        self.walks_away = number % 10 == 4
        self.diligence = self.rng.choice([0.6, 0.95, 1.0, 1.0])
        self.stuck = ""

    @property
    def email(self) -> str:
        return f"storm-{self.number}@example.org"

    def run(self) -> None:
        try:
            self._await(self.begins)
            self._sign_in()
            self._press(f"/courses/{COURSE}", f"/courses/{COURSE}/enrol")
            for lesson in LESSONS:
                self._lesson(lesson)
            for _try in range(3):
                if self._attempt():
                    break
            if self.ledger.passed:
                self._certificate()
        except Exception as error:  # a thread has nobody else to tell
            self.stuck = f"trainee {self.number}: {type(error).__name__}: {error}"

    def _await(self, kills: int) -> None:
        while self.storm.kills < kills:
            time.sleep(0.05)

    def _think(self) -> None:
        time.sleep(self.rng.uniform(0.02, 0.25))

    def _sign_in(self) -> None:
        page = self.browser.open("/sign-in")
        assert page
        form = page.form("/sign-in")
        assert form
        body = urlencode({**form.hidden, "email": self.email, "password": PASSWORD}).encode()
        answer = self.browser.insist("POST", "/sign-in", body)
        if answer.status != 303:
            raise Stuck(f"sign-in: {answer.status}")

    # ── forms without an answer ───────────────────────────────────────────────────────────────────────────────────

    def _press(self, page_path: str, action: str) -> Answer | None:
        """Press the button that is sent to `action`, twice perhaps; None where the page has no such button."""
        self._think()
        page = self.browser.open(page_path)
        form = page.form(action) if page else None
        if form is None:
            return None
        body = urlencode(form.hidden).encode()
        if (luck := self.rng.random()) < 0.15:
            self.storm.count("cut off")
            self.browser.cut_off(action, body, self.rng.randint(1, 9), False)
        elif luck < 0.3:
            self.storm.count("repeated after a lost answer")
            self.browser.unheard(action, body, False)
        elif luck < 0.55:
            self.storm.count("doubled")
            self._later(0.0, action, body, False, None)
        answer = self.browser.insist("POST", action, body)
        if answer.status not in (302, 303):
            raise Stuck(f"POST {action}: {answer.status} {answer.text[:200]}")
        return answer

    def _later(self, delay: float, path: str, body: bytes, fetch: bool, entry: Given | None) -> None:
        """Let a form arrive later, on a connection of its own; what is told then is noted."""
        own = Browser(self.storm, self.number)
        own.cookies, own.page_before = dict(self.browser.cookies), self.browser.page_before

        def send() -> None:
            time.sleep(delay)
            answer = own.ask("POST", path, body, fetch)
            if entry is not None and answer is not None and answer.status < 500:
                entry.fate = "acknowledged" if self._saved(path, answer, fetch) else "refused"

        thread = threading.Thread(target=send, daemon=True)
        self.storm.late.append(thread)
        thread.start()

    # ── lessons ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _lesson(self, lesson: str) -> None:
        path = f"/courses/{COURSE}/lessons/{lesson}"
        page = self.browser.open(path)
        assert page
        for form in [form for form in page.forms if "/checks/" in form.action]:
            given = form.filled(self.rng)
            self._press_answer(form, given, ("check", form.action.rsplit("/", 1)[1]), [])
        answer = self._press(path, f"{path}/finish")
        if answer is None or answer.fragment == "open-checks":
            raise Stuck(f"{lesson} can't be finished")
        self.ledger.lessons.append(lesson)

    # ── attempts ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _attempt(self) -> bool:
        """Go through the quiz once; whether that is the end of it."""
        start = f"/courses/{COURSE}/quizzes/final"
        answer = self._press(start, f"{start}/attempts")
        if answer is None:
            raise Stuck("no attempt can be begun")
        attempt = answer.leads_to.split("/")[2]
        if attempt in self.ledger.attempts:
            raise Stuck("an attempt that was submitted is begun again")
        self.ledger.attempts.append(attempt)
        for number in range(1, 7):
            self._question(attempt, number)
        while self.storm.kills < self.submits:
            time.sleep(self.rng.uniform(0.0, 0.6))
            self._question(attempt, self.rng.randint(1, 6))
        if self.walks_away:
            self.ledger.abandoned.append(attempt)
            return True
        self._submit(attempt)
        result = self.browser.insist("GET", f"/attempts/{attempt}/result").text
        self.ledger.passed = "You have completed this course." in result
        return self.ledger.passed

    def _submit(self, attempt: str) -> None:
        action = f"/attempts/{attempt}/submit"
        for _again in range(5):
            answer = self._press(f"/attempts/{attempt}/overview", action)
            if answer is None or answer.leads_to == f"/attempts/{attempt}/result":
                self.ledger.submitted.append(attempt)
                return
        raise Stuck(f"{attempt} can't be submitted")

    def _question(self, attempt: str, number: int) -> None:
        """Open a question, change the answer some times, and press a button."""
        self._think()
        path = f"/attempts/{attempt}/questions/{number}"
        page = self.browser.open(path)
        form = page.form(path) if page else None
        if page is None or form is None:
            raise Stuck(f"{path} shows no form")
        question = next(each for stem, each in self.storm.questions.items() if stem in page.text)
        key = (attempt, question.id)
        counted: Fields = []
        if form.autosaves and self.scripted:
            counted = [("tab", f"{self.rng.getrandbits(64):016x}"), ("sequence", "0")]
            for _ in range(self.rng.randint(0, 3)):
                self._autosave(form, key, counted)
                time.sleep(self.rng.uniform(0.0, 0.1))
        given = self._right(question) if self.rng.random() < self.diligence else form.filled(self.rng)
        self._press_answer(form, given, key, counted)

    def _right(self, question: Question) -> Fields:
        from .journey import key

        found: Fields = []
        for name, value in key(question).items():
            found += [(name, str(each)) for each in value] if isinstance(value, list) else [(name, str(value))]
        return found

    def _body(self, form: Form, given: Fields, counted: Fields, go: str = "") -> bytes:
        """The form as a browser sends it: `end` last."""
        if counted:
            counted[1] = ("sequence", str(int(counted[1][1]) + 1))
        press = [("go", go)] if go else []
        return form.body([*given, *press, *counted])

    def _autosave(self, form: Form, key: tuple[str, str], counted: Fields) -> None:
        """What the script does, over a line that may cut off, double, delay or swallow the request."""
        given = form.filled(self.rng)
        body, path = self._body(form, given, counted), form.action
        entry = self.ledger.given(key, form.meaning(given))
        if (luck := self.rng.random()) < 0.15:
            self.storm.count("cut off")
            entry.fate = "cut"
            self.browser.cut_off(path, body, self.rng.randint(1, len(body) // 2), True)
            return
        if luck < 0.35:
            self.storm.count("delayed")
            self._later(self.rng.uniform(0.05, 1.5), path, body, True, entry)
            return
        if luck < 0.45:
            self.storm.count("doubled")
            self._later(0.0, path, body, True, None)
        elif luck < 0.55:
            self.storm.count("repeated after a lost answer")
            self.browser.unheard(path, body, True)
        answer = self.browser.insist("POST", path, body, True)
        if self._saved(path, answer, True):
            entry.fate = "acknowledged"
            form.hidden["version"] = json.loads(answer.body)["version"]
        elif answer.status == 409:
            entry.fate = "refused"
            self.storm.count("409 to a script")
        else:
            raise Stuck(f"POST {path} by a script: {answer.status} {answer.text[:200]}")

    def _press_answer(self, form: Form, given: Fields, key: tuple[str, str], counted: Fields) -> None:
        """Press the button under an answer, until it is saved."""
        for _again in range(8):
            body, path = self._body(form, given, counted, "overview" if key[0] != "check" else ""), form.action
            entry = self.ledger.given(key, form.meaning(given))
            luck = self.rng.random()
            if luck < 0.1:
                self.storm.count("cut off")
                self.browser.cut_off(path, body, self.rng.randint(1, len(body) // 2), False)
            elif luck < 0.2:
                self.storm.count("delayed")
                self._later(self.rng.uniform(0.05, 1.0), path, body, False, entry)
                given = form.filled(self.rng) if luck < 0.15 else given
                continue  # pressed once more, perhaps with another answer
            elif luck < 0.3:
                self.storm.count("doubled")
                self._later(0.0, path, body, False, None)
            elif luck < 0.4:
                self.storm.count("repeated after a lost answer")
                self.browser.unheard(path, body, False)
            answer = self.browser.insist("POST", path, body)
            if self._saved(path, answer, False):
                entry.fate = "acknowledged"
                return
            entry.fate = "refused"
            form, counted = self._both_shown(path, answer), []
        raise Stuck(f"{form.action} is never saved")

    def _both_shown(self, path: str, answer: Answer) -> Form:
        """The form of the page that shows the stored answer and the one just given."""
        shown = Page(answer.text).form(path) if answer.status == 409 else None
        if shown is None:
            raise Stuck(f"POST {path}: {answer.status} {answer.leads_to}")
        self.storm.count("409 with both answers")
        return shown

    @staticmethod
    def _saved(path: str, answer: Answer, fetch: bool) -> bool:
        """Whether what came back says that the answer is saved. A refusal leads back to the page before."""
        if fetch:
            return answer.status == 200
        if "/checks/" in path:
            return answer.status == 303 and answer.fragment == f"check-{path.rsplit('/', 1)[1]}"
        return answer.status == 303 and answer.leads_to.endswith("/overview")

    def _certificate(self) -> None:
        page = self.browser.open(f"/courses/{COURSE}")
        found = re.search(r"/certificates/[0-9a-f-]+\.pdf", page.text if page else "")
        if found is None:
            raise Stuck("completed, and no certificate is offered")
        self.ledger.certificate = self.browser.insist("GET", found[0]).body
