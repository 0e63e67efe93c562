"""`staza db`: the commands of Flask-Migrate, with our application."""

from __future__ import annotations

import click
from flask import g
from flask.cli import ScriptInfo
from flask_migrate.cli import db as migrate_commands

from lms import create_app


@click.group(commands=migrate_commands.commands)
@click.pass_context
def db(ctx: click.Context) -> None:
    """Look after the database: its migrations.

    \b
    For example, after each upgrade of the software:
        staza backup before-upgrade.tar.gz
        staza db upgrade
    """
    ctx.obj = ScriptInfo(create_app=lambda: create_app(), set_debug_flag=False)
    ctx.with_resource(ctx.obj.load_app().app_context())
    g.directory, g.x_arg = None, ()  # the options of Flask-Migrate's own group, whose place we take
