"""The preview without a browser: pages of every text, right or broken, and nothing of the application behind them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path
from urllib.parse import urljoin

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from courses.build import check
from courses.translate.sheets import sheet
from courses.translate.writing import written
from lms.cli.preview import preview
from lms.preview import create_app
from lms.preview.desk import Desk
from lms.preview.eyes import Eyes
from tests.courses.books import BASE, NAMES, SCENARIO, edit, lay

ROOT = Path(__file__).parent.parent.parent
REAL = ROOT / "content"
EYES = "/elsewhere.en"
FIRST = "paths/lessons/first.md"
BANK = "paths/questions/bank.yaml"


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A small course without a mistake."""
    return lay(BASE.name, tmp_path / "content")


@pytest.fixture(scope="module")
def one_app() -> Flask:
    """An application whose desk is changed from test to test, since each application reads its templates anew."""
    return app_of(BASE)


def app_of(content: Path, *only: str) -> Flask:
    app = create_app(Desk(content, only), Eyes())
    app.testing = True
    return app


def visitor(content: Path, *only: str) -> FlaskClient:
    return app_of(content, *only).test_client()


def page(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, path
    return answer.text


def text(html: str) -> str:
    """What stands on the page in words, without tags."""
    return " ".join(unescape(re.sub("<[^>]*>", " ", html)).split())


def pages_of(desk: Desk) -> list[str]:
    """The addresses of all pages, after the part that says as whom one looks."""
    found = [""]
    for course in desk.now.courses.values():
        found.append(f"/{course.id}")
        for kind, texts in (("lessons", course.lessons), ("banks", course.banks), ("quizzes", course.quizzes)):
            found += [f"/{course.id}/{kind}/{one.id}" for one in texts]
    return found


# ── the pages ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("eyes", ["elsewhere.en", "ME.cnr.with-key"])
def test_every_page_of_the_real_courses(eyes: str) -> None:
    desk = Desk(REAL)
    client, paths = create_app(desk, Eyes()).test_client(), pages_of(desk)
    assert len(paths) > 25
    for path in paths:
        html = page(client, f"/{eyes}{path}")
        assert "data-line" not in html
        links = {link.split("/")[0].split('"')[0] for link in html.partition("<main")[2].split('href="/')[1:]}
        assert links <= {eyes}, "the links of a page lead on with the same eyes"


@pytest.mark.parametrize("name", NAMES)
def test_every_problem_is_shown_on_the_page_it_is_listed_with(name: str, one_app: Flask, tmp_path: Path) -> None:
    content = lay(name, tmp_path / "content")
    desk = one_app.extensions["desk"] = Desk(content)
    client = one_app.test_client()
    index = page(client, EYES)
    for problem in check(content):
        place = f"{problem.file}:{problem.line}:{problem.column}"
        link = re.search(rf'href="([^"#]*)#problem-\w+"><code>{re.escape(problem.file)}</code>', index)
        assert link, f"{problem.file} is not in the list"
        shown = re.findall(r'id="problem-\w+".*?</div></div>', page(client, link[1]), re.DOTALL)
        assert any(place in one and problem.code in one for one in shown), place
    for path in pages_of(desk):
        page(client, EYES + path)


def test_pictures_are_found_from_every_page_that_shows_them(content: Path) -> None:
    for bank in (content / BANK, content / "paths/questions/checks.yaml"):
        bank.write_text(bank.read_text().replace("stem: ", 'stem: "![A plan](media/route.svg)" #'))
    client, shown = visitor(content), 0
    for path in pages_of(Desk(content)):
        pictures = re.findall(r'<img[^>]* src="(\.[^"]+)"', page(client, EYES + path))
        shown += bool(pictures)
        assert {client.get(urljoin(EYES + path, picture), buffered=True).mimetype for picture in pictures} <= {
            "image/svg+xml"
        }, path
    assert shown >= 3  # the lesson, its bank of checks, and the quiz's


def test_a_problem_stands_at_its_block(content: Path) -> None:
    edit(content / FIRST, "In Serbia.", "In Serbia [@no-such-source].\n\nAnd after it.")
    shown = text(page(visitor(content), f"{EYES}/paths/lessons/first"))
    assert shown.index("In Serbia") < shown.index("unknown-source") < shown.index("And after it.")


def test_a_problem_of_a_question_stands_at_its_check(content: Path) -> None:
    edit(content / "paths/questions/checks.yaml", "objective: know", "objective: knwo")
    html = page(visitor(content), f"{EYES}/paths/lessons/first")
    problem, box = html.index("unknown-objective"), html.index("data-check-box")
    assert html.index('class="preview-item"') < problem < box


def test_a_lesson_without_front_matter_is_still_read(content: Path) -> None:
    path = content / FIRST
    path.write_text(path.read_text("utf-8").replace("---\n", "", 1), "utf-8")
    shown = text(page(visitor(content), f"{EYES}/paths/lessons/first"))
    assert "front-matter-missing" in shown
    assert "In Serbia." in shown


def test_a_lesson_whose_front_matter_lacks_a_key_has_the_title_that_stands_there(content: Path) -> None:
    edit(content / FIRST, "minutes: 10\n", "minuts: 10\n")
    html = page(visitor(content), f"{EYES}/paths/lessons/first")
    assert "<h1>The first step" in html
    assert "0 minutes" not in text(html)


def test_a_broken_course_file_still_shows_the_lessons_of_the_folder(content: Path) -> None:
    (content / "paths/course.yaml").write_text("id: [paths\n", "utf-8")
    html = page(visitor(content), f"{EYES}/paths")
    assert "yaml-open-bracket" in html
    assert f'{EYES}/paths/lessons/first"' in html
    assert f'{EYES}/paths/lessons/second"' in html


def test_no_page_and_no_folder_is_an_error(tmp_path: Path) -> None:
    empty = tmp_path / "content"
    empty.mkdir()
    html = page(visitor(empty), EYES)
    assert "file-missing" in html
    assert "No courses in this folder" in html


def test_only_the_courses_asked_for(tmp_path: Path) -> None:
    content = lay(BASE.name, tmp_path / "content")
    shutil.copytree(content / "paths", content / "roads")
    client = visitor(content, "paths")
    page(client, f"{EYES}/paths")
    page(client, f"{EYES}/roads", 404)


def test_the_key_is_shown_to_who_asks_for_it(content: Path) -> None:
    client = visitor(content)
    why = "They come first."
    (content / BANK).write_text((content / BANK).read_text("utf-8") + SCENARIO, "utf-8")
    client = visitor(content)
    assert why not in page(client, f"{EYES}/paths/banks/bank")
    assert why in page(client, f"{EYES}.with-key/paths/banks/bank")


def test_the_country_stands_first_and_open(content: Path) -> None:
    client = visitor(content)
    assert not re.findall(r'<details class="country" open>', page(client, f"{EYES}/paths/lessons/first"))
    shown = re.findall(r'<details class="country" open>\s*<summary>(.*?) <', page(client, "/RS.en/paths/lessons/first"))
    assert shown == ["Serbia"]


def test_a_translated_lesson_is_shown_in_its_language_and_in_either_script() -> None:
    client, path = visitor(REAL, "smuggling-mixed-flows"), "smuggling-mixed-flows/lessons/what-smuggling-is"
    for language, title in (
        ("sr", "Шта кријумчарење јесте"),
        ("sr_Latn", "Šta krijumčarenje jeste"),
        ("en", "What smuggling is"),
        ("mk", "What smuggling is"),
    ):
        html = page(client, f"/RS.{language}/{path}")
        assert f"<h1>{title}" in html
        assert ('<div class="prose" lang="en">' in html) == (language == "mk"), "not translated, and says so"
        assert html.count('class="untranslated-note') == (language == "mk")


def test_a_check_in_another_language_says_so(content: Path) -> None:
    translation = content / "paths/sr/lessons/first.md"
    translation.parent.mkdir(parents=True)
    made = sheet(content, "paths/lessons/first.md", "sr")
    made = made.filled({row.block: ("Први корак", False) for row in made.rows[:1]})
    translation.write_text(written(made), "utf-8")
    html = page(visitor(content), "/RS.sr/paths/lessons/first")
    check = html[html.index("data-check-box") :]
    assert "untranslated-note" in check[: check.index("<form")]
    assert '<legend lang="en">' in check
    answered = visitor(content).post(
        "/RS.sr/paths/lessons/first?check=begin", data={"answer": "here"}, headers={"X-Requested-With": "fetch"}
    )
    assert answered.text.count("untranslated-note") == 1, "once it is answered, too"


def test_the_course_page_names_things_by_their_titles() -> None:
    client = visitor(REAL, "smuggling-mixed-flows")
    for language, title in (("en", "Border police"), ("sr", "Гранична полиција")):
        assert title in text(page(client, f"/RS.{language}/smuggling-mixed-flows"))


# ── trying out ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_answer_is_graded_and_forgotten(content: Path) -> None:
    client = visitor(content)
    path = f"{EYES}/paths/lessons/first"
    right = client.post(f"{path}?check=begin", data={"answer": "here"})
    assert right.status_code == 200
    assert "<h1>" in right.text
    assert text(right.text).count("Your answer: correct") == 1
    fragment = client.post(f"{path}?check=begin", data={"answer": "here"}, headers={"X-Requested-With": "fetch"})
    assert "data-check-heading" in fragment.text
    assert "<h1>" not in fragment.text
    assert "Your answer" not in page(client, path)


def test_a_number_that_cannot_be_read_is_said(content: Path) -> None:
    number = (
        "- {id: how-many, type: number, objective: know, stem: How many?, answer: 3, unit: paths, why: So it is.}\n"
    )
    (content / "paths/questions/numbers.yaml").write_text(number)
    client, path = visitor(content), f"{EYES}/paths/banks/numbers?check=how-many"
    assert "“many” is not a number" in text(client.post(path, data={"answer": "many"}).text)
    assert client.post(path, data={"answer": "many"}, headers={"X-Requested-With": "fetch"}).status_code == 422
    assert "Correct" in text(client.post(path, data={"answer": "3 p."}).text)


def test_no_answer_is_said(content: Path) -> None:
    client = visitor(content)
    path = f"{EYES}/paths/lessons/first"
    assert "?check=begin" in page(client, path)
    assert "Nothing was chosen." in text(client.post(f"{path}?check=begin").text)
    assert client.post(f"{path}?check=begin", headers={"X-Requested-With": "fetch"}).status_code == 422
    assert client.post(f"{path}?check=none", headers={"X-Requested-With": "fetch"}).status_code == 422


def test_a_scenario_is_played_to_its_end_without_a_memory(content: Path) -> None:
    (content / BANK).write_text((content / BANK).read_text("utf-8") + SCENARIO, "utf-8")
    client = visitor(content)
    path = f"{EYES}/paths/banks/bank?check=stop"
    answer = client.post(path, data={"answer": "stay", "choose": "1"})
    assert "Well done." in answer.text
    assert "You came too late." in client.post(path, data={"answer": "follow", "choose": "1"}).text


def test_each_lot_of_a_quiz_is_another_and_stays_the_same() -> None:
    client = visitor(REAL, "smuggling-mixed-flows")
    path = f"{EYES}/smuggling-mixed-flows/quizzes/final"

    def drawn(lot: str) -> list[str]:
        return re.findall(r'id="item-([\w-]+)"', page(client, path + lot))

    assert len(set(drawn(""))) == 12
    assert drawn("") == drawn(".1") == drawn(".nonsense")
    assert drawn(".2") != drawn("")


# ── what it keeps to itself ────────────────────────────────────────────────────────────────────────────────────────


def test_it_answers_under_this_computers_names_alone(content: Path) -> None:
    client = visitor(content)
    for host in ("127.0.0.1:8100", "localhost:8100"):
        assert client.get(EYES, headers={"Host": host}).status_code == 200
    for host in ("attacker.example", "127.0.0.1.attacker.example", "10.0.0.7:8100"):
        for path in (EYES, "/static/staza.css", "/-/events"):
            assert client.get(path, headers={"Host": host}).status_code == 400


HOSTILE = [
    "/..",
    "/x.y",
    "/RS.xx",
    "/RS.en.key",
    "/%00",
    f"{EYES}/..",
    f"{EYES}/../content",
    f"{EYES}/paths/../..",
    f"{EYES}/paths/lessons/..%2f..%2fcourse",
    f"{EYES}/paths/lessons/%2e%2e",
    f"{EYES}/paths/media/course.yaml",
    f"{EYES}/paths/media/..%2fcourse.yaml",
    f"{EYES}/paths/media/%2fetc%2fpasswd",
    f"{EYES}/paths/quizzes/none.7",
    f"{EYES}/paths/quizzes/.",
    f"{EYES}/{'x' * 3000}",
    "/static/../pyproject.toml",
    "/static/%2e%2e/pyproject.toml",
]


@pytest.mark.parametrize("path", HOSTILE)
def test_what_is_not_is_not_found(path: str, content: Path) -> None:
    answer = visitor(content).get(path)
    assert answer.status_code == 404
    assert "Traceback" not in answer.text


def test_a_link_out_of_the_folder_is_not_followed(content: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("very secret", "utf-8")
    (content / "paths/lessons/third.md").symlink_to(tmp_path / "secret.md")
    client = visitor(content)
    html = page(client, f"{EYES}/paths")
    assert "path-leaves-course" in html
    assert "very secret" not in html
    page(client, f"{EYES}/paths/lessons/third", 404)


def test_pages_carry_the_headers_of_the_application(content: Path) -> None:
    answer = visitor(content).get(f"{EYES}/paths/lessons/first")
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert not re.search(r"<script(?![^>]* src=)|<style| style=| on\w+=", answer.text)


def test_a_page_that_did_not_change_is_not_sent_again(content: Path) -> None:
    app = app_of(content)
    desk: Desk = app.extensions["desk"]
    client, path = app.test_client(), f"{EYES}/paths/lessons/first"
    print = {"If-None-Match": client.get(path).headers["ETag"]}
    assert client.get(path, headers=print).status_code == 304
    version = desk.now.version
    desk.refresh()
    assert desk.now.version == version, "nothing changed"
    edit(content / "paths/lessons/second.md", "title: ", "title: Another ")
    desk.refresh()
    assert desk.now.version == version + 1
    edit(content / FIRST, "In Serbia.", "In Serbia, too.")
    desk.refresh()
    assert client.get(path, headers=print).status_code == 200


WITHOUT = """
import sys
from pathlib import Path
import lms.cli.preview
from lms.preview import create_app, live
from lms.preview.desk import Desk
from lms.preview.eyes import Eyes
client = create_app(Desk(Path("content"), (sys.argv[1],)), Eyes("RS", "sr", True)).test_client()
for path in sys.argv[2:]:
    assert client.get("/RS.sr.with-key" + path).status_code == 200, path
    client.post("/RS.sr.with-key" + path + "?check=benefit", data={"answer": "benefit"})
packages = {name.split(".")[0] for name in sys.modules}
print(sorted(packages & {"sqlalchemy", "alembic", "flask_login", "flask_sqlalchemy"}))
print(sorted({"lms.db", "lms.config", "lms.records", "lms.learning"} & set(sys.modules)))
"""


def test_no_database_is_needed(tmp_path: Path) -> None:
    course = "smuggling-mixed-flows"
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, course, *pages_of(Desk(REAL, (course,)))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "", "STAZA_INSTANCE": str(tmp_path / "none"), "DATABASE_URL": "nonsense"},
    )
    assert done.stdout == "['flask_login']\n[]\n"
    assert not (tmp_path / "none").exists()


# ── the command ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["pahts"], "Did you mean paths?"),
        (["--as", "SE"], "'SE' is none of RS"),
        (["--locale", "sv"], "'sv' is none of en"),
        (["--port", "0"], "--port"),
    ],
)
def test_what_cannot_be_shown_is_said_in_a_sentence(arguments: list[str], said: str, content: Path) -> None:
    result = CliRunner().invoke(preview, [*arguments, "--content", str(content)])
    assert result.exit_code == 2
    assert said in result.output
