"""Mail goes to one of three sinks: an SMTP server, a folder of .eml files, or the console."""

from __future__ import annotations

import smtplib
import ssl
import sys
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

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

    Mails hold links that set a password, so they travel encrypted: `smtp:` needs a server that offers STARTTLS, with a
    certificate that is valid. `smtp://host:port?tls=off` sends in clear, and never with a password.

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
        _send_by_smtp(sink, message)
    else:
        raise ValueError(f"STAZA_MAIL is “{url.scheme}:…”. Set it to file:DIRECTORY, console: or smtp://host:port.")


def in_clear(sink: str) -> bool:
    """Whether the sink is told to send without encryption."""
    url = urlsplit(sink)
    return url.scheme == "smtp" and parse_qs(url.query).get("tls") == ["off"]


def _send_by_smtp(sink: str, message: EmailMessage) -> None:
    url, context = urlsplit(sink), ssl.create_default_context()
    host = url.hostname or "localhost"
    server = (
        smtplib.SMTP_SSL(host, url.port or 465, timeout=20, context=context)
        if url.scheme == "smtps"
        else smtplib.SMTP(host, url.port or 25, timeout=20)
    )
    with server:
        if url.scheme == "smtp" and not in_clear(sink):
            server.starttls(context=context)  # raises where the server does not offer it
        if url.username and not in_clear(sink):
            server.login(unquote(url.username), unquote(url.password or ""))
        server.send_message(message)
