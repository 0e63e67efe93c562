"""Settings: what the environment says, checked once, with a sentence for whoever set it wrongly."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask

from lms import private
from lms.db import engine_options

ROOT = Path(__file__).resolve().parent.parent
SIGN_IN_LASTS = timedelta(hours=12)
LARGEST_UPLOAD = 2 * 1024 * 1024


class SettingError(Exception):
    """A setting that can't be used; the message says which, and what to set instead."""


@dataclass(frozen=True)
class Settings:
    """Everything that differs between two installations.

    `url` is the public address, without a slash at its end: it stands in mails and certificates and decides whether
    cookies are for https alone. `mail` is `file:DIRECTORY`, `console:` or `smtp[s]://user:password@host:port`.
    `pool_size` is how many connections to PostgreSQL each process keeps. `proxies` is how many proxies stand before
    the server and may be believed about the visitor's address.
    """

    instance: Path
    database_url: str
    artefacts: Path
    content: Path
    url: str
    secret_key: str
    mail: str
    mail_from: str
    proxies: int = 0
    pool_size: int = 8
    testing: bool = False

    @property
    def is_public(self) -> bool:
        """Whether others than this computer can reach the address."""
        return urlsplit(self.url).hostname not in ("localhost", "127.0.0.1", "::1")


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings that the environment variables say; see docs/for-operators.md.

    Raises SettingError for one that can't be used.
    """
    instance = Path(environment.get("STAZA_INSTANCE") or ROOT / "instance").resolve()
    try:
        private.keep(instance)
    except OSError as error:
        raise SettingError(
            f"The folder {instance} can't be made ({error.strerror}). "
            "Make the place writable, or set STAZA_INSTANCE to one that is."
        ) from error
    port = environment.get("PORT") or "8000"
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise SettingError(f"PORT is “{port}”. Set it to a number from 1 to 65535.")
    return Settings(
        instance=instance,
        database_url=_database_url(environment.get("DATABASE_URL") or f"sqlite:///{instance / 'staza.db'}"),
        artefacts=Path(environment.get("STAZA_ARTEFACTS") or instance / "artefacts"),
        content=Path(environment.get("STAZA_CONTENT") or ROOT / "content"),
        url=_public_url(environment.get("STAZA_URL") or f"http://127.0.0.1:{port}"),
        secret_key=environment.get("STAZA_SECRET_KEY") or _stored_secret(instance),
        mail=_mail_sink(environment.get("STAZA_MAIL") or f"file:{instance / 'mail'}"),
        mail_from=environment.get("STAZA_MAIL_FROM") or "Staza <staza@localhost>",
        proxies=_number("STAZA_PROXIES", environment.get("STAZA_PROXIES") or "0"),
        pool_size=_number("STAZA_POOL_SIZE", environment.get("STAZA_POOL_SIZE") or "8"),
    )


def _database_url(url: str) -> str:
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    if url.startswith(("sqlite:///", "postgresql+psycopg://")):
        return url
    raise SettingError(
        "DATABASE_URL names no database that Staza knows. Set it to sqlite:///… or postgresql://user:password@host/name."
    )


def _mail_sink(sink: str) -> str:
    url = urlsplit(sink)
    if url.scheme not in ("file", "console", "smtp", "smtps"):
        raise SettingError(f"STAZA_MAIL is “{url.scheme}:…”. Set it to file:DIRECTORY, console: or smtp://host:port.")
    if url.scheme in ("smtp", "smtps") and url.query not in ("", "tls=off"):
        raise SettingError("STAZA_MAIL ends in something unknown after “?”. Only ?tls=off is known.")
    if url.query == "tls=off" and (url.scheme == "smtps" or url.username):
        raise SettingError(
            "STAZA_MAIL has ?tls=off beside a password or smtps:. "
            "A password is never sent in clear: leave out one of the two."
        )
    return sink


def _number(name: str, value: str) -> int:
    if not value.isdigit():
        raise SettingError(f"{name} is “{value}”. Set it to a whole number.")
    return int(value)


def _public_url(url: str) -> str:
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
        raise SettingError(f"STAZA_URL is “{url}”. Set it to the public address, such as https://learn.example.org.")
    return url.rstrip("/")


def _stored_secret(instance: Path) -> str:
    """The key that signs cookies: made once, kept in the instance folder, readable by its owner alone."""
    path = instance / "secret.key"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
    except FileExistsError:
        pass
    except OSError as error:
        raise SettingError(
            f"{path} can't be written ({error.strerror}). Make the folder writable for the user that runs Staza."
        ) from error
    return path.read_text()


def apply(app: Flask, settings: Settings) -> None:
    """Put the settings where Flask and its extensions look for theirs."""
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        TESTING=settings.testing,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.database_url, settings.pool_size),
        SESSION_COOKIE_NAME="__Host-staza" if settings.url.startswith("https:") else "staza",
        SESSION_COOKIE_SECURE=settings.url.startswith("https:"),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=SIGN_IN_LASTS,
        MAX_CONTENT_LENGTH=LARGEST_UPLOAD,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),
        WTF_CSRF_TIME_LIMIT=None,
        BABEL_DEFAULT_LOCALE="en_GB",
        BABEL_DEFAULT_TIMEZONE="Europe/Belgrade",
        RATELIMIT_ENABLED=True,
    )
    app.jinja_options = app.jinja_options | {"trim_blocks": True, "lstrip_blocks": True}
