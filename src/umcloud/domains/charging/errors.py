"""What charging refuses."""

from __future__ import annotations

from typing import ClassVar

from umcloud.kernel.refusals import Kind, Refusal


class ChargeConflict(Refusal):
    """An event came again with other facts. Facts: event."""

    code: ClassVar[str] = "charge.conflict"
    kind: ClassVar[Kind] = Kind.CONFLICT
