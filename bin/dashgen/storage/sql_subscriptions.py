"""Which tier an owner is on, in the tables of a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from dashgen.ids import is_user_id
from dashgen.slots import Tier
from dashgen.storage.sql_schema import SUBSCRIPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dashgen.storage.sql_database import Database


class SqlSubscriptionStore:
    """One row for each owner who was ever put on a tier.

    Args:
        database: Where the tables are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def tier(self, owner_id: str) -> Tier:
        """The owner's tier; free when there is no row."""
        query = select(SUBSCRIPTIONS.c.tier).where(SUBSCRIPTIONS.c.owner_id == owner_id)
        with self._database.reading() as connection:
            tier = connection.execute(query).scalar()
        return Tier.free if tier is None else Tier(tier)

    def set_tier(self, owner_id: str, tier: Tier) -> None:
        """Put an owner on a tier.

        Raises:
            ValueError: not a user id.
            StorageFailed: the database refused.
        """
        if not is_user_id(owner_id):
            raise ValueError("not a user id")
        with self._database.changing(owner_id) as connection:
            connection.execute(delete(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.owner_id == owner_id))
            connection.execute(insert(SUBSCRIPTIONS).values(owner_id=owner_id, tier=tier))

    def unreadable(self) -> Iterator[str]:
        """None: the table takes no tier that there is not."""
        return iter(())

    def all(self) -> Iterator[tuple[str, Tier]]:
        """Everybody who was ever put on a tier, in order of their ids."""
        query = select(SUBSCRIPTIONS).order_by(SUBSCRIPTIONS.c.owner_id)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return ((row.owner_id, Tier(row.tier)) for row in rows)
