"""Staza's web application."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from lms.config import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """The application, from `settings` or from the environment: every extension and blueprint, top to bottom.

    The imports stand inside, as the command line imports this package for `staza check` too, which needs no Flask.
    """
    from flask import Flask
    from flask_migrate import Migrate
    from flask_wtf import CSRFProtect

    from lms import config, errors, i18n, logs
    from lms import library as library_module
    from lms.db import db, let_go
    from lms.web import (
        access,
        account,
        admin,
        attempts,
        bodies,
        catalogue,
        certificates,
        compression,
        confirm,
        coordinator,
        home,
        lessons,
        limits,
        manager,
        marking,
        media,
        pages,
        paths,
        refusals,
        releases,
        resend,
        system,
        texts,
        trainer,
    )

    settings = settings or config.from_environment()
    app = Flask(
        __name__,
        instance_path=str(settings.instance),
        template_folder=str(config.ROOT / "templates"),
        static_folder=str(config.ROOT / "static"),
    )
    config.apply(app, settings)

    bodies.init_app(app)
    db.init_app(app)
    app.teardown_appcontext(let_go)  # before the session itself is removed
    logs.init_app(app)
    refusals.init_app(app)
    Migrate(app, db, directory=str(config.ROOT / "lms" / "migrations"), render_as_batch=True)
    texts.Babel(
        app,
        locale_selector=i18n.selected_locale,
        timezone_selector=i18n.selected_zone,
        default_translation_directories=str(i18n.TRANSLATIONS),
    )
    CSRFProtect(app)
    limits.init_app(app)
    compression.init_app(app)
    library_module.init_app(app, settings.artefacts)
    access.init_app(app)
    confirm.init_app(app)
    texts.init_app(app)
    pages.init_app(app)
    errors.init_app(app)
    resend.init_app(app)

    app.register_blueprint(system.blueprint)
    app.register_blueprint(account.blueprint)
    app.register_blueprint(home.blueprint)
    app.register_blueprint(catalogue.blueprint)
    app.register_blueprint(paths.blueprint)
    app.register_blueprint(lessons.blueprint)
    app.register_blueprint(media.blueprint)
    app.register_blueprint(attempts.blueprint)
    app.register_blueprint(certificates.blueprint)
    app.register_blueprint(trainer.blueprint)
    app.register_blueprint(marking.blueprint)
    app.register_blueprint(releases.blueprint)
    app.register_blueprint(manager.blueprint)
    app.register_blueprint(coordinator.blueprint)
    app.register_blueprint(admin.blueprint)

    access.check_every_view(app)
    return app
