"""`staza diff` and `staza publish`, as an author types them where there is no database."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from courses.artefact import Store, canonical
from lms.cli.commits import commit_of
from lms.cli.content import check
from lms.cli.releases import diff, publish, publish_first, withdraw

from .books import BASE, edit, lay

ROOT = Path(__file__).parent.parent.parent


class Desk:
    """A content folder under git, and the store it is published into."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.content, self.store = folder, folder / "content", Store(folder / "artefacts")
        lay(BASE.name, self.content)
        self.git("init", "--quiet")
        self.git("config", "user.name", "Ana Trener")
        self.git("config", "user.email", "ana@example.org")
        self.commit()

    def git(self, *words: str) -> str:
        """What git says in the content folder."""
        done = subprocess.run(["git", *words], cwd=self.content, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self) -> str:
        """Commit everything; the commit."""
        self.git("add", ".")
        self.git("commit", "--quiet", "--message", "A change")
        return self.git("rev-parse", "HEAD")

    def edit(self, old: str, new: str, name: str = "course.yaml") -> str:
        """Change what stands once in a file, and commit it."""
        edit(self.content / "paths" / name, old, new)
        return self.commit()

    def run(self, command: object, *arguments: str, fails: int = 0) -> str:
        """What the command says; it must end with this code."""
        options = ("--content", str(self.content), "--artefacts", str(self.store.root))
        environment = {"STAZA_INSTANCE": str(self.folder / "none"), "DATABASE_URL": None}
        result: Result = CliRunner(env=environment).invoke(command, [*arguments, *options])  # type: ignore[call-overload]
        assert result.exit_code == fails, result.output
        return result.output


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


RAISED = ("final: 80%", "final: 85%")
REKEYED = ("answer: false", "answer: true", "questions/bank.yaml")
REWORDED = ("title: A course", "title: The course")


def test_a_release_keeps_commit_author_class_and_note(desk: Desk) -> None:
    first = desk.git("rev-parse", "HEAD")
    assert "published" in desk.run(publish)
    second = desk.edit(*REKEYED)
    shown = desk.run(publish, "paths", "--note", "It bends", "--author", "Mira")
    assert "regrade   question changed: straight" in shown
    one, two = desk.store.history("paths")
    assert (one.commit, one.author, one.kind, one.note) == (first, "Ana Trener", "cosmetic", "")
    assert (two.commit, two.author, two.kind, two.note) == (second, "Mira", "regrade", "It bends")
    assert desk.store.releases()["paths"] == two


def test_what_did_not_change_is_not_released_again(desk: Desk) -> None:
    desk.run(publish)
    assert "there is no new one to keep the note with." in desk.run(publish, "--note", "Once more")
    assert "name the course" in desk.run(publish, "--refresher")
    assert len(desk.store.history("paths")) == 1


def test_only_what_never_was_released_is_released_unasked(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    publish_first(desk.content, desk.store)
    (first,) = desk.store.history("paths")
    assert first.author == "Ana Trener"
    desk.edit(*REWORDED)
    desk.run(publish)
    desk.run(publish, "paths", "--back")
    capsys.readouterr()
    publish_first(desk.content, desk.store)
    assert "staza publish paths" in capsys.readouterr().out
    assert desk.store.releases()["paths"].revision == first.revision, "what was withdrawn stays so"
    assert len(desk.store.history("paths")) == 3


REQUIRED_NO_MORE = {
    "lesson": ("lessons: all", "lessons: [first]"),
    "quiz": ("\n  quizzes: {final: 80%}", ""),
}


@pytest.mark.parametrize("what", [*REQUIRED_NO_MORE, "wording"])
def test_on_a_terminal_it_asks_before_something_required_goes(desk: Desk, what: str) -> None:
    desk.run(publish)
    desk.edit(*REQUIRED_NO_MORE.get(what, REWORDED))
    ours, its = pty.openpty()
    os.write(ours, b"n\n")
    command = [sys.executable, "-m", "lms.cli", "publish", "--content", "content", "--artefacts", "artefacts"]
    done = subprocess.run(
        command,
        cwd=desk.folder,
        stdin=its,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "STAZA_INSTANCE": "none"},
    )
    os.close(ours)
    os.close(its)
    asked = what in REQUIRED_NO_MORE
    assert ("Publish?" in done.stdout, f"rules     {what} changed" in done.stdout) == (asked, asked), done
    assert len(desk.store.history("paths")) == (1 if asked else 2)


