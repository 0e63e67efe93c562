"""Mail by SMTP, against servers that are run here: what is encrypted, and what is never sent in clear."""

from __future__ import annotations

import socketserver
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lms import mail
from lms.config import SettingError, from_environment

SECRET = "https://learn.example.org/password/a-secret-link"


class Server(socketserver.ThreadingTCPServer):
    """Speaks as much SMTP as a client needs, with STARTTLS if it has a certificate; keeps what came in clear."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, certificate: Path | None) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.clear: list[bytes] = []
        self.mails: list[bytes] = []
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate)

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Session(socketserver.StreamRequestHandler):
    """One client."""

    server: Server

    def say(self, *lines: bytes) -> None:
        self.wfile.write(b"".join(line + b"\r\n" for line in lines))

    def finish(self) -> None:
        super().finish()
        self.request.close()  # after STARTTLS it is not the one that the server knows

    def handle(self) -> None:
        encrypted, body = False, None
        self.say(b"220 here")
        while line := self.rfile.readline():
            if not encrypted:
                self.server.clear.append(line)
            word = line.strip().upper()
            if body is not None:
                if line == b".\r\n":
                    self.server.mails.append(b"".join(body))
                    body = None
                    self.say(b"250 kept")
                else:
                    body.append(line)
            elif word.startswith(b"EHLO"):
                offers = [b"250-STARTTLS"] if self.server.context and not encrypted else []
                self.say(b"250-here", *offers, b"250 AUTH PLAIN LOGIN")
            elif word == b"STARTTLS" and self.server.context:
                self.say(b"220 go")
                self.request = self.server.context.wrap_socket(self.request, server_side=True)
                self.setup()
                encrypted = True
            elif word == b"QUIT":
                self.say(b"221 goodbye")
                return
            elif word == b"DATA":
                self.say(b"354 go on")
                body = []
            elif word.startswith(b"AUTH"):
                self.say(b"235 welcome")
            else:
                self.say(b"250 yes")


Start = Callable[[bool], Server]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Start a server, with STARTTLS or without; its certificate is trusted."""
    certificate, servers = tmp_path / "server.pem", []
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
            "-keyout",
            certificate,
            "-out",
            tmp_path / "public.pem",
        ],
        check=True,
        capture_output=True,
    )
    with certificate.open("a") as file:
        file.write((tmp_path / "public.pem").read_text())
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "public.pem"))

    def run(with_tls: bool) -> Server:
        server = Server(certificate if with_tls else None)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server

    yield run
    for server in servers:
        server.shutdown()
        server.server_close()


def message() -> mail.EmailMessage:
    return mail.compose("staza@example.org", "ana@example.org", "A link", SECRET)


def test_a_mail_and_its_password_travel_encrypted(start: Start) -> None:
    server = start(True)
    mail.send(f"smtp://staza:hidden-words@localhost:{server.port}", message())
    assert SECRET.encode() in server.mails[0]
    assert not [line for line in server.clear if b"AUTH" in line.upper() or SECRET.encode() in line]


@pytest.mark.parametrize("who", ["", "staza:hidden-words@"])
def test_nothing_is_sent_where_the_server_offers_no_encryption(start: Start, who: str) -> None:
    server = start(False)
    with pytest.raises(mail.smtplib.SMTPNotSupportedError):
        mail.send(f"smtp://{who}localhost:{server.port}", message())
    assert not server.mails
    assert not [line for line in server.clear if line.upper().startswith((b"AUTH", b"MAIL", b"RCPT"))]


def test_nothing_is_sent_to_a_server_that_is_another(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    server = start(True)
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(ssl.SSLCertVerificationError):
        mail.send(f"smtp://localhost:{server.port}", message())
    assert not server.mails


def test_a_relay_beside_us_can_be_spoken_to_in_clear_when_told_so(start: Start) -> None:
    server = start(False)
    mail.send(f"smtp://localhost:{server.port}?tls=off", message())
    assert SECRET.encode() in server.mails[0]


@pytest.mark.parametrize(
    "sink", ["smtp://staza:hidden-words@localhost?tls=off", "smtps://localhost?tls=off", "smtp://localhost?tls=no"]
)
def test_a_setting_that_would_send_a_password_in_clear_is_refused(sink: str, tmp_path: Path) -> None:
    with pytest.raises(SettingError) as refusal:
        from_environment({"STAZA_INSTANCE": str(tmp_path), "STAZA_MAIL": sink})
    assert "hidden-words" not in str(refusal.value)
