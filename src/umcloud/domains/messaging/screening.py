"""Pure screening of a request: which recipients may be sent to, with what text and at what rate."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from umcloud.domains.agreements.rules import check_covered
from umcloud.domains.catalogue.model import MessageClass
from umcloud.domains.charging.model import Rate
from umcloud.domains.messaging.errors import (
    ExtendCodeClosed,
    NoLine,
    OutsideHours,
    RecipientOptedOut,
    ReferenceMalformed,
    SignatureNotApproved,
    TemplateNotApproved,
    TextTooLong,
)
from umcloud.domains.messaging.facts import Route, SenderFacts, UsableTemplate
from umcloud.domains.messaging.model import Ready, Recipient, SendGroup, SendRequest
from umcloud.domains.resources.signatures.model import SignatureFacts
from umcloud.domains.resources.templates.model import TemplateClass
from umcloud.domains.resources.templates.rendering import check_values
from umcloud.domains.resources.templates.words import check_words
from umcloud.kernel.moments import SHANGHAI
from umcloud.kernel.refusals import Refusal
from umcloud.wire.gsm.segments import billed_segments, encode_parts
from umcloud.wire.phones import Destination, parse_destination

LONGEST_TEXT = 500
"""Characters, signature and values included (R-LEN-03)."""
_LONGEST_REFERENCE = 32
_OPENS, _CLOSES = 8, 20
_BAD_REFERENCE = re.compile("['\x00-\x1f\U00010000-\U0010ffff\u2600-\u27bf]")
_TEMPLATE_CLASSES = {
    MessageClass.OTP: TemplateClass.OTP,
    MessageClass.NOTICE: TemplateClass.NOTICE,
    MessageClass.MARKETING: TemplateClass.MARKETING,
}


@dataclass(slots=True)
class Screened:
    """What of a request may be charged and appended, and what may not, by position."""

    ready: Ready
    rates: list[Rate]
    refused: dict[int, Refusal]
    version: int
    """The version of the facts that this was decided with."""


def screen(facts: SenderFacts, request: SendRequest, now: datetime) -> Screened:
    """Return the request's recipients, sorted into ready and refused.

    Raises the refusal that stops the account as a whole.
    """
    if facts.stopped is not None:
        raise facts.stopped
    check_covered(facts.unaccepted, now)  # P.2
    screened = Screened(Ready(), [], {}, facts.version)
    position = 0
    for group in request.groups:
        try:
            _check_group(facts, group, now)
        except Refusal as refusal:
            for _ in group.recipients:
                screened.refused[position] = refusal
                position += 1
            continue
        for recipient in group.recipients:
            try:
                _take(facts, group, recipient, screened, position=position, now=now)
            except Refusal as refusal:
                screened.refused[position] = refusal
            position += 1
    return screened


def _check_group(facts: SenderFacts, group: SendGroup, now: datetime) -> None:
    template = facts.templates.get(group.template)
    if template is None:
        raise TemplateNotApproved(template=group.template)
    if _signature(facts, group, template) is None and not template.international:
        raise SignatureNotApproved(signature=group.signature or "")
    if group.signature and group.signature not in facts.signatures:
        raise SignatureNotApproved(signature=group.signature)
    if template.cls is MessageClass.MARKETING:
        hour = now.astimezone(SHANGHAI).hour
        if not _OPENS <= hour < _CLOSES:  # R-WIN-01
            raise OutsideHours


def _signature(
    facts: SenderFacts, group: SendGroup, template: UsableTemplate
) -> SignatureFacts | None:
    if group.signature:
        return facts.signatures.get(group.signature)
    default = facts.default_signature
    return default if default and default.international == template.international else None


def _take(
    facts: SenderFacts,
    group: SendGroup,
    recipient: Recipient,
    screened: Screened,
    *,
    position: int,
    now: datetime,
) -> None:
    template = facts.templates[group.template]
    to = parse_destination(recipient.destination)
    if template.cls is MessageClass.MARKETING and to.e164_digits in facts.opted_out:
        raise RecipientOptedOut
    route = _route(facts, to)
    if recipient.extend_code:
        raise ExtendCodeClosed
    reference = recipient.client_ref
    if reference is not None and (
        len(reference) > _LONGEST_REFERENCE or _BAD_REFERENCE.search(reference)
    ):
        raise ReferenceMalformed
    values = recipient.values
    content = template.compiled.render(values)
    if values:
        check_values(_TEMPLATE_CLASSES[template.cls], values)
        check_words(values)
    signature = _signature(facts, group, template)
    text = f"{signature.bracketed}{content}" if signature else content
    if len(text) > LONGEST_TEXT:
        raise TextTooLong(length=len(text), limit=LONGEST_TEXT)
    segments = billed_segments(len(text))
    rate = facts.prices.rate(template.cls, to, segments, now)
    ready = screened.ready
    ready.positions.append(position)
    ready.destinations.append(to.e164_digits)
    ready.sources.append(route.source)
    ready.texts.append(text)
    ready.parts.append(1 if segments == 1 else len(encode_parts(text, 0).payloads))
    ready.classes.append(template.cls.value)
    ready.lines.append(route.line)
    ready.templates.append(template.id)
    ready.signatures.append(signature.id.int if signature else None)
    ready.refs.append(reference)
    screened.rates.append(rate)


def _route(facts: SenderFacts, to: Destination) -> Route:
    route = facts.domestic if to.domestic else facts.international
    if route is None:
        raise NoLine(retry_after_seconds=60)
    return route