def test_what_is_cited_or_shown_no_more_is_said_in_words(desk: Desk) -> None:
    desk.run(publish)
    desk.edit("; @convention]", "]", "lessons/first.md")
    desk.edit("![A route from left to right](media/route.svg)", "A route.", "lessons/first.md")
    said = desk.run(diff, "paths")
    assert "other pictures\n" in said
    assert "source cited no more: convention" in said


def test_the_lessons_counted_are_those_that_people_see(desk: Desk) -> None:
    assert "2 lessons" in desk.run(publish)
    desk.edit("lessons: [first, second]", "lessons: [first]")
    desk.edit("See [the second lesson](lesson:second#where-it-ends), and", "See", "lessons/first.md")
    assert "1 lesson," in desk.run(publish)


def write(name: str, text: str) -> Callable[[Desk], object]:
    """Write a file of the content folder, and do not commit it."""
    return lambda desk: (desk.content / name).write_text(text, "utf-8")


def ignored(desk: Desk) -> None:
    """A lesson that git does not look at, though the course has it."""
    (desk.content / ".gitignore").write_text("second.md")
    desk.git("rm", "--quiet", "--cached", "paths/lessons/second.md")
    desk.commit()


def assumed_unchanged(desk: Desk) -> None:
    """A lesson that git was told to keep silent about."""
    desk.git("update-index", "--assume-unchanged", "paths/course.yaml")
    edit(desk.content / "paths/course.yaml", *REWORDED)


def grow(name: str) -> Callable[[Desk], object]:
    """Add a line to a file of the content folder, and do not commit it."""
    return lambda desk: write(name, (desk.content / name).read_text("utf-8") + "\n# a remark\n")(desk)


UNCOMMITTED: dict[str, Callable[[Desk], object]] = {
    "course": lambda desk: edit(desk.content / "paths/course.yaml", *REWORDED),
    "sources": grow("sources.yaml"),
    "programme": grow("programme.yaml"),
    "a first glossary": write("glossary.yaml", "- {id: route, term: route, text: A way that people take.}\n"),
    "a translated glossary": write("sr/glossary.yaml", "[]\n"),
    "a medium": lambda desk: edit(desk.content / "paths/media/route.svg", "<svg", "<!-- new --><svg"),
    "a file that is gone": lambda desk: desk.git("mv", "paths/quizzes/final.yaml", "paths/quizzes/other.yaml"),
    "a file that git ignores": ignored,
    "a file said to be unchanged": assumed_unchanged,
}


@pytest.mark.parametrize("what", UNCOMMITTED)
def test_text_that_is_not_committed_has_no_commit(desk: Desk, what: str) -> None:
    (desk.content / "sr").mkdir(exist_ok=True)
    UNCOMMITTED[what](desk)
    commit, why_not = commit_of(desk.content, "paths")
    assert commit == ""
    assert "is not committed as it is now" in why_not


def test_the_content_may_be_a_folder_of_a_repository(desk: Desk) -> None:
    below = desk.content / "texts"
    below.mkdir()
    for path in list(desk.content.iterdir()):
        if path.name not in (".git", "texts"):
            path.rename(below / path.name)
    head = desk.commit()
    assert commit_of(below, "paths") == (head, "")
    edit(below / "paths/course.yaml", *REWORDED)
    assert commit_of(below, "paths")[0] == ""


def test_a_release_says_why_it_keeps_no_commit(desk: Desk) -> None:
    edit(desk.content / "paths/course.yaml", *REWORDED)
    assert "paths/course.yaml is not committed" in desk.run(publish)
    assert desk.store.releases()["paths"].commit == ""


def test_what_no_course_is_made_of_takes_no_commit_away(desk: Desk) -> None:
    head = desk.git("rev-parse", "HEAD")
    (desk.content / "README.md").write_text("Read me.")
    (desk.content / "other" / "lessons").mkdir(parents=True)
    (desk.content / "other" / "lessons" / "one.md").write_text("Another course's.")
    assert commit_of(desk.content, "paths") == (head, "")


@pytest.mark.parametrize(("git", "why_not"), [(True, "there is no commit yet"), (False, "the folder is not in git")])
def test_a_release_before_the_first_commit_says_so(desk: Desk, git: bool, why_not: str) -> None:
    shutil.rmtree(desk.content / ".git")
    if git:
        desk.git("init", "--quiet")
    assert f"paths: no commit is recorded with the release: {why_not}." in desk.run(publish)
    assert desk.store.releases()["paths"].commit == ""


