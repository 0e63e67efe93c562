"""The command line: one command a file's function, loaded when it is asked for.

`staza check` and `staza build` know of courses only, so they start without the web application. Whatever goes wrong is
said in a sentence, and the exit code is 1; a traceback is for developers, who set STAZA_DEBUG=1.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import cast

import click

COMMANDS = {
    "new": "lms.cli.authoring",
    "check": "lms.cli.content",
    "build": "lms.cli.content",
    "schema": "lms.cli.authoring",
    "review": "lms.cli.review",
    "diagrams": "lms.cli.diagrams",
    "preview": "lms.cli.preview",
    "diff": "lms.cli.releases",
    "publish": "lms.cli.releases",
    "withdraw": "lms.cli.releases",
    "regrade": "lms.cli.regrade",
    "translate": "lms.cli.translate",
    "serve": "lms.cli.server",
    "demo": "lms.cli.server",
    "jobs": "lms.cli.outbox",
    "db": "lms.cli.database",
    "user": "lms.cli.users",
    "backup": "lms.cli.backup",
    "restore": "lms.cli.backup",
    "translations": "lms.cli.translations",
}


class LazyGroup(click.Group):
    """A group whose commands are named in COMMANDS and imported when one of them is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click passes it
        """In the order of their use, not of the alphabet."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command, or None."""
        if cmd_name not in COMMANDS:
            return None
        return cast(click.Command, getattr(import_module(COMMANDS[cmd_name]), cmd_name))

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; a failure becomes a sentence."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise  # the last is no failure: whoever read the output, such as `head`, has enough
        except Exception as error:
            if os.environ.get("STAZA_DEBUG"):
                raise
            from lms.cli.failures import sentence

            raise click.ClickException(sentence(error)) from error


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="staza", prog_name="staza")
def main() -> None:
    """Staza: courses written as text, taken in a browser, reported per institution.

    \b
    For example, to build the courses, make a demo region and serve it:
        staza demo
    """
