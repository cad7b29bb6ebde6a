"""A simulated carrier: an SMSC over real SMPP, and the handsets behind it."""

from umcloud.sandbox.carrier.carrier import Carrier
from umcloud.sandbox.carrier.fates import FATES, Fate
from umcloud.sandbox.carrier.handsets import HandsetMessage, HandsetView
from umcloud.sandbox.carrier.knobs import CarrierConfig, Knobs

__all__ = [
    "FATES",
    "Carrier",
    "CarrierConfig",
    "Fate",
    "HandsetMessage",
    "HandsetView",
    "Knobs",
]
