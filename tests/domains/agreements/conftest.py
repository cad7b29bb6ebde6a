"""Customers who may consent, and the shipped agreement, published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from umcloud.domains.agreements import service
from umcloud.domains.agreements.model import AgreementVersion, Consent
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act, Door
from umcloud.kernel.ids import AccountId, MemberId, uuid7

EMPHASISED = frozenset({"C11", "C12", "C13", "E"})


@dataclass(frozen=True)
class Customer:
    """An account and one of its people."""

    account: AccountId
    member: MemberId


@dataclass(frozen=True)
class Page:
    """The page on which somebody consents: the text in force and the visitor's circumstances."""

    tx: Tx
    act: Act
    binding: AgreementVersion

    async def customer(self, account: AccountId | None = None) -> Customer:
        """Return a new customer, or a new colleague in the account."""
        now = self.act.now
        who = Customer(account or AccountId(uuid7(now)), MemberId(uuid7(now)))
        if account is None:
            await self.tx.sql(
                "INSERT INTO account (id, lane, name, state, locale, created_at) "
                "VALUES (:id, 7, '某公司', 'ACTIVE', 'zh_CN', :now)",
                id=who.account,
                now=now,
            )
        await self.tx.sql(
            "INSERT INTO member "
            "(id, account_id, email, name, role, state, password_hash, created_at) "
            "VALUES (:id, :account, :email, '某人', 'OWNER', 'ACTIVE', 'none', :now)",
            id=who.member,
            account=who.account,
            email=f"{who.member}@example.com",
            now=now,
        )
        return who

    async def agree(self, who: Customer, **changes: Any) -> Consent:
        """Consent as a careful customer does, save for the changes."""
        facts: Mapping[str, Any] = {
            "act": self.act,
            "acknowledged": EMPHASISED,
            "seconds_on_page": 95,
            "authority": True,
            "version_id": self.binding.id,
        }
        return await service.accept(
            self.tx, account_id=who.account, member_id=who.member, **{**facts, **changes}
        )


@pytest.fixture
def visitor(act: Act) -> Act:
    """Return the circumstances of somebody at the registration page."""
    return replace(act, door=Door.PORTAL, ip="203.0.113.9", user_agent="Mozilla/5.0 (测试)")


@pytest.fixture
async def binding(tx: Tx, act: Act) -> AgreementVersion:
    """Return the Chinese text in force, after publishing what is shipped."""
    await service.publish_shipped(tx, act)
    return await service.current(tx, now=act.now)


@pytest.fixture
def page(tx: Tx, visitor: Act, binding: AgreementVersion) -> Page:
    """Return the registration page."""
    return Page(tx, visitor, binding)
