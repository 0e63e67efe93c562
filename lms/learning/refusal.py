"""How a verb declines."""


class Refused(Exception):
    """A verb declines; nothing was changed. The message, in the reader's language, says why and what to do."""
