"""What the scheduled jobs are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from umcloud.domains.audit.questions import Question
from umcloud.domains.callbacks.dispatcher import Dispatcher
from umcloud.domains.messaging.reports import STATEMENTS
from umcloud.domains.notifications.ports import MailSender
from umcloud.domains.payments.ports import PaymentChannel
from umcloud.infra.clock import Clock
from umcloud.infra.db import Database
from umcloud.infra.hot import HotConnection
from umcloud.infra.sealing import Sealer
from umcloud.kernel.act import SYSTEM, Act, Door
from umcloud.kernel.ids import uuid7


@dataclass(slots=True)
class Tools:
    """One process's connections and collaborators."""

    database: Database
    clock: Clock
    sealer: Sealer
    mail: MailSender
    dispatcher: Dispatcher
    channel: PaymentChannel | None
    """None where no payment company is switched on."""
    questions: Mapping[str, Sequence[Question]]
    closing: AsyncExitStack = field(default_factory=AsyncExitStack)
    _hot: HotConnection | None = None

    def act(self) -> Act:
        """Return the circumstances of a job that begins now."""
        now = self.clock()
        return Act(SYSTEM, now, Door.WORKER, uuid7(now))

    async def hot(self) -> HotConnection:
        """Return the connection for the reports' own statements, opened anew where it broke."""
        if self._hot is None or self._hot.closed:
            self._hot = await HotConnection.open(self.database, STATEMENTS)
            self.closing.push_async_callback(self._hot.close)
        return self._hot
