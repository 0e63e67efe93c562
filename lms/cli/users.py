"""`staza user`: the first administrator, and help for whoever is locked out."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Any

import click

from lms import clock
from lms.cli.opening import opened, settings_of
from lms.db import db
from lms.learning import access, administer, passwords
from lms.learning.operate import operator, set_password
from lms.library import library
from lms.records import directory
from lms.records.institutions import Institution
from lms.records.people import Person, Role


def _refuse(_ctx: click.Context, _option: click.Parameter, value: str | None) -> None:
    if value is not None:
        raise click.UsageError(
            "--password is not read any more: every user of the machine can see what a command was started with. "
            "Leave it out and type the password when asked, or use --password-file FILE (- for standard input)."
        )


def _read(file: IO[str] | None) -> str:
    """The password, from the first line of the file or typed twice."""
    if file is None:
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return file.readline().rstrip("\r\n")


def _with_password(command: Callable[..., Any]) -> Callable[..., Any]:
    """The ways to give a password, of which none is seen in the list of processes."""
    file = click.option(
        "--password-file",
        type=click.File("r", encoding="utf-8"),
        help="A file whose first line is the password, or - for standard input; asked for if left out.",
    )
    return file(click.option("--password", hidden=True, expose_value=False, callback=_refuse)(command))


@click.group()
def user() -> None:
    """Make accounts, set passwords, give roles. Everyday work is done on the administrator's pages.

    \b
    For example, the first account of a new installation:
        staza user create ana.jovic@mup.example --name "Ana Jović" --family-name Jović \\
            --institution "Ministry of Interior" --country ME
        staza user grant ana.jovic@mup.example administrator
    """


@user.command()
@click.argument("email")
@click.option("--name", required=True, help="Name and surname.")
@click.option("--family-name", default="", help="The part of the name that lists are sorted by.")
@click.option("--institution", required=True, help="Name of the institution or unit.")
@click.option("--country", help="RS, BA, ME or MK: makes the institution if there is none of that name.")
@_with_password
def create(
    email: str, name: str, family_name: str, institution: str, country: str | None, password_file: IO[str] | None
) -> None:
    """Make an account.

    \b
    For example:
        staza user create ana.jovic@mup.example --name "Ana Jović" --family-name Jović \\
            --institution "Border Police"
    """
    password = _read(password_file)
    with opened() as app:
        at = clock.now()
        passwords.check(password, passwords.Whose(name, email, (institution,)))
        unit = _unit(institution) if country is None else _unit_or_none(institution)
        if unit is None:
            unit = administer.add_institution(operator(), library().programme(), institution, country or "", at)
        administer.add_person(operator(), name, email, unit.id, settings_of(app).url, at, family_name)
        set_password(email, password, at)
    click.echo(f"{email} can sign in now.")


@user.command()
@click.argument("email")
@_with_password
def password(email: str, password_file: IO[str] | None) -> None:
    """Set somebody's password, and sign them out everywhere.

    \b
    For example:
        staza user password ana.jovic@mup.example
    """
    new = _read(password_file)
    with opened():
        set_password(email, new, clock.now())
    click.echo(f"{email} has a new password.")


@user.command()
@click.argument("email")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@click.option("--unit", help="A manager's institution or unit, by name; their own institution if left out.")
@click.option("--course", default="", help="A trainer's course, by id.")
def grant(email: str, role: str, unit: str | None, course: str) -> None:
    """Give somebody a role.

    \b
    For example:
        staza user grant ana.jovic@mup.example manager --unit "Border Police"
        staza user grant ana.jovic@mup.example trainer --course smuggling-mixed-flows
    """
    with opened():
        if course and library().course(course) is None:
            raise click.ClickException(f"There is no course “{course}”. There are: {', '.join(library().releases())}.")
        person = _person(email)
        node_id = _unit(unit, person.institution_id).id if unit else person.institution_id
        administer.grant(operator(), person.id, Role(role), clock.now(), node_id=node_id, course_id=course)
    click.echo(f"{email} has the role of {role} now.")


def _person(email: str) -> Person:
    email = email.strip().lower()
    person = directory.by_email(db.session(), access.administered(operator()), {email}).get(email)
    if person is None:
        raise click.ClickException(f"There is no account with the address {email}.")
    return person


def _unit_or_none(name: str, institution_id: int | None = None) -> Institution | None:
    """The institution or unit of this name; within an institution, if one is given."""
    tree = directory.units(db.session(), access.administered(operator()))
    named = [row for row in tree if row.name.casefold() == name.strip().casefold()]
    if institution_id is not None:
        named = [row for row in named if row.root_id == institution_id]
    if len(named) > 1:
        raise click.ClickException(f"Several units have the name “{name}”. Choose their institution instead.")
    return named[0] if named else None


def _unit(name: str, institution_id: int | None = None) -> Institution:
    unit = _unit_or_none(name, institution_id)
    if unit is None:
        raise click.ClickException(f"There is no institution or unit “{name}”. With --country, it is made.")
    return unit
