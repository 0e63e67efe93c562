"""Sending a table as a file. It is written to disk and sent from there: memory stays flat, and either all of it arrives
or an error page does."""

from __future__ import annotations

from collections.abc import Sequence
from tempfile import TemporaryFile
from typing import IO, cast

from flask import Response, request
from werkzeug.wsgi import wrap_file

from lms.reports.files import FILE_TYPES, Sheet, csv_file, xlsx_file


def sheets_sent(kind: str, name: str, sheets: Sequence[Sheet], about: Sequence[tuple[str, str]]) -> Response:
    """The tables as a CSV or an XLSX of this name. Their rows are taken one by one."""
    file = cast(IO[bytes], TemporaryFile())  # noqa: SIM115 -- closed with the answer
    try:
        if kind == "csv":
            csv_file(sheets, file)
        else:
            xlsx_file(sheets, about, file)
        length = file.tell()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    answer = Response(wrap_file(request.environ, file), content_type=FILE_TYPES[kind], direct_passthrough=True)
    answer.content_length = length
    return named(answer, f"{name}.{kind}")


def named(answer: Response, name: str) -> Response:
    """The answer as a file that a browser saves under this name."""
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
