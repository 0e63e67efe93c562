# The part of Flask-Login that Staza uses; the package brings no types of its own.
from collections.abc import Callable
from typing import Any

from flask import Flask

current_user: Any

class UserMixin:
    @property
    def is_authenticated(self) -> bool: ...
    def get_id(self) -> str: ...

class LoginManager:
    session_protection: str | None
    def __init__(self, app: Flask | None = None) -> None: ...
    def user_loader(self, callback: Callable[[str], Any]) -> Callable[[str], Any]: ...

def login_user(user: UserMixin, remember: bool = False) -> bool: ...
def logout_user() -> bool: ...
