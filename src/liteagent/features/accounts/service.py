"""People and keys: setting up, signing in, staying signed in, and who a request comes from."""

import secrets
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from liteagent.contracts.clock import Clock
from liteagent.contracts.errors import (
    ConflictError,
    InvalidInputError,
    NotAuthenticatedError,
    NotFoundError,
    NotPermittedError,
)
from liteagent.contracts.identity import Principal
from liteagent.features.accounts import repository
from liteagent.features.accounts.models import (
    ApiKeyRow,
    MembershipRow,
    RefreshSessionRow,
    UserRow,
    WorkspaceRow,
)
from liteagent.features.accounts.schemas import (
    ApiKeyBody,
    ApiKeyCreated,
    ApiKeyList,
    ApiKeyView,
    MeView,
    TokenView,
    UserView,
    normalise_email,
)
from liteagent.infra.db.database import Database
from liteagent.infra.db.idempotency import IdempotencyToken, claim
from liteagent.infra.security.api_keys import is_api_key, matches, new_api_key, prefix_of
from liteagent.infra.security.passwords import Passwords
from liteagent.infra.security.tokens import Claims, TokenKind, Tokens
from liteagent.infra.system import new_id

__all__ = ["AccountService"]

_TOUCH_EVERY = timedelta(minutes=1)
_WORKSPACE_NAME = "Default"
_SHORTEST_PASSWORD, _LONGEST_PASSWORD = 8, 200


