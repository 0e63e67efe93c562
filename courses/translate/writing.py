"""The file that a translator fills in, written from the texts that there are.

Each text has that of the source beside it as a comment, for whoever translates or proofreads, and counts as missing
until something stands below it. The same texts always give the same bytes: a file that nobody changed stays as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import groupby

from courses.source import Value
from courses.translate.entries import Entry, Key, Spec, entries, step_of
from courses.translate.segments import COMMENT, STALE
from courses.translate.sheets import GONE, Row, Sheet, block_of

_PLAIN = re.compile(r"[^\W\d_](?:[^\n\t\\\"'#:{}\[\],&*!|>%@`]|,(?= ))*(?<! )(?<!,)")
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_LINES = re.compile(
    r"[^\s\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff](?:[^\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]*\S)?"
)
_RESERVED = ("true", "false", "null", "yes", "no", "on", "off", "y", "n")
UNWRITABLE = re.compile(rf"^(?:{COMMENT}|:::[ \t]*block\b)", re.MULTILINE)
"""What no line of a translated lesson may begin with."""


def written(sheet: Sheet) -> str:
    """The text of the translation's file. Nothing that was translated is left out: what has lost its source stands at
    the end."""
    return _lesson(sheet) if sheet.kind == "lesson" else _keyed(sheet)


# ── a lesson ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _lesson(sheet: Sheet) -> str:
    parts = []
    for row in sheet.rows:
        lines = [f":::block {row.block.partition('#')[0]}{f' {STALE}' if row.stale else ''}"]
        lines += _comment(row.source, COMMENT)
        if row.target:
            lines.append(row.target)
        parts.append("\n".join(lines) + "\n")
    parts += [f":::block {orphan.block}\n{COMMENT} {GONE}\n{orphan.text}\n" for orphan in sheet.orphans]
    return "\n".join(parts)


def _comment(text: str, mark: str) -> list[str]:
    return [f"{mark} {line}".rstrip() for line in text.split("\n")]


# ── a file of keys ─────────────────────────────────────────────────────────────────────────────────────────────────


def _keyed(sheet: Sheet) -> str:
    rows = {row.block: row for row in sheet.rows}
    lines: list[str] = []
    for name, group in groupby(entries(sheet.kind, sheet.data), key=_list_of):
        if name:
            lines += ["", f"{name}:"]
        for entry in group:
            if entry.id and not name and lines:
                lines.append("")
            lines += _entry(sheet.data, entry, rows)
    if sheet.orphans:
        lines += ["", f"# {GONE}"]
        for orphan in sheet.orphans:
            lines += _comment(f"{orphan.block}: {orphan.text}" if orphan.block else orphan.text, "#")
    return "\n".join(lines) + "\n"


def _list_of(entry: Entry) -> str:
    return entry.id.rpartition("/")[0]


def _entry(data: Value, entry: Entry, rows: dict[str, Row]) -> Iterator[str]:
    value = data
    for step in entry.at:
        value = value[step]
    mine = [rows[block_of(entry, key)] for key in entry.leaves]
    stale = any(row.stale for row in mine)
    hash = f"from: {entry.hash}{f' {STALE}' if stale else ''}"
    indent = "    " if _list_of(entry) else "  " if entry.id else ""
    if entry.id:
        yield f"{indent[2:]}- id: {value['id']}"
    yield indent + hash
    yield from _keys(value, entry, entry.spec, (), rows, indent)


def _keys(value: Value, entry: Entry, spec: Spec, key: Key, rows: dict[str, Row], indent: str) -> Iterator[str]:
    """The lines of the texts that the value has, as its keys stand in it."""
    for name, held in value.items():
        inner = spec.get(name)
        if isinstance(held, dict) and inner is not None:
            lines = list(_keys(held, entry, inner, (*key, name), rows, indent + "  "))
        elif isinstance(held, list) and inner is not None:
            lines = []
            for place, item in enumerate(held):
                if isinstance(item, dict):
                    step = step_of(item, place)
                    lines += _item(
                        item, step, list(_keys(item, entry, inner, (*key, name, step), rows, indent + "    "))
                    )
        elif row := rows.get(block_of(entry, (*key, name))):
            yield from (indent + line for line in _comment(row.source, "#"))
            yield from _text(f"{indent}{name}:", row, f"{indent}  ")
            continue
        else:
            continue
        yield from ([f"{indent}{name}:", *lines] if lines else ())


def _item(item: dict[str, Value], step: str, lines: list[str]) -> list[str]:
    """The lines of something in a list, which begins with its id if it has one; `lines` are those of its texts."""
    if not lines:
        return []
    indent = " " * (len(lines[0]) - len(lines[0].lstrip()))
    if item.get("id") == step:
        lines.insert(0, f"{indent}id: {step}")
    first = next(number for number, line in enumerate(lines) if not line.lstrip().startswith("#"))
    lines[first] = f"{indent[:-2]}- {lines[first][len(indent) :]}"
    return lines


def _text(key: str, row: Row, indent: str) -> Iterator[str]:
    """The lines of a key and its text; a text of several lines stands below the key, as it is read."""
    if row.words or "\n" not in row.target or not _LINES.fullmatch(row.target):
        yield f"{key}{_scalar(row)}"
        return
    yield f"{key} |-"
    yield from (f"{indent}{line}" if line else "" for line in row.target.split("\n"))


def _scalar(row: Row) -> str:
    """The value of a key, with the space before it; nothing for a text that is missing."""
    if not row.target:
        return ""
    if row.words:
        return f" [{', '.join(map(_quoted, row.target.split(chr(10))))}]"
    plain = _PLAIN.fullmatch(row.target) and row.target.lower() not in _RESERVED
    return f" {row.target if plain else _quoted(row.target)}"


def _quoted(text: str) -> str:
    """The text in double quotes, where YAML reads what JSON writes; but it takes more characters for line ends."""
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))
