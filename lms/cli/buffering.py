"""Between the server and the application: a request is passed on once it is whole, and an answer once it is.

The server reads and writes on an event loop. A body is collected there, not in one of the few threads that run the
application, so thousands of slow clients cost memory and nobody's turn. What breaks off never reaches the application;
who sends nothing for `SILENCE`, or has not finished after `WHOLE`, is answered 408. An answer is taken from the
application into memory, or a file where it is large, before the first byte is sent: a slow reader holds no thread.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from urllib.parse import unquote_to_bytes
from wsgiref.types import WSGIApplication

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

SILENCE = 30.0
"""Seconds without a byte after which a client is given up."""
WHOLE = 600.0
"""Seconds that a body, or an answer, may take as a whole: a line of 50 kbit/s carries 3.7 MB in that time."""
LARGEST = 8 * 1024 * 1024
"""Bytes of a body that are kept; well above what the application accepts, which refuses with a page of its own."""
DRAINED = 64 * 1024 * 1024
"""Bytes of a larger body that are read and thrown away, so that the refusal reaches a client that is still sending."""
IN_MEMORY = 256 * 1024
PART = 64 * 1024


class Broken(Exception):
    """The request cannot be passed on: the status and the sentence to answer with."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


class Answer:
    """What the application answers: it is written by a worker thread, and then read by the event loop."""

    def __init__(self) -> None:
        self.status = 500
        self.headers: Headers = []
        self.body: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 -- closed by who sends it

    def start(self, status: str, headers: list[tuple[str, str]], _failure: Any = None) -> Callable[[bytes], object]:
        """What WSGI calls `start_response`."""
        self.status = int(status[:3])
        self.headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        return self.body.write


class Buffered:
    """An ASGI application that runs a WSGI application in `threads` threads, on whole requests only."""

    def __init__(
        self, application: WSGIApplication, threads: int, silence: float = SILENCE, whole: float = WHOLE
    ) -> None:
        self.application = application
        self.threads = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self.silence, self.whole = silence, whole

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        answer = await self._answered(scope, receive)
        with answer.body:
            await self._send(answer, send)

    async def _answered(self, scope: Scope, receive: Receive) -> Answer:
        """The application's answer, or the refusal of a request that is not whole."""
        with SpooledTemporaryFile(IN_MEMORY) as body:
            try:
                length = await self._collect(scope, receive, body)
            except Broken as broken:
                return _refusal(broken)
            body.seek(0)
            given = environment(scope, body, length)
            return await asyncio.get_running_loop().run_in_executor(self.threads, self._run, given)

    async def _collect(self, scope: Scope, receive: Receive, body: IO[bytes]) -> int:
        """Read the body of a request into `body`; its length. Raises Broken unless it came whole, and in time."""
        promised, got = _promised(scope), 0
        if promised == 0:
            return 0
        try:
            async with asyncio.timeout(self.whole):
                more = True
                while more:
                    message = await asyncio.wait_for(receive(), self.silence)
                    if message["type"] != "http.request":
                        raise Broken(400, "The request broke off.")
                    part = message.get("body", b"")
                    got += len(part)
                    if got <= LARGEST:
                        body.write(part)
                    elif got > DRAINED:
                        break
                    more = message.get("more_body", False)
        except TimeoutError:
            raise Broken(408, "The request took too long to arrive. Send it again.") from None
        if got > LARGEST:
            raise Broken(413, "The request is too large.")
        if got != promised:
            raise Broken(400, "The request broke off.")
        return got

    def _run(self, wsgi: dict[str, Any]) -> Answer:
        """Run the application to its end, in a worker thread."""
        answer = Answer()
        try:
            parts: Iterable[bytes] = self.application(wsgi, answer.start)
            try:
                for part in parts:  # `writelines` of a spooled file would hold all of them in memory
                    answer.body.write(part)
            finally:
                if close := getattr(parts, "close", None):
                    close()
        except BaseException:
            answer.body.close()
            raise
        return answer

    async def _send(self, answer: Answer, send: Send) -> None:
        """Send an answer at the pace of its reader."""
        answer.body.seek(0)
        try:
            async with asyncio.timeout(self.whole):
                await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
                part, after = answer.body.read(PART), answer.body.read(PART)
                while after:
                    await send({"type": "http.response.body", "body": part, "more_body": True})
                    part, after = after, answer.body.read(PART)
                await send({"type": "http.response.body", "body": part, "more_body": False})
        except TimeoutError:
            return


def _promised(scope: Scope) -> int:
    """How long the body says it is."""
    headers = dict(scope["headers"])
    if b"transfer-encoding" in headers:
        raise Broken(411, "The request does not say how long it is.")
    length = headers.get(b"content-length", b"0")
    if not length.isdigit():
        raise Broken(400, "The request does not say how long it is.")
    return int(length)


def _refusal(broken: Broken) -> Answer:
    answer = Answer()
    answer.status = broken.status
    text = f"{broken.sentence}\n".encode()
    answer.headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(text)),
        (b"connection", b"close"),
    ]
    answer.body.write(text)
    return answer


def environment(scope: Scope, body: IO[bytes], length: int) -> dict[str, Any]:
    """what WSGI (PEP 3333) calls the environ. A header whose name holds an underscore is left out, since it could not
    be told from one with a hyphen that a proxy set."""
    raw = scope.get("raw_path") or scope["path"].encode()
    client, server = scope.get("client") or ("", 0), scope.get("server") or ("", 0)
    wsgi: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(raw.partition(b"?")[0]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "REMOTE_ADDR": str(client[0]),
        "SERVER_NAME": str(server[0]),
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "CONTENT_LENGTH": str(length),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        _add_header(wsgi, name.decode("latin-1"), value.decode("latin-1"))
    return wsgi


def _add_header(wsgi: dict[str, Any], name: str, value: str) -> None:
    if "_" in name or name == "content-length":
        return
    key = "CONTENT_TYPE" if name == "content-type" else "HTTP_" + name.upper().replace("-", "_")
    joined = "; " if name == "cookie" else ","
    wsgi[key] = f"{wsgi[key]}{joined}{value}" if key in wsgi else value