def test_one_command_goes_back(desk: Desk) -> None:
    desk.run(publish)
    desk.edit(*RAISED)
    desk.run(publish, "--refresher")
    desk.edit(*REWORDED)
    desk.run(publish)
    one, two, _three = desk.store.history("paths")
    assert two.revision[:12] in desk.run(publish, "paths", "--back")
    assert desk.store.releases()["paths"].note == f"Back to {two.revision[:12]}", (
        "no day, which is another one elsewhere"
    )
    desk.run(publish, "paths", "--back", "--note", "It was too much")
    now = desk.store.releases()["paths"]
    assert (now.revision, now.commit, now.back, now.note) == (one.revision, one.commit, True, "It was too much")
    assert len(desk.store.history("paths")) == 5
    assert "no release of paths to go back to" in desk.run(publish, "paths", "--back", fails=1)
    assert "Name the course" in desk.run(publish, "--back", fails=2)
    desk.run(publish)
    assert desk.store.releases()["paths"].revision not in (one.revision, two.revision), "forward is to publish the text"


def test_a_class_is_raised_freely_and_lowered_with_a_note(desk: Desk) -> None:
    desk.run(publish)
    desk.edit(*RAISED)
    assert "say why with --note" in desk.run(publish, "--class", "cosmetic", fails=2)
    assert len(desk.store.history("paths")) == 1
    desk.run(publish, "--class", "cosmetic", "--note", "Everybody was above it")
    desk.edit(*REWORDED)
    desk.run(publish, "--class", "retrain")
    assert [release.kind for release in desk.store.history("paths")] == ["cosmetic", "cosmetic", "retrain"]


def test_a_refresher_names_lessons_and_needs_its_class(desk: Desk) -> None:
    desk.run(publish, "--refresher")
    desk.edit(*REWORDED)
    assert "needs --class retrain" in desk.run(publish, "--refresher", fails=2)
    assert "add --refresher" in desk.run(publish, "--class", "retrain", "--lesson", "second", fails=2)
    assert "has no lesson third" in desk.run(publish, "--refresher", "--class", "retrain", "--lesson", "third", fails=2)
    desk.run(publish, "--refresher", "--class", "retrain", "--lesson", "second")
    first, second = desk.store.history("paths")
    assert (first.refresher, first.lessons) == (False, ()), "nobody can have completed it before"
    assert (second.refresher, second.lessons) == (True, ("second",))


def test_a_refresher_is_asked_for_after_the_release(desk: Desk) -> None:
    desk.run(publish)
    desk.edit(*RAISED)
    desk.run(publish)
    assert "add --refresher" in desk.run(publish, "paths", "--lesson", "third", fails=2)
    assert "has no lesson third" in desk.run(publish, "paths", "--refresher", "--lesson", "third", fails=2)
    said = desk.run(publish, "paths", "--refresher", "--note", "A new mark")
    assert "paths: retrain. The text is the one that people see" in said
    assert "quiz changed: final" in said
    _first, second, third = desk.store.history("paths")
    assert (third.revision, third.kind, third.refresher, third.note) == (second.revision, "retrain", True, "A new mark")
    assert third.lessons == ("first", "second")
    desk.run(publish, "paths", "--refresher", "--lesson", "second")
    assert desk.store.releases()["paths"].lessons == ("second",)
    desk.run(publish, "paths", "--back")
    assert desk.store.releases()["paths"].revision == second.revision, "only the refresher is taken back"


def test_a_refresher_of_what_changed_nothing_needs_its_class(desk: Desk) -> None:
    desk.run(publish)
    assert "needs --class retrain" in desk.run(publish, "paths", "--refresher", fails=2)
    desk.run(publish, "paths", "--refresher", "--class", "retrain")
    assert desk.store.releases()["paths"].lessons == ("first", "second")


def test_a_course_with_errors_is_not_released(desk: Desk) -> None:
    desk.run(publish)
    desk.edit("lessons: [first, second]", "lessons: [first, secnod]")
    assert "not built" in desk.run(publish, fails=1)
    assert "has errors" in desk.run(diff, "paths", fails=1)
    assert len(desk.store.history("paths")) == 1


def test_diff_compares_the_release_with_the_text(desk: Desk) -> None:
    assert "Nothing of paths has been released yet" in desk.run(diff, "paths", fails=1)
    desk.run(publish)
    assert "Nothing changed" in desk.run(diff, "paths")
    desk.edit(*RAISED)
    assert "completion: [-80-]{+85+}%" in desk.run(diff, "paths")
    assert len(desk.store.history("paths")) == 1


