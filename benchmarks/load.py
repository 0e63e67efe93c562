"""Load on a server of this machine: a fixed number of clients, each of which asks again as soon as it has its answer.

The clients share one thread and no library, so that the two cores are left to the server as far as may be.
"""

from __future__ import annotations

import os
import re
import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from statistics import quantiles

HOST = "127.0.0.1"
PATIENCE = 30.0
"""Seconds without any answer after which the server counts as stuck."""
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class WrongAnswer(Exception):
    """The server answered with another status than the one to be measured."""


@dataclass(frozen=True)
class Sample:
    """What was measured: seconds from question to whole answer, of each request; the seconds that all took; the CPU
    seconds that the server and the clients spent meanwhile (the server's is 0.0 where the system does not tell)."""

    latencies: list[float]
    seconds: float
    server_cpu: float
    own_cpu: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.latencies) / self.seconds

    @property
    def p95(self) -> float:
        """The 95th percentile of the latencies, in milliseconds."""
        return 1000 * quantiles(self.latencies, n=20, method="inclusive")[-1]

    @property
    def cpu(self) -> float:
        """CPU milliseconds of the server a request."""
        return 1000 * self.server_cpu / len(self.latencies)


def drive(port: int, pid: int, scripts: Sequence[Sequence[bytes]], status: int, seconds: float) -> Sample:
    """Let one client for each script send its requests over and over, on one connection, to the server on this port
    of 127.0.0.1, whose process group is `pid`. Requests that were begun within `seconds` are waited for."""
    latencies: list[float] = []
    cpu, own, began = cpu_seconds(pid), time.process_time(), time.perf_counter()
    with selectors.DefaultSelector() as selector:
        for script in scripts:
            client = _Client(port, script)
            selector.register(client.socket, selectors.EVENT_READ, client)
            client.ask()
        while selector.get_map():
            ready = selector.select(PATIENCE)
            if not ready:
                raise TimeoutError(f"No answer for {PATIENCE:.0f} seconds.")
            for key, _events in ready:
                client = key.data
                if not client.has_answer():
                    continue
                now = time.perf_counter()
                latencies.append(now - client.asked_at)
                client.expect(status)
                if now - began < seconds:
                    client.ask()
                else:
                    selector.unregister(client.socket)
                    client.socket.close()
    return Sample(latencies, time.perf_counter() - began, cpu_seconds(pid) - cpu, time.process_time() - own)


class _Client:
    def __init__(self, port: int, script: Sequence[bytes]) -> None:
        self.socket = socket.create_connection((HOST, port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.script: Iterator[bytes] = cycle(script)
        self.asked_at, self.answer, self.length = 0.0, b"", 0

    def ask(self) -> None:
        self.answer, self.length = b"", 0
        request = next(self.script)
        self.asked_at = time.perf_counter()
        self.socket.sendall(request)

    def has_answer(self) -> bool:
        """Read what there is; whether the answer is whole."""
        part = self.socket.recv(1 << 18)
        if not part:
            raise ConnectionError("The server closed the connection in the middle of an answer.")
        self.answer += part
        if not self.length:
            end = self.answer.find(b"\r\n\r\n") + 4
            if end < 4:
                return False
            found = _LENGTH.search(self.answer, 0, end)
            if not found:
                return self.answer.endswith(b"\r\n0\r\n\r\n") or self.answer[9:12] == b"204"
            self.length = end + int(found[1])
        return len(self.answer) >= self.length

    def expect(self, status: int) -> None:
        if self.answer[9:12] != b"%d" % status:
            raise WrongAnswer(f"Not {status}: {self.answer[:400].decode(errors='replace')}")


def cpu_seconds(group: int) -> float:
    """The CPU seconds that the processes of this group have spent so far."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        if int(fields[2]) == group:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
