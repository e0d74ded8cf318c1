"""The prices of a workspace, as its users enter them."""

from typing import Any

from sqlalchemy.orm import Session

from liteagent.contracts.clock import Clock, IdSource
from liteagent.contracts.identity import Principal
from liteagent.features.llm_providers import repository
from liteagent.features.llm_providers.models import PriceRow
from liteagent.features.llm_providers.prices import Price, PriceTable, micro, shipped, shipped_as_of
from liteagent.features.llm_providers.schemas import (
    PriceBody,
    PriceDefault,
    PriceList,
    PricePatch,
    PriceView,
)
from liteagent.infra.cache.fresh import Fresh
from liteagent.infra.db.database import Database
from liteagent.infra.db.idempotency import IdempotencyToken, claim

__all__ = ["PriceService"]

_FRESH = 5.0
_RATES = ("input", "cached", "cache_write", "output")


class PriceService:
    """Prices. What another process has changed is known after 5 seconds."""

    def __init__(self, database: Database, clock: Clock, new_id: IdSource) -> None:
        self._database = database
        self._new_id = new_id
        self._tables: Fresh[str, PriceTable] = Fresh(clock, _FRESH)

    async def create(
        self, principal: Principal, body: PriceBody, token: IdempotencyToken | None = None
    ) -> PriceView:
        """Add a price; it comes before the shipped ones.

        Raises:
            NotFoundError: Its provider is not in this workspace.
        """

        def insert(session: Session) -> PriceView:
            if body.provider_id is not None:
                repository.get(session, principal, body.provider_id)
            price_id = claim(session, principal, token, self._new_id())
            if session.get(PriceRow, price_id) is None:
                values = _columns(body.model_dump())
                session.add(
                    PriceRow(
                        id=price_id,
                        workspace_id=principal.workspace_id,
                        created_by=principal.name,
                        **values,
                    )
                )
                session.flush()
            return _view(repository.get_price(session, principal, price_id))

        view = await self._database.write(insert)
        self._tables.forget(principal.workspace_id)
        return view

    async def list(self, principal: Principal, *, limit: int = 50, cursor: str | None = None) -> PriceList:
        """A page of the workspace's prices, with those that are shipped."""

        def find(session: Session) -> PriceList:
            found = repository.prices(session, principal, limit=limit, cursor=cursor)
            return PriceList(
                items=[_view(row) for row in found.items],
                next_cursor=found.next_cursor,
                defaults=[_default(each) for each in shipped()],
                defaults_as_of=shipped_as_of(),
            )

        return await self._database.read(find)

    async def get(self, principal: Principal, price_id: str) -> PriceView:
        """One price.

        Raises:
            NotFoundError: Not in this workspace.
        """
        return await self._database.read(
            lambda session: _view(repository.get_price(session, principal, price_id))
        )

    async def update(self, principal: Principal, price_id: str, body: PricePatch) -> PriceView:
        """Change what the body names; what has been counted stays as it is.

        Raises:
            NotFoundError: Not in this workspace.
        """

        def change(session: Session) -> PriceView:
            row = repository.get_price(session, principal, price_id)
            for name, value in _columns(body.model_dump(exclude_unset=True)).items():
                if value is not None or name in ("cached", "cache_write"):
                    setattr(row, name, value)
            session.flush()
            return _view(row)

        view = await self._database.write(change)
        self._tables.forget(principal.workspace_id)
        return view

    async def delete(self, principal: Principal, price_id: str) -> None:
        """Forget a price.

        Raises:
            NotFoundError: Not in this workspace.
        """
        await self._database.write(
            lambda session: session.delete(repository.get_price(session, principal, price_id))
        )
        self._tables.forget(principal.workspace_id)

    async def table(self, workspace_id: str) -> PriceTable:
        """The prices that hold in a workspace."""

        def read(session: Session) -> PriceTable:
            rows = repository.all_prices(session, workspace_id)
            return PriceTable([_price(row) for row in rows], shipped())

        return await self._tables.get(workspace_id, lambda: self._database.read(read))


def _columns(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: micro(value) if name in _RATES and value is not None else value
        for name, value in values.items()
    }


def _dollars(rate: int | None) -> float | None:
    return None if rate is None else rate / 1_000_000


def _price(row: PriceRow) -> Price:
    return Price(
        row.model, row.input, row.output, row.cached, row.cache_write, row.provider_type, row.provider_id
    )


def _view(row: PriceRow) -> PriceView:
    return PriceView(
        id=row.id,
        provider_id=row.provider_id,
        provider_type=row.provider_type,
        model=row.model,
        input=row.input / 1_000_000,
        output=row.output / 1_000_000,
        cached=_dollars(row.cached),
        cache_write=_dollars(row.cache_write),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _default(price: Price) -> PriceDefault:
    return PriceDefault(
        provider_type=price.provider_type or "",
        model=price.model,
        input=price.input / 1_000_000,
        output=price.output / 1_000_000,
    )
