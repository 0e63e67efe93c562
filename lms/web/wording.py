"""The words for what the audit log writes down."""

from __future__ import annotations

from flask_babel import gettext as _

from lms.records.people import Role


def actions() -> dict[str, str]:
    """What can be written down, by action, in the order in which it is offered."""
    return {
        "looked-at-people": _("Viewed a list of people"),
        "looked-at-completion": _("Viewed completion"),
        "looked-at-requests": _("Viewed requests for places"),
        "looked-at-record": _("Viewed a person’s record"),
        "looked-at-account": _("Viewed a person’s account"),
        "looked-at-institution": _("Viewed an institution’s managers"),
        "looked-at-certificate": _("Viewed a certificate"),
        "looked-at-audit-log": _("Viewed the audit log"),
        "refused": _("Was denied access"),
        "looked-at-operation": _("Viewed the operation page"),
        "tried-again": _("Retried failed jobs"),
        "certificate-verified": _("Verified a certificate"),
        "exported": _("Exported a list"),
        "enrolled": _("Enrolled"),
        "due-day-set": _("Set a due date"),
        "attempt-allowed": _("Allowed one more attempt"),
        "asked-for-place": _("Requested a place"),
        "request-granted": _("Granted a request"),
        "request-declined": _("Declined a request"),
        "started": _("Started a course"),
        "attempt-begun": _("Began an attempt"),
        "attempt-submitted": _("Submitted an attempt"),
        "marked": _("Marked an answer"),
        "mark-changed": _("Changed the mark of an answer"),
        "refresher-mailed": _("Was mailed about changes to review"),
        "lesson-finished-again": _("Finished a changed lesson again"),
        "regraded": _("Result marked again"),
        "completed": _("Completed a course"),
        "certified": _("Received a certificate"),
        "signed-in": _("Signed in"),
        "signed-out": _("Signed out"),
        "sign-in-refused": _("Failed to sign in"),
        "password-changed": _("Changed the password"),
        "password-reset-asked": _("Asked for a new password"),
        "password-reset": _("Set a password by mailed link"),
        "password-set": _("Set a password from the command line"),
        "person-added": _("Added a person"),
        "person-changed": _("Changed a person’s data"),
        "invited": _("Sent the invitation again"),
        "password-link-sent": _("Sent a link to choose a new password"),
        "confirmation-refused": _("Entered a wrong password when confirming"),
        "other-sign-ins-ended": _("Signed out of all other browsers"),
        "account-closed": _("Closed an account"),
        "account-opened": _("Reopened an account"),
        "role-granted": _("Gave a role"),
        "role-revoked": _("Removed a role"),
        "institution-added": _("Added an institution"),
        "unit-added": _("Added a unit"),
        "institution-renamed": _("Renamed an institution or unit"),
        "time-zone-changed": _("Changed the time zone of an institution"),
    }


def duties() -> dict[str, str]:
    """What the worker does, by duty."""
    return {
        "attempts": _("Submitting attempts whose time has run out"),
        "jobs": _("Sending mails"),
        "reminders": _("Reminders about changed lessons"),
        "statistics": _("Database maintenance"),
    }


def roles() -> dict[Role, str]:
    """What the roles are called."""
    return {
        Role.MANAGER: _("Manager"),
        Role.TRAINER: _("Trainer"),
        Role.COORDINATOR: _("Coordinator"),
        Role.ADMINISTRATOR: _("Administrator"),
    }


def standings() -> dict[str, str]:
    """How an account can stand."""
    return {"open": _("open"), "waiting": _("no password yet"), "closed": _("closed")}