class AccountService:
    """Accounts.

    Args:
        setup_token: What the first set-up must show; None where only this machine can reach the server.
    """

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        tokens: Tokens,
        clock: Clock,
        *,
        setup_token: str | None = None,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._tokens = tokens
        self._clock = clock
        self._setup_token = setup_token

    async def ensure_workspace(self) -> str:
        """The id of the default workspace, which is made if there is none."""
        return await self._database.write(_ensure_workspace)

    async def has_users(self) -> bool:
        """Whether anybody was set up yet."""
        return await self._database.read(repository.count_users) > 0

    async def set_up(self, email: str, password: str, token: str | None = None) -> TokenView:
        """Make the first user, owner of the default workspace, and sign them in.

        Raises:
            ConflictError: `already_set_up`.
            NotPermittedError: The set-up token is needed, and this is not it.
        """
        if await self.has_users():
            raise _already_set_up()
        if self._setup_token is not None and not _same(token, self._setup_token):
            raise NotPermittedError(
                "Setting up from another machine needs the token that the server printed when it started.",
                code="setup_token_required",
            )
        hashed = await self._passwords.hash(password)

        def work(session: Session) -> TokenView:
            if repository.count_users(session):
                raise _already_set_up()
            user = _add_user(session, email, hashed, role="owner")
            return self._sign_in(session, user.id)

        return await self._database.write(work)

    async def create_user(self, email: str, password: str) -> UserView:
        """Make a user: the owner of the default workspace if they are the first, and a member otherwise.

        Raises:
            InvalidInputError: It is no e-mail address, or the password is too short or too long.
            ConflictError: `email_taken`.
        """
        address = _checked_email(email)
        if not _SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD:
            raise InvalidInputError(
                f"A password has {_SHORTEST_PASSWORD} to {_LONGEST_PASSWORD} characters. Choose another."
            )
        hashed = await self._passwords.hash(password)

        def work(session: Session) -> UserView:
            if repository.find_user(session, address):
                raise ConflictError(f"There is a user {address} already.", code="email_taken")
            role = "member" if repository.count_users(session) else "owner"
            return UserView.model_validate(_add_user(session, address, hashed, role=role))

        return await self._database.write(work)

    async def login(self, email: str, password: str) -> TokenView:
        """Sign in.

        Raises:
            NotAuthenticatedError: `invalid_credentials`, whether the address or the password is wrong.
        """
        address = email.strip().lower()
        user = await self._database.read(lambda session: repository.find_user(session, address))
        known = user.password_hash if user and user.disabled_at is None else None
        if not await self._passwords.verify(password, known) or user is None:
            raise NotAuthenticatedError(
                "The e-mail address or the password is wrong.", code="invalid_credentials"
            )
        user_id = user.id
        return await self._database.write(lambda session: self._sign_in(session, user_id))

    async def refresh(self, refresh_token: str) -> TokenView:
        """A new pair of tokens for a refresh token that has not been used.

        A used one ends the sign-in with all its tokens: either its owner or a thief has a copy too many.

        Raises:
            NotAuthenticatedError: The token does not hold, or was used before.
        """
        claims = self._tokens.read(refresh_token, TokenKind.REFRESH)
        pair = await self._database.write(lambda session: self._rotate(session, claims))
        if pair is None:
            raise NotAuthenticatedError(
                "This refresh token does not hold any more. Sign in again.", code="token_revoked"
            )
        return pair

    async def logout(self, authorization: str | None) -> None:
        """End the sign-in that an access token comes from.

        Raises:
            InvalidInputError: It is an API key, which is deleted instead.
        """
        credential = _credential(authorization)
        if is_api_key(credential):
            raise InvalidInputError("An API key does not sign out. Delete it at /api/auth/api-keys.")
        claims = self._tokens.read(credential, TokenKind.ACCESS)
        now = self._now()
        await self._database.write(lambda session: repository.revoke_session(session, claims.session_id, now))

    async def authenticate(self, authorization: str | None) -> Principal:
        """The principal of an `Authorization` header: an access token or an API key.

        Raises:
            NotAuthenticatedError: There is none, or it does not hold (any more).
        """
        credential = _credential(authorization)
        if is_api_key(credential):
            return await self._authenticate_key(credential)
        claims = self._tokens.read(credential, TokenKind.ACCESS)
        now = self._now()
        row = await self._database.read(
            lambda session: repository.find_session(session, claims.session_id, claims.subject, now)
        )
        if row is None:
            raise NotAuthenticatedError("This sign-in has ended. Sign in again.", code="token_revoked")
        return Principal(row.workspace_id, row.user_id)

    async def me(self, principal: Principal) -> MeView:
        """Who the principal is."""
        workspace, user, role = await self._database.read(
            lambda session: repository.membership(session, principal)
        )
        return MeView(
            id=user.id if user else None,
            email=user.email if user else None,
            workspace_id=workspace.id,
            workspace_name=workspace.name,
            role=role,
            scopes=sorted(principal.scopes),
        )

    async def add_key(
        self, principal: Principal, body: ApiKeyBody, token: IdempotencyToken | None = None
    ) -> ApiKeyCreated:
        """Make an API key for the principal; it is shown this once.

        Raises:
            NotPermittedError: The principal is limited, and the key would not be.
        """
        _require_no_more_than_own(principal, body.scopes)
        fresh = new_id()

        def work(session: Session) -> ApiKeyCreated:
            key_id = claim(session, principal, token, fresh)
            if key_id == fresh:
                return _add_key(session, principal, body, key_id)
            known = repository.get_key(session, principal, key_id)
            return ApiKeyCreated(**ApiKeyView.model_validate(known).model_dump(), key=None)

        return await self._database.write(work)

    async def create_key(
        self, name: str, scopes: Collection[str] = (), email: str | None = None
    ) -> ApiKeyCreated:
        """Make an API key at the command line: a user's, or without `email` the operator's.

        Raises:
            NotFoundError: There is no such user.
            InvalidInputError: The name or a scope is of no use.
        """
        workspace_id = await self.ensure_workspace()
        user_id = None if email is None else await self._user_id(email)
        try:
            body = ApiKeyBody(name=name, scopes=list(scopes))
        except ValueError:
            raise InvalidInputError(
                "A key needs a name of 1 to 200 characters, and scopes are like `agents:read` or `*:write`."
            ) from None
        return await self.add_key(Principal(workspace_id, user_id), body)

    async def list_keys(
        self, principal: Principal, *, limit: int = 50, cursor: str | None = None
    ) -> ApiKeyList:
        """A page of the principal's keys and the operator's, newest first."""
        found = await self._database.read(
            lambda session: repository.list_keys(session, principal, limit=limit, cursor=cursor)
        )
        items = [ApiKeyView.model_validate(row) for row in found.items]
        return ApiKeyList(items=items, next_cursor=found.next_cursor)

    async def delete_key(self, principal: Principal, key_id: str) -> None:
        """Delete a key; it stops working at once.

        Raises:
            NotFoundError: It is none of the principal's.
        """
        await self._database.write(lambda session: repository.delete_key(session, principal, key_id))

    async def _user_id(self, email: str) -> str:
        address = _checked_email(email)
        user = await self._database.read(lambda session: repository.find_user(session, address))
        if user is None:
            raise NotFoundError(f"There is no user {address}. Make one with: liteagent user create {address}")
        return user.id

    async def _authenticate_key(self, key: str) -> Principal:
        prefix = prefix_of(key)
        row = None if prefix is None else await self._database.read(lambda session: _usable(session, prefix))
        if row is None or not matches(key, row.digest):
            raise NotAuthenticatedError("This API key does not hold. Use another.", code="api_key_invalid")
        now = self._now()
        if row.last_used_at is None or now - row.last_used_at >= _TOUCH_EVERY:
            key_id = row.id
            await self._database.write(lambda session: repository.touch_key(session, key_id, now))
        return Principal(row.workspace_id, row.user_id, frozenset(map(str, row.scopes)), row.id)

    def _sign_in(self, session: Session, user_id: str) -> TokenView:
        now = self._now()
        repository.drop_ended_sessions(session, user_id, now)
        row = RefreshSessionRow(
            id=new_id(),
            workspace_id=repository.workspace_of_user(session, user_id),
            user_id=user_id,
            token_id=new_id(),
            expires_at=self._session_end(now),
        )
        session.add(row)
        return self._pair(row)

    def _rotate(self, session: Session, claims: Claims) -> TokenView | None:
        now = self._now()
        row = repository.find_session(session, claims.session_id, claims.subject, now)
        if row is None:
            return None
        if row.token_id != claims.token_id:
            row.revoked_at = now
            return None
        row.token_id = new_id()
        row.expires_at = self._session_end(now)
        return self._pair(row)

    def _pair(self, row: RefreshSessionRow) -> TokenView:
        return TokenView(
            access_token=self._tokens.issue(TokenKind.ACCESS, row.user_id, row.id, new_id()),
            refresh_token=self._tokens.issue(TokenKind.REFRESH, row.user_id, row.id, row.token_id),
            expires_in=self._tokens.lifetime(TokenKind.ACCESS),
        )

    def _session_end(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self._tokens.lifetime(TokenKind.REFRESH))

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now(), UTC)


