"""Certificates: the file, who gets it, and the public page that verifies it."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pypdf
import pypdfium2
import pytest
import typst
import zxingcpp
from flask import Flask

from lms import clock
from lms.db import db
from lms.documents import typesetting
from lms.documents.certificate import certificate_pdf
from lms.i18n import LANGUAGES
from lms.learning.complete import _language
from lms.records.attempts import Attempt
from lms.records.audit import AuditEvent
from lms.records.certificates import Certificate
from lms.records.institutions import Institution

from .conftest import START, Visitor, World, enrol
from .journey import complete

Visit = Callable[[str], Visitor]
CODE = "7KQM2XWPA9RTB4HC"
ADDRESS = f"https://learn.example.org/verify/{CODE}"


def certificate(**different: Any) -> Certificate:
    """A certificate that is in no database."""
    fields: dict[str, Any] = {
        "code": CODE,
        "course_id": "basics",
        "title": "Смуглинг људи",
        "hours": 3.0,
        "score": 0.923,
        "locale": "en",
        "revision": "0123456789abcdef" * 4,
        "name": "Đorđe Žívković-Šćepanović",
        "institution": "Ministry A",
        "issued_at": datetime(2026, 11, 21, 12, tzinfo=UTC),
        "issued_on": date(2026, 11, 21),
        "valid_until": date(2028, 11, 21),
    }
    return Certificate(**fields | different)


def stored(world: World, name: str, **different: Any) -> Certificate:
    """A certificate of somebody in the world."""
    person = world.people[name]
    enrolment = enrol(person, "basics", completed_at=START)
    row = certificate(
        institution_id=person.institution_id,
        person_id=person.id,
        enrolment_id=enrolment.id,
        name=person.name,
        **different,
    )
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
    for part in (
        "Đorđe Žívković-Šćepanović",
        "Смуглинг људи",
        "Ministry A",
        "2026",
        "2028",
        "92",
        "0123456789ab",
        "7KQM-2XWP-A9RT-B4HC",
        "learn.example.org/verify",
        "Regional E-Learning",
    ):
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
        '#strong[Ana] *Jović* $x$ `y` @z <a> \\u{41} "“',
        "Ѓорѓи Ќосев-Џамбазовски",
        "Albërim Çelaj",
        "љњћђџ ЉЊЋЂЏ",
        "Konstantinopolitanka " * 9,
    ],
)
def test_any_name_is_shown_as_it_is(app: Flask, name: str) -> None:
    text = text_of(certificate_pdf(certificate(name=name, title="Course " * 40, score=None, valid_until=None), ADDRESS))
    assert "".join(name.split()) in "".join(text.split())
    assert "92" not in text
    assert "Valid" not in text


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_the_same_certificate_gives_the_same_bytes(app: Flask) -> None:
    assert certificate_pdf(certificate(), ADDRESS) == certificate_pdf(certificate(), ADDRESS)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_several_are_made_at_the_same_moment(app: Flask) -> None:
    def made(number: int) -> bytes:
        with app.app_context():
            return certificate_pdf(certificate(name=f"Trainee {number % 8}"), ADDRESS)

    alone = [made(number) for number in range(8)]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(made, range(48))) == alone * 6


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
        ("trainee", 200, 0),
        ("manager", 200, 1),
        ("unit-manager", 200, 1),
        ("other-manager", 404, 0),
        ("colleague", 404, 0),
        ("stranger", 404, 0),
        ("trainer", 404, 0),
        ("coordinator", 404, 0),
        ("administrator", 404, 0),
        ("", 302, 0),
    ],
)
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


# ── whatever was typed ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", ["王小明", "ศักดิ์ ไทย", "Ana 😀👩‍👩‍👧", "＝Ana", "עברית عربي", "\u202eAna", "शक्ति"])
def test_characters_that_no_font_has_never_stop_a_certificate(app: Flask, name: str) -> None:
    text = text_of(certificate_pdf(certificate(name=name, institution=name, title=name), ADDRESS, name))
    assert "7KQM-2XWP-A9RT-B4HC" in text
    assert ("=Ana" in text) if name == "＝Ana" else ("Ana" in text or "�" in text)


def test_every_character_said_to_be_printed_is() -> None:
    """In both weights; marks over letters of both scripts."""
    template = b"""#set document(title: "x")
