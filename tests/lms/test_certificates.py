"""Certificates: the file, who gets it, and the public page that verifies it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pypdf
import pypdfium2
import pytest
import zxingcpp
from flask import Flask

from lms import clock
from lms.db import db
from lms.documents.certificate import certificate_pdf
from lms.i18n import LANGUAGES
from lms.records.audit import AuditEvent
from lms.records.certificates import Certificate

from .conftest import START, Visitor, World, enrol
from .journey import complete

Visit = Callable[[str], Visitor]
CODE = "7KQM2XWPA9RTB4HC"
ADDRESS = f"https://learn.example.org/verify/{CODE}"


def certificate(**different: Any) -> Certificate:
    """A certificate that is in no database."""
    fields: dict[str, Any] = {
        "code": CODE, "course_id": "basics", "title": "Смуглинг људи", "hours": 3.0, "score": 0.923, "locale": "en",
        "revision": "0123456789abcdef" * 4, "name": "Đorđe Žívković-Šćepanović", "institution": "Ministry A",
        "issued_at": datetime(2026, 11, 21, 12, tzinfo=UTC), "issued_on": date(2026, 11, 21),
        "valid_until": date(2028, 11, 21),
    }  # fmt: skip
    return Certificate(**fields | different)


def stored(world: World, name: str, **different: Any) -> Certificate:
    """A certificate of somebody in the world."""
    person = world.people[name]
    enrolment = enrol(person, "basics", completed_at=START)
    row = certificate(institution_id=person.institution_id, person_id=person.id, enrolment_id=enrolment.id,
                      name=person.name, **different)  # fmt: skip
    db.session.add(row)
    db.session.commit()
    return row


def text_of(pdf: bytes) -> str:
    """The page's text, words parted by single spaces."""
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    assert len(reader.pages) == 1
    return " ".join(reader.pages[0].extract_text().split())


def qr_of(pdf: bytes) -> list[str]:
    """What the QR codes on the page say, read from its picture."""
    document = pypdfium2.PdfDocument(pdf)
    picture = document[0].render(scale=3).to_pil()
    document.close()
    return [code.text for code in zxingcpp.read_barcodes(picture)]


# ── the file ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_page_says_everything_in_every_language(app: Flask, locale: str) -> None:
    pdf = certificate_pdf(certificate(locale=locale), ADDRESS, "Regional E-Learning")
    text = text_of(pdf)
    for part in ("Đorđe Žívković-Šćepanović", "Смуглинг људи", "Ministry A", "2026", "2028", "92", "0123456789ab",
                 "7KQM-2XWP-A9RT-B4HC", "learn.example.org/verify", "Regional E-Learning"):  # fmt: skip
        assert part in text, part
    assert "0123456789abc" not in text
    assert qr_of(pdf) == [ADDRESS]


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_it_can_be_read_by_machines(app: Flask) -> None:
    reader = pypdf.PdfReader(io.BytesIO(certificate_pdf(certificate(locale="mk"), ADDRESS)))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert root["/Lang"] == "mk"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert "Žívković" in reader.metadata.title
    assert b"pdfuaid:part>1<" in root["/Metadata"].get_data()
    assert ADDRESS.encode() in certificate_alternatives(reader)


def certificate_alternatives(reader: pypdf.PdfReader) -> bytes:
    """All alternative texts of the document."""
    parts = [reader.get_object(number) for number in range(1, len(reader.xref[0]) + 1)]
    return " ".join(str(part["/Alt"]) for part in parts if isinstance(part, dict) and "/Alt" in part).encode()


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "name",
    [
        "#strong[Ana] *Jović* $x$ `y` @z <a> \\u{41} \"“",
        "Ѓорѓи Ќосев-Џамбазовски",
        "Albërim Çelaj",
        "љњћђџ ЉЊЋЂЏ",
        "Konstantinopolitanka " * 9,
    ],
)  # fmt: skip
def test_any_name_is_shown_as_it_is(app: Flask, name: str) -> None:
    text = text_of(certificate_pdf(certificate(name=name, title="Course " * 40, score=None, valid_until=None), ADDRESS))
    assert "".join(name.split()) in "".join(text.split())
    assert "92" not in text
    assert "Valid" not in text


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_the_same_certificate_gives_the_same_bytes(app: Flask) -> None:
    assert certificate_pdf(certificate(), ADDRESS) == certificate_pdf(certificate(), ADDRESS)


