"""Whatever bytes a file holds, the answer is a build or problems whose places are inside the file."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

from courses.build import check

from .books import BASE, lay

PIECES = [
    *b"]{}'\"*|>#\\%@`~\n\t\r\0\xff?0",
    *(b":::", b"::::note", b"[@", b"[[", b"]]", b"- ", b": ", b"&a", b"---\n", b"<b>", b"<!--", b"```", b"    "),
    *(b"](lesson:x#y)", b"![](media/", b"!x ", b"9" * 25, "ш".encode(), b"\xe2\x80\xa8"),
]


def mutated(data: bytes, random: Random) -> bytes:
    for _ in range(random.choice((1, 1, 2, 4))):
        at = random.randrange(len(data) + 1)
        match random.randrange(5):
            case 0:
                piece = random.choice(PIECES)
                data = data[:at] + (bytes([piece]) if isinstance(piece, int) else piece) + data[at:]
            case 1:
                data = data[:at] + data[at + random.randrange(1, 30) :]
            case 2:
                data = data[:at] + bytes([random.randrange(256)]) + data[at + 1 :]
            case 3:
                data = data[:at]
            case 4:
                other = random.randrange(len(data) + 1)
                data = data[:at] + data[other : other + 60] + data[at:]
    return data


def test_mutations(tmp_path: Path) -> None:
    """STAZA_FUZZ says how many; a few hundred by default."""
    random = Random(2026)
    content = lay(BASE.name, tmp_path / "content")
    files = sorted(path for path in content.rglob("*") if path.is_file())
    for _ in range(int(os.environ.get("STAZA_FUZZ", "200"))):
        path = random.choice(files)
        before = path.read_bytes()
        path.write_bytes(mutated(before, random))
        for problem in check(content):
            file = content / problem.file
            if not file.exists():
                continue
            text = file.read_bytes().decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
            lines = text.split("\n")
            assert 1 <= problem.line <= len(lines), problem
            assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1, problem
        path.write_bytes(before)
