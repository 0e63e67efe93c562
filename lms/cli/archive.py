"""The file of a backup: a .tar.gz of which every bit is held by a hash.

    sqlite.db | postgresql.sql   the database
    artefacts/…                  the compiled courses
    backup.json                  format, moment, the SHA-256 of each of the others, what was damaged already

At its end stands an empty gzip member whose header carries the SHA-256 of all bytes before it: gzip's own checksum
covers neither its header nor the last bits of a byte, and tar stops reading before it comes to that checksum. Other
programs take the file for what it is, a .tar.gz.
"""

from __future__ import annotations

import errno
import gzip
import json
import os
import tarfile
import zlib
from collections.abc import Iterable, Mapping
from hashlib import file_digest, sha256
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import click

FORMAT = 2
ABOUT = "backup.json"
_PIECE = 1 << 20
_HEAD = bytes.fromhex("1f8b0804 00000000 00ff 2400") + b"SZ" + bytes.fromhex("2000")
_TAIL = bytes.fromhex("0300 00000000 00000000")
_SEALED = len(_HEAD) + 32 + len(_TAIL)


class Damaged(click.ClickException):
    """The file is not what `staza backup` wrote."""


class _Hashed:
    """A file whose bytes are hashed as they are read or written."""

    def __init__(self, file: BinaryIO | None) -> None:
        self._file, self._hash = file, sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size) if self._file else b""
        self._hash.update(data)
        return data

    def write(self, data: bytes) -> None:
        self._hash.update(data)
        if self._file:
            self._file.write(data)

    def name(self) -> str:
        return self._hash.hexdigest()


def write(file: Path, members: Iterable[tuple[str, Path | bytes]], about: Mapping[str, Any]) -> None:
    """Write the members (a name, and a file or its bytes) into a new file, and read it again to the end."""
    hashes: dict[str, str] = {}
    with file.open("wb") as raw:
        with (
            gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=raw, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w") as tar,
        ):
            for name, what in members:
                hashes[name] = _add(tar, name, what)
            _add(tar, ABOUT, json.dumps({"format": FORMAT, **about, "files": hashes}).encode())
        raw.flush()
        with file.open("rb") as written:
            raw.write(_HEAD + file_digest(written, "sha256").digest() + _TAIL)
        raw.flush()
        os.fsync(raw.fileno())
    read(file, None)


def _add(tar: tarfile.TarFile, name: str, what: Path | bytes) -> str:
    with BytesIO(what) if isinstance(what, bytes) else what.open("rb") as file:
        info = tarfile.TarInfo(name)
        info.size = len(what) if isinstance(what, bytes) else os.fstat(file.fileno()).st_size
        info.mode = 0o600
        hashed = _Hashed(file)
        tar.addfile(info, hashed)
        return hashed.name()


def read(file: Path, into: Path | None) -> dict[str, Any]:
    """What backup.json says, once every byte of the file is known to be right; the members are written below the folder
    `into` (None: nowhere). A file of the first format has no hashes; there is less to be known of it."""
    try:
        sealed = _is_sealed(file)
        with tarfile.open(file, "r:gz") as tar:
            hashes = {member.name: _extract(tar, member, into) for member in tar if not member.isdir()}
            about = json.loads(_text_of(tar, ABOUT))
        kind = about["format"]
        hashes.pop(ABOUT)
        right = kind == 1 or (kind == FORMAT and sealed and hashes == about["files"])
        right = right and about["database"] in hashes
    except OSError as error:
        if error.errno not in (None, errno.EEXIST):  # the disk, and not what stands in the file
            raise
        raise _damaged(file, error) from error
    except (EOFError, tarfile.TarError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise _damaged(file, error) from error
    if kind not in (1, FORMAT):
        raise Damaged(f"{file} was made by another version of Staza than this one.")
    if not right:
        raise _damaged(file, "its hashes differ")
    return dict(about)


def _damaged(file: Path, why: object) -> Damaged:
    return Damaged(f"{file} is no backup of Staza, or is damaged ({why}). Nothing was changed.")


def _is_sealed(file: Path) -> bool:
    """Whether the file ends with the hash of all its bytes before."""
    rest = file.stat().st_size - _SEALED
    if rest < 0:
        return False
    whole = sha256()
    with file.open("rb") as opened:
        while rest:
            piece = opened.read(min(_PIECE, rest))
            whole.update(piece)
            rest -= len(piece)
        return opened.read() == _HEAD + whole.digest() + _TAIL


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, into: Path | None) -> str:
    """Write one file below the folder, and nothing elsewhere, whatever the archive says; its hash. (Python's own filter
    for this came with 3.11.4; Debian 12 has 3.11.2.)"""
    data = tar.extractfile(member) if member.isreg() else None
    if data is None or member.name.startswith("/") or ".." in Path(member.name).parts:
        raise tarfile.TarError(f"{member.name} is no file of a backup")
    if into is None:
        return _copy(data, None)
    target = into / member.name
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        hash = _copy(data, file)
        file.flush()
        os.fsync(file.fileno())
    return hash


def _copy(data: Any, file: BinaryIO | None) -> str:
    hashed = _Hashed(file)
    while piece := data.read(_PIECE):
        hashed.write(piece)
    return hashed.name()


def _text_of(tar: tarfile.TarFile, name: str) -> bytes:
    found = tar.extractfile(name)
    return found.read() if found else b""
