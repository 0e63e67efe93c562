"""Ports that a command listens on."""

from __future__ import annotations

import errno
import socket

import click


def need_free(host: str, port: int, told: str = "PORT") -> None:
    """Stop with a sentence where the address can't be listened on. `told`: what tells the command another port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reasons = {
                errno.EADDRINUSE: f"Port {port} is in use. Stop the program that uses it, or set {told} to another.",
                errno.EACCES: f"Port {port} needs rights that this user has not got. Set {told} to one above 1023.",
                errno.EADDRNOTAVAIL: f"{host} is no address of this machine. Use --host 127.0.0.1 or 0.0.0.0.",
            }
            reason = reasons.get(error.errno or 0, f"{host}:{port} can't be listened on: {error.strerror or error}.")
            raise click.ClickException(reason) from error
