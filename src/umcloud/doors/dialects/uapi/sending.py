"""SendUSMSMessage and SendBatchUSMSMessage (sections 6.1 and 6.2)."""

from __future__ import annotations

from typing import Any

from umcloud.domains.accounts.model import Scope
from umcloud.domains.messaging.errors import TooManyRecipients
from umcloud.domains.messaging.model import RECIPIENTS_MOST, Recipient, SendGroup, SendRequest
from umcloud.doors.dialects.uapi.calls import Action, Call, Outcome
from umcloud.doors.dialects.uapi.errors import BatchFailed, ParameterMissing, retcode_of
from umcloud.kernel.refusals import Refusal
from umcloud.wire.phones import NumberMalformed, parse_destination
from umcloud.wire.uapi.batches import BatchItem, Target, read_task_content


async def send(call: Call) -> Outcome:
    """Send one text to many: malformed numbers are left out, for the rest it is all or none.

    18014 is answered only where every number is malformed (R-SEND-05); otherwise the Message
    names the positions that were left out.
    """
    numbers = call.list("PhoneNumbers")
    if not numbers:
        raise ParameterMissing(parameter="PhoneNumbers.0")
    if len(numbers) > RECIPIENTS_MOST:
        raise TooManyRecipients(given=len(numbers), limit=RECIPIENTS_MOST)
    values = tuple(call.list("TemplateParams"))
    reference = call.text("UserId") or None
    extend_code = call.text("ExtendCode") or None
    recipients, left_out = [], []
    for position, number in enumerate(numbers):
        try:
            parse_destination(number)
        except NumberMalformed:
            left_out.append(position)
        else:
            recipients.append(Recipient(number, values, reference, extend_code))
    if not recipients:
        raise NumberMalformed
    group = SendGroup(call.needed("TemplateId"), call.text("SigContent") or None, recipients)
    request = SendRequest(call.account_id, call.key.lane, [group], atomic=True)
    answer = await call.pump.submit(request)
    for refusal in answer.refused.values():
        raise refusal
    fields = {"SessionNo": str(answer.session_id)}
    if reference:
        fields["UserId"] = reference
    if not left_out:
        return Outcome(fields)
    shown = ", ".join(str(position) for position in left_out)
    told = call.texts.ui("uapi.left_out", given=len(numbers), count=len(left_out), positions=shown)
    return Outcome(fields, told)


async def send_batch(call: Call) -> Outcome:
    """Send a text of its own to each; what is refused stands in FailContent.

    RetCode is 0 wherever anything was accepted: the SDK drops the body of any other answer, and
    repeats the whole batch for 18046. Where nothing was, it is the one reason, or 18046.
    """
    items = read_task_content(call.needed("TaskContent"))
    groups = [
        SendGroup(
            item.TemplateId,
            item.SigContent or None,
            [
                Recipient(
                    target.Phone,
                    tuple(target.TemplateParams),
                    target.UserId or None,
                    target.ExtendCode or None,
                )
                for target in item.Target
            ],
        )
        for item in items
    ]
    request = SendRequest(call.account_id, call.key.lane, groups, atomic=False)
    answer = await call.pump.submit(request)
    fields: dict[str, Any] = {
        "SuccessCount": answer.accepted,
        "FailContent": _failures(call, items, answer.refused),
    }
    if answer.accepted:
        fields["SessionNo"] = str(answer.session_id)
        return Outcome(fields)
    reasons = {retcode_of(refusal): refusal for refusal in answer.refused.values()}
    only = next(iter(reasons.values())) if len(reasons) == 1 else BatchFailed()
    return Outcome(fields, refusal=only)


_WHOLE_ITEM = frozenset({"send.template_not_approved", "send.signature_not_approved"})


def _failures(
    call: Call, items: list[BatchItem], refused: dict[int, Refusal]
) -> list[dict[str, Any]]:
    failures = []
    position = 0
    for item in items:
        failed = []
        whole = ""
        for target in item.Target:
            refusal = refused.get(position)
            position += 1
            if refusal is None:
                continue
            told = call.texts.refusal(refusal)
            if refusal.code in _WHOLE_ITEM:
                whole, told = told, ""
            failed.append(_target(target, told))
        if failed:
            failures.append(
                {
                    "TemplateId": item.TemplateId,
                    "SigContent": item.SigContent,
                    "Target": failed,
                    "FailureDetails": whole,
                }
            )
    return failures


def _target(target: Target, details: str) -> dict[str, Any]:
    return {
        "Phone": target.Phone,
        "TemplateParams": target.TemplateParams,
        "ExtendCode": target.ExtendCode,
        "UserId": target.UserId,
        "FailureDetails": details,
    }


ACTIONS = {
    "SendUSMSMessage": Action(
        Scope.SEND,
        frozenset(
            {"PhoneNumbers", "TemplateId", "SigContent", "TemplateParams", "ExtendCode", "UserId"}
        ),
        send,
    ),
    "SendBatchUSMSMessage": Action(Scope.SEND, frozenset({"TaskContent"}), send_batch),
}
