"""Mail goes to one of three sinks: an SMTP server, a folder of .eml files, or the console."""

from __future__ import annotations

import smtplib
import ssl
import sys
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lms.db import new_id


def compose(sender: str, to: str, subject: str, body: str) -> EmailMessage:
    """A plain-text message."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"], message["Message-ID"] = formatdate(localtime=False), make_msgid(domain="staza")
    message.set_content(body)
    return message


def send(sink: str, message: EmailMessage) -> None:
    """Deliver to `file:DIRECTORY`, `console:` or `smtp[s]://[user:password@]host[:port]`.

    Raises OSError or smtplib.SMTPException when the sink does not take it; ValueError for an unknown sink.
    """
    url = urlsplit(sink)
    if url.scheme == "file":
        folder = Path(sink.removeprefix("file:"))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{new_id()}.eml").write_bytes(bytes(message))
    elif url.scheme == "console":
        sys.stdout.write(f"{message}\n")
        sys.stdout.flush()
    elif url.scheme in ("smtp", "smtps"):
        _send_by_smtp(url.scheme == "smtps", url.hostname or "localhost", url.port, url.username, url.password, message)
    else:
        raise ValueError(f"STAZA_MAIL is “{url.scheme}:…”. Set it to file:DIRECTORY, console: or smtp://host:port.")


def _send_by_smtp(
    tls: bool, host: str, port: int | None, user: str | None, password: str | None, message: EmailMessage
) -> None:
    context = ssl.create_default_context()
    server = (
        smtplib.SMTP_SSL(host, port or 465, timeout=20, context=context)
        if tls
        else smtplib.SMTP(host, port or 25, timeout=20)
    )
    with server:
        if not tls and server.has_extn("starttls"):
            server.starttls(context=context)
        if user:
            server.login(unquote(user), unquote(password or ""))
        server.send_message(message)