def _ensure_workspace(session: Session) -> str:
    known = repository.first_workspace(session)
    if known is not None:
        return known.id
    row = WorkspaceRow(id=new_id(), name=_WORKSPACE_NAME)
    session.add(row)
    session.flush()
    return row.id


def _add_user(session: Session, email: str, password_hash: str, *, role: str) -> UserRow:
    workspace_id = _ensure_workspace(session)
    user = UserRow(id=new_id(), email=email, password_hash=password_hash)
    session.add(user)
    session.flush()
    session.add(MembershipRow(workspace_id=workspace_id, user_id=user.id, role=role))
    session.flush()
    return user


def _add_key(session: Session, principal: Principal, body: ApiKeyBody, key_id: str) -> ApiKeyCreated:
    made = new_api_key()
    row = ApiKeyRow(
        id=key_id,
        workspace_id=principal.workspace_id,
        created_by=principal.name,
        user_id=principal.user_id,
        name=body.name,
        prefix=made.prefix,
        digest=made.digest,
        scopes=sorted(set(body.scopes)),
    )
    session.add(row)
    session.flush()
    return ApiKeyCreated(**ApiKeyView.model_validate(row).model_dump(), key=made.key)


def _usable(session: Session, prefix: str) -> ApiKeyRow | None:
    row = repository.find_key(session, prefix)
    if row is None or row.user_id is None:
        return row
    user = repository.user_of_key(session, row)
    return row if user is not None and user.disabled_at is None else None


def _require_no_more_than_own(principal: Principal, scopes: Collection[str]) -> None:
    if principal.scopes and (not scopes or not set(scopes) <= principal.scopes):
        raise NotPermittedError(
            "A limited API key can only make keys with scopes of its own. Name some of them.",
            code="scope_missing",
        )


def _credential(authorization: str | None) -> str:
    scheme, _, credential = (authorization or "").strip().partition(" ")
    if scheme.lower() != "bearer" or not credential.strip():
        raise NotAuthenticatedError(
            "Sign in at /api/auth/login and send `Authorization: Bearer <access token or API key>`."
        )
    return credential.strip()


def _checked_email(email: str) -> str:
    try:
        return normalise_email(email)
    except ValueError as error:
        raise InvalidInputError(f"{email!r} {error}.") from None


def _same(given: str | None, wanted: str) -> bool:
    return given is not None and secrets.compare_digest(given.encode(), wanted.encode())


def _already_set_up() -> ConflictError:
    return ConflictError("This installation is set up. Sign in at /api/auth/login.", code="already_set_up")
