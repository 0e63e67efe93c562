"""`staza translate`, as somebody types it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner, Result

from courses.build import check
from lms.cli.translate import translate

from .books import edit

FIRST = "paths/sr/lessons/first.md"


def staza(content: Path, *arguments: str) -> Result:
    return CliRunner().invoke(translate, [*arguments, "--content", str(content)])


def test_from_the_start_to_what_is_stale(content: Path) -> None:
    assert "Nothing is translated yet" in staza(content, "status").output
    result = staza(content, "start", "sr", "paths")
    assert result.exit_code == 0
    assert f"{content}/{FIRST}: 10 texts, 10 missing, 0 stale\n" in result.output
    assert "final.yaml: 1 text, 1 missing, 0 stale\n" in result.output
    assert check(content) == [], "what is laid down passes the check"
    assert "Nothing to do" in staza(content, "start", "sr", "paths").output
    edit(content / FIRST, "%% In Serbia.\n", "%% In Serbia.\nУ Србији.\n")
    row = json.loads(staza(content, "status", "paths", "sr", "--format", "json").output)[0]
    assert (row["translated"], row["missing"] + row["translated"], row["stale"]) == (1, row["texts"], 0)
    assert "paths" in staza(content, "status").output
    edit(content / "paths/lessons/first.md", "In Serbia.", "In Serbia, too.")
    line = (content / FIRST).read_text("utf-8").split("\n").index("%% In Serbia.")
    assert staza(content, "stale", "sr").output == f"{content}/{FIRST}:{line}: In Serbia, too.\n1 stale.\n"
    told = json.loads(staza(content, "stale", "sr", "paths", "--format", "json").output)
    assert [(one["file"], one["line"], one["text"]) for one in told] == [(FIRST, line, "In Serbia, too.")]
    assert staza(content, "update", "sr", "paths").exit_code == 0
    text = (content / FIRST).read_text("utf-8")
    assert re.search(r":::block [0-9a-f]{8} stale\n%% In Serbia, too.\nУ Србији.\n", text)
    edit(content / FIRST, " stale\n", "\n")
    assert staza(content, "stale", "sr").output == "Nothing is stale.\n"


def test_who_reads_only_the_beginning_gets_no_error(content: Path) -> None:
    more = "".join(f"- {{id: q{n}, type: open, stem: '{n} {'a' * 60}'}}\n" for n in range(3000))  # than a pipe holds
    path = content / "paths/questions/bank.yaml"
    path.write_text(path.read_text("utf-8") + more, "utf-8")
    command = [sys.executable, "-c", "from lms.cli import main; main()", "translate", "missing", "sr", "paths"]
    command += ["--content", str(content)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""


def test_missing_names_the_source_where_nothing_was_begun(content: Path) -> None:
    output = staza(content, "missing", "mk", "shared").output
    assert f"{content}/programme.yaml:1: A programme\n" in output
    assert output.endswith("5 missing.\n")


def test_po_goes_there_and_back(content: Path, tmp_path: Path) -> None:
    file = tmp_path / "paths.po"
    assert staza(content, "start", "mk", "paths").exit_code == 0
    assert staza(content, "export", "mk", "paths", str(file)).exit_code == 0
    before = {path: path.read_bytes() for path in sorted(content.rglob("*")) if path.is_file()}
    assert "Nothing to do" in staza(content, "import", "mk", "paths", str(file)).output
    assert before == {path: path.read_bytes() for path in sorted(content.rglob("*")) if path.is_file()}
    edit(file, 'msgid "In Serbia."\nmsgstr ""', 'msgid "In Serbia."\nmsgstr "Во Србија."')
    assert staza(content, "import", "mk", "paths", str(file)).exit_code == 0
    assert "\nВо Србија.\n" in (content / "paths/mk/lessons/first.md").read_text("utf-8")
    file.write_text("no catalogue", "utf-8")
    assert "no PO file" in staza(content, "import", "mk", "paths", str(file)).output


def test_what_cannot_be_read_is_not_overwritten(content: Path) -> None:
    path = content / "paths/sr/course.yaml"
    path.parent.mkdir()
    path.write_text("title: [", "utf-8")
    result = staza(content, "update", "sr", "paths")
    assert result.exit_code == 1
    assert "paths/sr/course.yaml:1:" in result.output
    assert path.read_text("utf-8") == "title: ["


def test_an_unknown_course_or_language_is_said(content: Path) -> None:
    assert "there is no course 'path'" in staza(content, "start", "sr", "path").output
    assert staza(content, "start", "de", "paths").exit_code == 2


def test_an_import_tells_of_what_was_edited_meanwhile(content: Path, tmp_path: Path) -> None:
    file = tmp_path / "sr.po"
    assert staza(content, "export", "sr", "paths", str(file)).exit_code == 0
    text = file.read_text("utf-8")
    entry = 'msgid "In Serbia."\nmsgstr ""'
    assert entry in text
    file.write_text(text.replace(entry, 'msgid "In Serbia."\nmsgstr "У Србији."'), "utf-8")
    edit(content / "paths/lessons/first.md", "In Serbia.", "In Serbia, too.")
    done = staza(content, "import", "sr", "paths", str(file))
    assert done.exit_code == 1
    assert "Stale: " in done.output
    assert "first.md:20: the source of “In Serbia.” was edited meanwhile." in done.output
    assert "У Србији." in (content / FIRST).read_text("utf-8")
    assert re.search(
        r":::block [0-9a-f]{8} stale\n%% In Serbia, too.\nУ Србији.\n", (content / FIRST).read_text("utf-8")
    )
