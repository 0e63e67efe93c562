"""`staza preview`: a course as a trainee sees it, while it is being written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lms.cli.content import content_option, require
from lms.cli.ports import need_free

if TYPE_CHECKING:
    from lms.preview.desk import Desk


@click.command(epilog="Example: staza preview smuggling-mixed-flows --as RS --locale sr")
@click.argument("courses", nargs=-1, metavar="[COURSE]...")
@click.option("--as", "country", metavar="COUNTRY", default="", help="See it as a trainee from there: RS, BA, ME, MK …")
@click.option("--locale", "language", default="en", show_default=True, help="The language to see it in.")
@click.option("--key", is_flag=True, help="Show the key of each question.")
@click.option("--port", type=click.IntRange(1, 65535), default=8100, show_default=True, help="Port to listen on.")
@click.option("--open", "opening", is_flag=True, help="Open it in the browser.")
@content_option
def preview(
    courses: tuple[str, ...], country: str, language: str, key: bool, port: int, opening: bool, content: Path
) -> None:
    """Show the courses (all, or those named) as a trainee sees them, with what is wrong at its place. An open page
    follows the files: save, and it changes. Needs no database; nothing that is answered is stored."""
    require(content, courses)
    from lms import preview as of
    from lms.preview import live
    from lms.preview.desk import Desk
    from lms.preview.eyes import Eyes

    desk = Desk(content, courses)
    eyes = Eyes(_country(desk, country), _language(language), key)
    need_free("127.0.0.1", port, "--port")
    app = of.create_app(desk, eyes)
    live.follow(desk)
    server = of.server(app, port)
    address = f"http://127.0.0.1:{port}/"
    click.echo(f"The preview is at {address} (Ctrl+C stops it).")
    if opening:
        click.launch(address)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        click.echo()


def _country(desk: Desk, asked: str) -> str:
    """The code of the country, or "" where none was asked for."""
    known = [country.id for country in desk.now.countries]
    if asked and asked.upper() not in known:
        raise click.BadParameter(f"{asked!r} is none of {', '.join(known)}.", param_hint="--as")
    return asked.upper()


def _language(asked: str) -> str:
    """The code of a language that the interface speaks."""
    from lms import i18n

    known = [language.code for language in i18n.offered()]
    if asked not in known:
        raise click.BadParameter(f"{asked!r} is none of {', '.join(known)}.", param_hint="--locale")
    return asked
