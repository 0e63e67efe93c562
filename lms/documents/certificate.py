"""A certificate as a file: one landscape page of A4, PDF/UA-1 (ISO 14289-1), so that screen readers read it too."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import segno
from flask_babel import force_locale, format_date, format_decimal, ngettext
from flask_babel import gettext as _

from lms import i18n
from lms.documents import typesetting
from lms.records.certificates import Certificate, grouped
from lms.shares import percent

TEMPLATE = Path(__file__).with_suffix(".typ")


def certificate_pdf(certificate: Certificate, verify_url: str, programme: str = "") -> bytes:
    """The certificate as PDF, in the language it was issued in, whatever language the reader has chosen.

    `verify_url` is the public address at which the certificate can be verified; its QR code holds it. `programme` is
    the name of the programme that issues it. The same certificate gives the same bytes. Needs an application context.
    """
    language = i18n.LANGUAGES.get(certificate.locale, i18n.LANGUAGES["en"])
    with force_locale(language.babel):
        data = _words(certificate, verify_url) | {"programme": programme, "lang": language.tag.split("-")[0]}
    return typesetting.pdf(TEMPLATE, data, certificate.issued_at)


def _words(certificate: Certificate, verify_url: str) -> dict[str, object]:
    """Everything that the page says, in the current language."""
    issued = certificate.issued_on
    work = [_study(certificate.hours)]
    if certificate.score is not None:
        work.append(_("final quiz passed with %(score)s", score=percent(certificate.score, "#,##0%")))
    facts = [(_("Issued on"), _day(issued))]
    if certificate.valid_until:
        facts.append((_("Valid until"), _day(certificate.valid_until)))
    url = urlsplit(verify_url)
    return {
        "title": _("Certificate: %(course)s, %(name)s", course=certificate.title, name=certificate.name),
        "description": _("Certificate of completion of the course “%(course)s”", course=certificate.title),
        "issuer": _("Staza"),
        "heading": _("Certificate of completion"),
        "name": certificate.name,
        "institution": certificate.institution,
        "completed": _("For the completion of the course"),
        "course": certificate.title,
        "work": " · ".join(work),
        "facts": facts,
        "issued": [issued.year, issued.month, issued.day],
        "revision": _("Edition of the course: %(revision)s", revision=certificate.revision[:12]),
        "verify": _("Verify this certificate"),
        "code": grouped(certificate.code),
        "url": verify_url,
        "address": f"{url.netloc}{url.path.rpartition('/')[0]}",
        "qr": _qr(verify_url),
        "qr_alt": _("QR code that leads to %(address)s", address=verify_url),
    }


def _study(hours: float) -> str:
    """The length of the course. A part of an hour takes the form that the last plural has."""
    count = int(hours) if hours == int(hours) else 0
    return ngettext("%(hours)s hour of study", "%(hours)s hours of study", count, hours=format_decimal(hours))


def _day(day: date) -> str:
    return format_date(day, "long")


def _qr(text: str) -> str:
    """The QR code as SVG; a quarter of it may be torn or stained and it still reads (ISO/IEC 18004, level Q)."""
    image = io.BytesIO()
    segno.make(text, error="q", micro=False).save(image, kind="svg", border=0, dark="#11382a", xmldecl=False)
    return image.getvalue().decode()
