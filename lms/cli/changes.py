"""How a change of a course, and what it does to people, is said on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from courses.artefact import KINDS, Kind, Release
from courses.diff import Change, Deed, Edit, Piece, What, passages, takes_away

if TYPE_CHECKING:
    from lms.reports.releases import Effects

COLOURS: dict[Kind, str] = {"cosmetic": "green", "rules": "yellow", "regrade": "yellow", "retrain": "red"}
_DEEDS: dict[tuple[What, Deed], str] = {
    ("source", "added"): "source cited for the first time",
    ("source", "removed"): "source cited no more",
    ("media", "changed"): "other pictures",
}
"""What is said in other words than `lesson added`: the files of sources and pictures may have stayed as they were."""
_LONGEST = 60
"""Characters of a title that are shown."""
_NAMED = 4
"""Ids of cosmetic changes of one sort that are named."""
_AROUND = 40
"""Characters of a passage that are shown on either side of what changed in it."""


def say_changes(changes: Sequence[Change], in_full: bool = False) -> None:
    """A line for each change; what is cosmetic is only named, unless it takes something required away or is shown
    `in_full`, word by word."""
    if not changes:
        click.echo("  Nothing changed.")
    told = [change for change in changes if in_full or change.kind != "cosmetic" or takes_away(change)]
    for change in changes:
        if change in told:
            kind = click.style(f"{change.kind:8}", fg=COLOURS[change.kind], bold=True)
            title = change.title if len(change.title) <= _LONGEST else change.title[: _LONGEST - 1] + "…"
            click.echo(
                f"  {kind}  {_DEEDS.get((change.what, change.deed)) or f'{change.what} {change.deed}'}"
                + f": {change.id}" * bool(change.id)
                + f" “{title}”" * bool(title)
            )
            for edit in change.edits if change.deed == "changed" else ():
                _say_edit(edit)
    named: dict[What, list[str]] = {}
    for change in changes:
        if change not in told:
            named.setdefault(change.what, []).append(change.id)
    if named:
        kind = click.style(f"{KINDS[0]:8}", fg=COLOURS["cosmetic"], bold=True)
        click.echo(f"  {kind}  " + "; ".join(f"{what}{_few(ids)}" for what, ids in named.items()))


def _few(ids: Sequence[str]) -> str:
    """The first of the ids, and how many more there are; nothing of what has none, as the pictures."""
    shown = ", ".join(ids[:_NAMED])
    return f": {shown}" * bool(shown) + f" and {len(ids) - _NAMED} more" * (len(ids) > _NAMED)


def _say_edit(edit: Edit) -> None:
    place = " › ".join(edit.at)
    for pieces in passages(edit.old, edit.new):
        click.echo(f"      {click.style(place, dim=True)}: {''.join(_said(pieces))}")


def _said(pieces: Sequence[Piece]) -> list[str]:
    """The pieces as `git diff --word-diff` writes them, with long stretches that stayed cut short."""
    said = []
    for number, piece in enumerate(pieces):
        if piece.deed == "removed":
            said.append(click.style(f"[-{piece.text}-]", fg="red"))
        elif piece.deed == "added":
            said.append(click.style(f"{{+{piece.text}+}}", fg="green"))
        else:
            head, tail = number > 0, number + 1 < len(pieces)
            wanted = _AROUND * (head + tail)
            if len(piece.text) <= wanted + 1:
                said.append(piece.text)
            else:
                said.append((piece.text[:_AROUND] if head else "") + "…" + (piece.text[-_AROUND:] if tail else ""))
    return said


def say_effects(effects: Effects, changes: Sequence[Change], course: str, release: Release | None = None) -> None:
    """What the changes do to whom, in counts. `release` is what is about to be made of them, where it is known."""
    rekeyed = " ".join(change.id for change in changes if change.kind == "regrade")
    kind = release.kind if release else max((change.kind for change in changes), key=KINDS.index)
    say = [f"{_people(effects.halfway)} halfway, who go on under the new revision's rules."]
    if effects.completing:
        say.append(f"{_people(effects.completing)} of them with all that is asked for then: they complete the course.")
    if effects.open_attempts:
        say.append(f"{_many(effects.open_attempts, 'attempt')} open, graded by the revision they began with.")
    if effects.regrade:
        say.append(
            f"{_many(effects.regrade, 'submitted attempt')} marked by another key, and left so. "
            f"Once this is published, mark them again: staza regrade {course} {rekeyed}"
        )
    say.append(f"{_people(effects.completed)} who completed the course: that stays.")
    if kind == "retrain":
        say.append(_refresher(release))
    for line in say:
        click.echo(f"  · {line}")


def _refresher(release: Release | None) -> str:
    if release and release.refresher:
        return f"They are asked to look again at: {', '.join(release.lessons)}."
    return "They are not asked to review what changed; --refresher asks them, now or later."


def _people(number: int) -> str:
    return f"{number} {'person' if number == 1 else 'people'}"


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