# ── who gets it ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_certificate_earned_is_downloaded_and_verifies(app: Flask, visitor: Visit, world: World) -> None:
    browser = visitor("trainee")
    complete(browser, "basics")
    row = db.session.query(Certificate).one()
    answer = browser.get(f"/certificates/{row.id}.pdf")
    assert answer.mimetype == "application/pdf"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert world.people["trainee"].name in text_of(answer.data)
    (address,) = qr_of(answer.data)
    page = visitor("").get(address.removeprefix("http://localhost")).get_data(as_text=True)
    assert "This certificate is valid" in page
    assert world.people["trainee"].name in page


@pytest.mark.parametrize(
    ("name", "status", "looks"),
    [
        ("trainee", 200, 0), ("manager", 200, 1), ("unit-manager", 200, 1), ("other-manager", 404, 0),
        ("colleague", 404, 0), ("stranger", 404, 0), ("trainer", 404, 0), ("coordinator", 404, 0),
        ("administrator", 404, 0), ("", 302, 0),
    ],
)  # fmt: skip
def test_who_gets_it(app: Flask, visitor: Visit, world: World, name: str, status: int, looks: int) -> None:
    row = stored(world, "trainee")
    assert visitor(name).get(f"/certificates/{row.id}.pdf").status_code == status
    seen = db.session.query(AuditEvent).filter_by(action="looked-at-certificate").all()
    assert len(seen) == looks
    assert all((look.person_id, look.actor_id) == (row.person_id, world.people[name].id) for look in seen)


def test_a_unit_manager_does_not_get_those_above_them(app: Flask, visitor: Visit, world: World) -> None:
    row = stored(world, "office")
    assert visitor("unit-manager").get(f"/certificates/{row.id}.pdf").status_code == 404
    row = stored(world, "patrol", code="2" * 16)
    assert visitor("unit-manager").get(f"/certificates/{row.id}.pdf").status_code == 200


# ── verifying ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("typed", [CODE, CODE.lower(), "7kqm-2xwp-a9rt-b4hc", " 7KQM 2XWP A9RT-B4HC "])
def test_capitals_dashes_and_spaces_do_not_matter(app: Flask, visitor: Visit, world: World, typed: str) -> None:
    stored(world, "trainee", valid_until=clock.now().date())
    answer = visitor("").get("/verify", query_string={"code": typed}, follow_redirects=True)
    assert answer.status_code == 200
    assert "This certificate is valid" in answer.get_data(as_text=True)
    assert "7KQM-2XWP-A9RT-B4HC" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("different", "heading"),
    [
        ({"valid_until": None}, "This certificate is valid"),
        ({"valid_until": date(2026, 1, 31)}, "This certificate has expired"),
        ({"valid_until": None, "revoked_at": START}, "This certificate was revoked"),
    ],
)
def test_it_says_what_the_certificate_is_worth(
    app: Flask, visitor: Visit, world: World, different: dict[str, Any], heading: str
) -> None:
    stored(world, "trainee", **different)
    page = visitor("").get(f"/verify/{CODE}").get_data(as_text=True)
    assert f"<h1>{heading}</h1>" in page
    assert world.people["trainee"].email not in page


def test_an_unknown_code_is_told_so(app: Flask, visitor: Visit) -> None:
    answer = visitor("").get("/verify/AAAA-BBBB-<b>")
    assert answer.status_code == 404
    assert "AAAA-BBBB-&lt;b&gt;" in answer.get_data(as_text=True)
    assert visitor("").get("/verify").status_code == 200
    assert visitor("").get("/verify?code=+").status_code == 422


def test_codes_cannot_be_tried_out_quickly(app: Flask, visitor: Visit) -> None:
    browser = visitor("")
    codes = [browser.get(f"/verify/{number:016}").status_code for number in range(31)]
    assert codes == [404] * 30 + [429]


def test_verifying_is_written_down(app: Flask, visitor: Visit, world: World) -> None:
    row = stored(world, "trainee", valid_until=clock.now().date() + timedelta(days=1))
    visitor("").get(f"/verify/{CODE}")
    (look,) = db.session.query(AuditEvent).filter_by(action="certificate-verified").all()
    assert (look.person_id, look.actor_id) == (row.person_id, None)
    assert not re.search(CODE, str(look.details))


@pytest.mark.parametrize("url", ["/verify", "/verify/7KQM2XWPA9RTB4HC"])
def test_no_search_engine_lists_a_certificate(app: Flask, visitor: Callable[[str], Visitor], url: str) -> None:
    page = visitor("").get(url)
    assert "noindex" in page.headers["X-Robots-Tag"]
    assert '<meta name="robots" content="noindex' in page.get_data(as_text=True)
