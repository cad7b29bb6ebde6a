"""What the operator does behind the portal: reviews, a line, money that arrives."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from tests.domains.payments.channel import notice_for
from tests.doors.portal.conftest import World
from umcloud.domains.identity import queries as identity_queries
from umcloud.domains.identity import service as identity
from umcloud.domains.messaging import service as messaging
from umcloud.domains.payments import queries as payment_queries
from umcloud.domains.payments import service as payments
from umcloud.domains.resources.signatures import queries as signature_queries
from umcloud.domains.resources.signatures import service as signatures
from umcloud.domains.resources.templates import queries as template_queries
from umcloud.domains.resources.templates import service as templates
from umcloud.kernel.act import Door
from umcloud.kernel.ids import AccountId


class Operator:
    """Acts for the platform."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.act = replace(world.act, door=Door.OFFICE)

    async def account_id(self) -> AccountId:
        return AccountId(await self.world.account_id())

    async def verify(self) -> None:
        account_id = await self.account_id()
        async with self.world.database.transaction() as tx:
            application = await identity_queries.current(tx, account_id)
            assert application
            await identity.approve(tx, self.act, application_id=application.id)

    async def refuse_verification(self, reason: str) -> None:
        account_id = await self.account_id()
        async with self.world.database.transaction() as tx:
            application = await identity_queries.current(tx, account_id)
            assert application
            await identity.refuse(tx, self.act, application_id=application.id, reason=reason)

    async def approve_signature(self, public_id: str) -> None:
        async with self.world.database.transaction() as tx:
            one = await signature_queries.by_public_id(tx, public_id)
            assert one
            taken = await signatures.take(tx, self.act, signature_id=one.id)
            await signatures.approve(tx, self.act, signature_id=one.id, revision=taken.revision)

    async def approve_template(self, public_id: str) -> None:
        async with self.world.database.transaction() as tx:
            one = await template_queries.by_public_id(tx, public_id)
            assert one
            taken = await templates.take(tx, self.act, template_id=one.id)
            await templates.approve(tx, self.act, template_id=one.id, revision=taken.revision)

    async def refuse_signature(self, public_id: str, reason: str) -> None:
        async with self.world.database.transaction() as tx:
            one = await signature_queries.by_public_id(tx, public_id)
            assert one
            taken = await signatures.take(tx, self.act, signature_id=one.id)
            await signatures.refuse(
                tx, self.act, signature_id=one.id, revision=taken.revision, reason=reason
            )

    async def refuse_template(self, public_id: str, reason: str) -> None:
        async with self.world.database.transaction() as tx:
            one = await template_queries.by_public_id(tx, public_id)
            assert one
            taken = await templates.take(tx, self.act, template_id=one.id)
            await templates.refuse(
                tx, self.act, template_id=one.id, revision=taken.revision, reason=reason
            )

    async def disable_signature(self, public_id: str, reason: str) -> None:
        async with self.world.database.transaction() as tx:
            one = await signature_queries.by_public_id(tx, public_id)
            assert one
            await signatures.disable(tx, self.act, signature_id=one.id, reason=reason)

    async def open_line(self) -> None:
        async with self.world.database.transaction() as tx:
            await messaging.put_line(
                tx,
                self.act,
                messaging.NewLine(
                    number=1,
                    name="东线",
                    host="127.0.0.1",
                    port=1,
                    system_id="umcloud",
                    password_sealed=b"x",
                    source="10690001",
                ),
            )

    async def settle(self) -> UUID:
        """Let the last recharge be paid."""
        account_id = await self.account_id()
        async with self.world.database.transaction() as tx:
            (payment, *_) = await payment_queries.payments_of(tx, account_id)
            await payments.settle(tx, self.act, notice_for(payment))
        return payment.id
