"""Every “no” of opt-outs."""

from __future__ import annotations

from typing import ClassVar

from umcloud.kernel.refusals import Kind, Refusal


class OptOutUnknown(Refusal):
    """The number is not on the account's list."""

    code: ClassVar[str] = "optout.unknown"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


class AlreadyOptedOut(Refusal):
    """The number is on the account's list."""

    code: ClassVar[str] = "optout.already"
    kind: ClassVar[Kind] = Kind.CONFLICT
