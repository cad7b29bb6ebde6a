"""Every expected “no” of notifications."""

from __future__ import annotations

from typing import ClassVar

from umcloud.kernel.refusals import Kind, Refusal


class NotificationNotFound(Refusal):
    """There is no such notification for this reader."""

    code: ClassVar[str] = "notification.not_found"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


class PhoneCodesClosed(Refusal):
    """This installation cannot send codes to phones."""

    code: ClassVar[str] = "code.phone_closed"
    kind: ClassVar[Kind] = Kind.CONFLICT
