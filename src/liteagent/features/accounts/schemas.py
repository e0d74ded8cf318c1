"""What the account routes take and show."""

import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, StringConstraints

from liteagent.infra.http.schemas import Body, Name, View
from liteagent.infra.http.scopes import SCOPE_PATTERN

__all__ = [
    "ApiKeyBody",
    "ApiKeyCreated",
    "ApiKeyList",
    "ApiKeyView",
    "Email",
    "LoginBody",
    "MeView",
    "Password",
    "RefreshBody",
    "SetupBody",
    "TokenView",
    "UserView",
    "normalise_email",
]

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_LONGEST_EMAIL = 254


def normalise_email(text: str) -> str:
    """An e-mail address as it is kept: without white space around it, in lower case.

    Raises:
        ValueError: It is none.
    """
    email = text.strip().lower()
    if len(email) > _LONGEST_EMAIL or not _EMAIL.fullmatch(email):
        raise ValueError("must be an e-mail address")
    return email


Email = Annotated[str, AfterValidator(normalise_email)]
Password = Annotated[SecretStr, Field(min_length=8, max_length=200, description="8 to 200 characters.")]
_Scope = Annotated[str, StringConstraints(pattern=SCOPE_PATTERN)]


class SetupBody(Body):
    """The first user. `token` is printed at start where the server is open to other machines."""

    email: Email
    password: Password
    token: SecretStr | None = None


class LoginBody(Body):
    """Who signs in."""

    email: str = Field(max_length=_LONGEST_EMAIL)
    password: SecretStr = Field(max_length=200)


class RefreshBody(Body):
    """A refresh token that has not been used."""

    refresh_token: SecretStr = Field(max_length=4096)


class TokenView(View):
    """A fresh pair of tokens; `expires_in` is the access token's, in seconds."""

    access_token: str
    refresh_token: str
    token_type: Literal["bearer"] = Field(default="bearer")
    expires_in: int


class UserView(View):
    """A person."""

    id: str
    email: str
    created_at: datetime


class MeView(View):
    """Who asks. Without `id` and `email` it is the operator, by an API key of theirs."""

    id: str | None
    email: str | None
    workspace_id: str
    workspace_name: str
    role: str
    scopes: list[str] = Field(description="What the API key is limited to; empty: nothing.")


class ApiKeyBody(Body):
    """A key to be made."""

    name: Name
    scopes: list[_Scope] = Field(
        default_factory=list[str],
        max_length=50,
        description="`<area>:read` or `<area>:write`, where the area is the first part of a path below /api, "
        "or `*`. Empty: everything that its user may do.",
    )


class ApiKeyView(View):
    """A key as it is listed."""

    id: str
    name: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    last_used_at: datetime | None


class ApiKeyCreated(ApiKeyView):
    """A key that was just made: the only time it is shown. A repeated request is answered without it."""

    key: str | None


class ApiKeyList(View):
    """A page of keys, newest first."""

    items: list[ApiKeyView]
    next_cursor: str | None = None
