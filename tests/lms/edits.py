"""What a trainer does to the text of a course between two clicks of a trainee, at random."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import yaml

from .conftest import CONTENT

BANKS = ("bank", "checks")


@dataclass
class Script:
    """The text of the course `basics` as values, and what a trainer may do to it; the text stays one that compiles."""

    course: dict[str, Any]
    quiz: dict[str, Any]
    banks: dict[str, list[dict[str, Any]]]
    lessons: dict[str, str]
    made: int = 0

    @classmethod
    def read(cls) -> Script:
        """The text as it is in the tests' content."""
        folder = CONTENT / "basics"
        course, quiz, *banks = (
            yaml.safe_load((folder / name).read_text("utf-8"))
            for name in ("course.yaml", "quizzes/final.yaml", *(f"questions/{bank}.yaml" for bank in BANKS))
        )
        texts = {path.stem: path.read_text("utf-8") for path in (folder / "lessons").glob("*.md")}
        return cls(course, quiz | {"attempts": None}, dict(zip(BANKS, banks, strict=True)), texts)

    def write(self, folder: Path) -> None:
        """Write it into the folder of the course."""
        for name, data in self._files().items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            text = data if isinstance(data, str) else yaml.safe_dump(data, allow_unicode=True, sort_keys=False)
            if not path.exists() or path.read_text("utf-8") != text:
                path.write_text(text, "utf-8")
        for path in (folder / "lessons").glob("*.md"):
            if path.stem not in self.lessons:
                path.unlink()

    def _files(self) -> dict[str, Any]:
        quiz = {key: value for key, value in self.quiz.items() if value is not None}
        return {
            "course.yaml": self.course,
            "quizzes/final.yaml": quiz,
            **{f"questions/{bank}.yaml": questions for bank, questions in self.banks.items()},
            **{f"lessons/{lesson}.md": text for lesson, text in self.lessons.items()},
        }

    # ── edits; `n` chooses ────────────────────────────────────────────────────────────────────────────────────────

    def _question(self, n: int) -> dict[str, Any]:
        every = [question for bank in BANKS for question in self.banks[bank]]
        return every[n % len(every)]

    def rename(self, n: int) -> None:
        """Give the course, the quiz and a lesson other titles."""
        self.course["title"], self.quiz["title"] = f"Title {n}", f"Quiz {n}"
        lesson = sorted(self.lessons)[n % len(self.lessons)]
        head, _, rest = self.lessons[lesson].partition("title: ")
        self.lessons[lesson] = f"{head}title: Lesson {n}\n{rest.partition(chr(10))[2]}"

    def move(self, n: int) -> None:
        """Put the lessons, the questions, or the choices of a question into another order."""
        question = self._question(n)
        lists = [self.course["lessons"], *self.banks.values()]
        lists += [question[name] for name in ("choices", "pairs", "gaps") if name in question]
        Random(n).shuffle(lists[n % len(lists)])

    def reword(self, n: int) -> None:
        """Say a question, its choices and its reasons in other words."""
        question = self._question(n)
        question["stem"] = f"Stem {n}"
        for name, text in (("choices", "text"), ("pairs", "left"), ("steps", "text")):
            for place, item in enumerate(question.get(name, [])):
                item[text], item["why"] = f"Text {n} {place}", f"Why {n} {place}"

    def add(self, n: int) -> None:
        """Add a question to a bank."""
        self.made += 1
        choices = [
            {"id": f"c{place}", "text": f"Choice {place}", "why": "W", "correct": place == n % 3} for place in range(3)
        ]
        self.banks["bank"].append(
            {"id": f"new-{self.made}", "type": "single-choice", "objective": "know", "stem": "New", "choices": choices}
        )

    def add_choice(self, n: int) -> None:
        """Add a wrong choice to a question."""
        question = self._question(n)
        if "choices" in question:
            self.made += 1
            question["choices"].append({"id": f"x{self.made}", "text": f"Choice x{self.made}", "why": "No."})

    def remove_choice(self, n: int) -> None:
        """Take a wrong choice away."""
        wrong = [choice for choice in self._question(n).get("choices", []) if not choice.get("correct")]
        if len(wrong) > 1:
            self._question(n)["choices"].remove(wrong[n % len(wrong)])

    def remove(self, n: int) -> None:
        """Take a question out of the quiz's bank, while the quiz can be drawn."""
        bank = self.banks["bank"]
        if len(bank) > 2:
            del bank[n % len(bank)]
            self.draw(n)

    def draw(self, n: int) -> None:
        """Draw another number of questions."""
        self.quiz["draw"] = [f"{1 + n % len(self.banks['bank'])} from bank"]

    def add_lesson(self, n: int) -> None:
        """Add a lesson, or take an added one away."""
        name = f"more-{n % 2}"
        if name in self.lessons:
            self.course["lessons"].remove(name)
            del self.lessons[name]
        else:
            self.course["lessons"].append(name)
            self.lessons[name] = f"---\ntitle: More {n}\nobjectives: [know]\nminutes: 5\n---\nText {n}.\n"

    def pass_mark(self, n: int) -> None:
        """Ask for another score."""
        self.course["completion"]["quizzes"]["final"] = f"{40 + n % 60}%"

    def rekey(self, n: int) -> None:
        """Make another answer the right one."""
        question = self._question(n)
        match question["type"]:
            case "single-choice":
                right = n % len(question["choices"])
                for place, choice in enumerate(question["choices"]):
                    choice["correct"] = place == right
            case "multiple-choice":
                choices = question["choices"]
                for place, choice in enumerate(choices):
                    choice["correct"] = place == n % len(choices)
            case "true-false":
                question["answer"] = not question["answer"]
            case "ordering":
                Random(n).shuffle(question["steps"])
            case "matching":
                rights = [pair["right"] for pair in question["pairs"]]
                for pair, right in zip(question["pairs"], rights[1:] + rights[:1], strict=True):
                    pair["right"] = right
            case "gaps":
                next(gap for gap in question["gaps"] if "accept" in gap)["accept"] = ["entry", "exit"][: 1 + n % 2]


EDITS = (
    "rename",
    "move",
    "reword",
    "add",
    "add_choice",
    "remove_choice",
    "remove",
    "draw",
    "add_lesson",
    "pass_mark",
    "rekey",
)
