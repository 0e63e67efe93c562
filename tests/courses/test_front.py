"""The quick way to read front matter finds what the thorough one does, or leaves it to that one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses import front, schema
from courses.facts import Fact
from courses.source import front_matter
from courses.text import Text

ROOT = Path(__file__).parent.parent.parent
LESSONS = sorted(path for folder in ("content", "tests/books/_base") for path in (ROOT / folder).glob("*/lessons/*.md"))
VALUES = st.one_of(
    st.sampled_from(["[]", "[one, two]", "[one,two]", "[ one]", "25", "0", "600", "601", "'x'", "~", "null", ""]),
    st.text(st.sampled_from("až1 .,:;#'\"-?!&*%[]{}()|>@`_…\t\\"), max_size=12),
    st.text(max_size=8),
)
LINES = st.lists(
    st.tuples(st.sampled_from(["title", "objectives", "minutes", "x"]), st.sampled_from([": ", ":", " : "]), VALUES)
    .map("".join)
    .map(lambda line: line.replace("\r", "")),
    max_size=4,
)


def thorough(source: Text) -> front.Front | None:
    document, end, problems = front_matter(source)
    assert document
    keys = schema.validate(document, schema.FrontMatter)
    if not keys or document.problems or problems:
        return None
    places = [document.place(("objectives", place)) for place in range(len(keys.objectives))]
    facts = [Fact("objective", name, *place) for name, place in zip(keys.objectives, places, strict=True)]
    return front.Front(keys.title, facts, keys.minutes, end)


@given(LINES)
def test_what_is_taken_is_taken_rightly(lines: list[str]) -> None:
    source = Text("a.md", "\n".join(["---", *lines, "---", "text"]))
    quick = front.read(source)
    assert quick is None or quick == thorough(source)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_real_lessons_go_the_quick_way(path: Path) -> None:
    source = Text("a.md", path.read_text("utf-8"))
    quick = front.read(source)
    assert quick is not None
    assert quick == thorough(source)