def test_diff_finds_revisions_and_commits_by_their_beginning(desk: Desk) -> None:
    commits = [desk.git("rev-parse", "HEAD")]
    desk.run(publish)
    for change in (REWORDED, REKEYED, RAISED):
        commits.append(desk.edit(*change))
        desk.run(publish, "--note", "A change")
    revisions = [release.revision for release in desk.store.history("paths")]
    shown = desk.run(diff, "paths", commits[1][:10], revisions[2][:8])
    assert "question changed: straight" in shown
    assert "course changed" not in shown
    assert "No revision of paths is called 0000000" in desk.run(diff, "paths", "0000000", fails=1)
    assert revisions[0][:12] in desk.run(diff, "paths", "", fails=1)
    found = json.loads(desk.run(diff, "paths", commits[0], "released", "--format", "json"))
    assert (found["course"], found["kind"], found["effects"]) == ("paths", "retrain", None)
    assert {(change["kind"], change["what"], change["id"]) for change in found["changes"]} == {
        ("retrain", "quiz", "final"),
        ("regrade", "question", "straight"),
        ("cosmetic", "course", "paths"),
    }


def test_a_course_that_does_not_exist(desk: Desk) -> None:
    desk.run(publish)
    assert "Did you mean paths?" in desk.run(diff, "path", fails=2)
    assert "no release of path to go back to" in desk.run(publish, "path", "--back", fails=1)


def test_a_list_of_releases_of_the_first_form_is_read(desk: Desk) -> None:
    desk.run(publish)
    (release,) = desk.store.history("paths")
    old = {"paths": {"revision": release.revision, "commit": "abc", "released_at": "2026-11-01T08:00:00+00:00"}}
    desk.store.write(Path("releases.json"), canonical(old))
    assert [each.commit for each in desk.store.history("paths")] == ["abc"]
    desk.edit(*REWORDED)
    desk.run(publish)
    assert [each.commit == "abc" for each in desk.store.history("paths")] == [True, False]


def test_what_is_cosmetic_is_named(desk: Desk) -> None:
    desk.run(publish)
    desk.edit(*REWORDED)
    desk.edit("; @convention]", "]", "lessons/first.md")
    desk.edit("![A route from left to right](media/route.svg)", "A route.", "lessons/first.md")
    assert "cosmetic  course: paths; lesson: first; source: convention; media\n" in desk.run(publish)


def test_a_file_is_no_course(desk: Desk) -> None:
    assert "always checked with them" in desk.run(diff, "content/programme.yaml", fails=2)


# ── courses that go ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_course_that_was_renamed_is_told(desk: Desk) -> None:
    desk.run(publish)
    (desk.content / "paths").rename(desk.content / "ways")
    edit(desk.content / "ways" / "course.yaml", "id: paths", "id: ways")
    said = " ".join(desk.run(check).split())
    assert "advice course-gone" in said
    assert "The course `paths` was released and its folder is gone." in said
    assert "`ways` has the same title: give that folder back the name `paths`." in said
    assert "staza withdraw paths" in desk.run(publish)


def test_a_course_is_withdrawn_and_offered_again(desk: Desk) -> None:
    desk.run(publish)
    before = desk.store.histories()
    assert "paths is withdrawn." in desk.run(withdraw, "paths", "--note", "Replaced")
    assert desk.store.withdrawn() == {"paths"}
    assert desk.store.histories() == before, "its releases stay, by which people go on"
    assert "withdrawn already" in desk.run(withdraw, "paths")
    desk.edit(*REWORDED)
    desk.run(publish)
    assert desk.store.withdrawn() == {"paths"}, "a correction does not bring it back"
    assert len(desk.store.history("paths")) == 2
    desk.run(publish, "paths", "--back")
    assert desk.store.releases()["paths"].revision == before["paths"][0].revision
    shutil.move(desk.content / "paths", desk.folder / "elsewhere")
    (desk.store.root / "releases.json").unlink()
    assert desk.store.withdrawn() == {"paths"}, "the copy knows it too"
    desk.store.mend_list()
    assert "is offered again" in desk.run(withdraw, "--undo", "paths")
    assert desk.store.withdrawn() == set()
    assert "is not withdrawn" in desk.run(withdraw, "--undo", "paths")
    assert "No course 'nothing' has been released" in desk.run(withdraw, "nothing", fails=1)
