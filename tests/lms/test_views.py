"""Who gets what: every view × every role × an object of one's own, of another institution, and none.

The table is complete: a view that is added and not listed here fails the first test.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from flask import Flask

from lms.db import db

from .conftest import Visitor, World, enrol