#set text(font: "Libertinus Serif")
#let signs = json(bytes(sys.inputs.data))
#for sign in signs [#sign ] #set text(weight: "bold")
#for sign in signs [#sign ]"""
    signs = [*sorted(typesetting._printed() - typesetting.MARKS)]
    signs += [letter + mark for letter in "aMжШ" for mark in typesetting.MARKS]
    typst.Compiler(ignore_system_fonts=True).compile(
        template, format="pdf", pdf_standards=["ua-1"], sys_inputs={"data": json.dumps(signs)}
    )
    assert typesetting.printable("Đorđe Ђорђевић Ќосевски ñ ß ő") == "Đorđe Ђорђевић Ќосевски ñ ß ő"


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize("length", [120, 200])
def test_a_name_of_one_long_word_stays_on_the_page(app: Flask, length: int) -> None:
    pdf = certificate_pdf(certificate(name="W" * length, institution="M" * 200), ADDRESS)
    assert "W" * length in text_of(pdf).replace(" ", "")
    document = pypdfium2.PdfDocument(pdf)
    page = document[0]
    text = page.get_textpage()
    rights = [text.get_charbox(place)[2] for place in range(text.count_chars())]
    assert max(rights) < page.get_width() - 30
    document.close()


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("hours", "said"), [(1.0, "1 hour of study"), (3.0, "3 hours"), (1.5, "1.5 hours")])
def test_hours_are_counted_rightly(app: Flask, hours: float, said: str) -> None:
    assert said in text_of(certificate_pdf(certificate(hours=hours), ADDRESS))


@pytest.mark.parametrize(
    "typed",
    [
        CODE.lower(),
        "7KQM-2XWP-A9RT-B4HC",
        " 7kqm 2xwp\u00a0a9rt b4hc ",
        "７KQM2XWPA9RTB4HC",
        "7KQM\u20112XWP–A9RT—B4HC",
        "7кљм2џњпа9ртб4хц",
        "7КQМ2ХWРА9RТВ4НС",
        ADDRESS,
        f"{ADDRESS}?a=b#c",
        "learn.example.org/verify/7KQM-2XWP-A9RT-B4HC",
        "https://learn.example.org/verify?code=7kqm2xwpa9rtb4hc",
    ],
)
def test_a_code_is_understood_as_it_is_typed(visitor: Visit, world: World, typed: str) -> None:
    stored(world, "trainee")
    answer = visitor("").get("/verify?" + urlencode({"code": typed}), follow_redirects=True)
    assert answer.status_code == 200
    assert CODE[:4] in answer.get_data(as_text=True)


def test_the_certificate_is_in_the_language_of_the_course_as_it_was_taken(visitor: Visit, world: World) -> None:
    """Whoever never chose a language read the pages in that of the browser."""
    person = world.people["trainee"]
    institution = db.session.get_one(Institution, person.institution_id)
    enrolment = enrol(person, "basics")
    institution.country = "MK"
    assert _language(db.session(), enrolment, person, institution).code == "mk"
    for number, locale in enumerate(("en", "sr_Latn"), start=1):
        db.session.add(
            Attempt(
                institution_id=person.institution_id,
                person_id=person.id,
                enrolment_id=enrolment.id,
                course_id="basics",
                quiz_id="final",
                number=number,
                revision="0" * 64,
                commit="",
                seed="1",
                locale=locale,
                shown=[],
                started_at=START + timedelta(days=number),
            )
        )
    db.session.flush()
    assert _language(db.session(), enrolment, person, institution).code == "sr_Latn"
    person.locale = "sq"
    assert _language(db.session(), enrolment, person, institution).code == "sq"
