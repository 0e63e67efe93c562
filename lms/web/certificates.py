"""Certificates: the file for its owner and their manager, and a page on which anyone who holds a code verifies it."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from lms import clock
from lms.db import db
from lms.documents.certificate import certificate_pdf
from lms.learning import access
from lms.learning.look import looked, verified
from lms.records import certificates
from lms.records.institutions import Institution
from lms.reports.table import as_day
from lms.web.access import PUBLIC, SIGNED_IN, actor, allow
from lms.web.forms import found
from lms.web.limits import limiter
from lms.web.reading import library

blueprint = Blueprint("certificates", __name__)


@blueprint.get("/certificates/<uuid:certificate_id>.pdf")
@allow(SIGNED_IN)
def pdf(certificate_id: UUID) -> Response:
    """The certificate as a file: one's own, or that of somebody whom one manages, which is written down."""
    who, session = actor(), db.session()
    certificate = certificates.get(session, access.own(who), certificate_id)
    if certificate is None:
        certificate = found(certificates.get(session, access.managed(who), certificate_id))
        looked(
            who,
            "looked-at-certificate",
            clock.now(),
            certificate.institution_id,
            certificate.person_id,
            course=certificate.course_id,
        )
    address = f"{current_app.config['SETTINGS'].url}{url_for('certificates.verify', code=certificate.code)}"
    programme = library().in_language(certificate.locale).programme().title
    response = Response(certificate_pdf(certificate, address, programme), mimetype="application/pdf")
    name = f"certificate-{certificate.course_id}-{certificate.issued_on}.pdf"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


@blueprint.after_request
def keep_out_of_search(response: Response) -> Response:
    """A certificate names a person: no search engine lists it."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


@blueprint.get("/verify")
@allow(PUBLIC)
def look_up() -> str | BaseResponse | tuple[str, int]:
    """A form to type a code into."""
    code = request.args.get("code")
    if code is None:
        return render_template("certificates/look_up.html", errors=[])
    if not code.strip():
        errors = [("code", _("Enter the code printed on the certificate."))]
        return render_template("certificates/look_up.html", errors=errors), 422
    return redirect(url_for("certificates.verify", code=certificates.typed(code[:500]) or "-"))


@blueprint.get("/verify/<code>")
@allow(PUBLIC)
@limiter.limit("30 per minute")
def verify(code: str) -> tuple[str, int]:
    """Whether the certificate with this code is genuine, and what it says. The look is written down."""
    certificate = certificates.by_code(db.session(), code)
    if certificate is None:
        return render_template("certificates/unknown.html", code=code[:40]), 404
    at = clock.now()
    verified(certificate.institution_id, certificate.person_id, certificate.course_id, at)
    institution = db.session().get_one(Institution, certificate.institution_id)
    state = certificate.state(institution.today(at))
    return render_template(
        "certificates/verify.html",
        certificate=certificate,
        state=state,
        revoked_on=as_day(certificate.revoked_at, institution.time_zone),
        code=certificates.grouped(certificate.code),
    ), 200
