"""Create, Update, Query and DeleteUSMSTemplate (section 6.8)."""

from __future__ import annotations

from umcloud.domains.accounts.model import Scope
from umcloud.domains.resources.templates import queries, service
from umcloud.domains.resources.templates.errors import TemplateUnknown
from umcloud.domains.resources.templates.model import Template, TemplateClass, TemplateDraft
from umcloud.doors.dialects.uapi.calls import Action, Call, Outcome
from umcloud.doors.dialects.uapi.errors import ParameterMissing
from umcloud.infra.db import Tx


async def create(call: Call) -> Outcome:
    """Hand a template in for review."""
    draft = TemplateDraft(
        cls=call.number("Purpose", TemplateClass.of_purpose),
        name=call.needed("TemplateName"),
        content=call.needed("Template"),
        remark=call.text("Remark") or "",
        instruction=call.text("Instruction") or "",
        unsubscribe=call.text("UnsubscribeInfo") or "",
        international=call.flag("International"),
    )
    async with call.database.transaction() as tx:
        created = await service.create(tx, call.act, account_id=call.account_id, draft=draft)
    return Outcome({"TemplateId": created.public_id})


async def update(call: Call) -> Outcome:
    """Change name, content or notes; another content is reviewed again."""
    public_id = call.needed("TemplateId")
    content, name = call.text("Template"), call.text("TemplateName")
    if not content and not name:
        raise ParameterMissing(parameter="Template")
    async with call.database.transaction() as tx:
        before = await _own(tx, call, public_id)
        await service.update(
            tx,
            call.act,
            account_id=call.account_id,
            template_id=before.id,
            content=content or None,
            name=name or None,
            remark=call.text("Remark"),
            instruction=call.text("Instruction"),
            unsubscribe=call.text("UnsubscribeInfo"),
        )
    return Outcome()


async def query(call: Call) -> Outcome:
    """Return a template with its state of review."""
    async with call.database.transaction() as tx:
        found = await _own(tx, call, call.needed("TemplateId"))
    data = {
        "TemplateId": found.public_id,
        "Purpose": found.cls.purpose,
        "TemplateName": found.name,
        "Template": found.content,
        "UnsubscribeInfo": found.unsubscribe,
        "Status": found.state.value,
        "Remark": found.remark,
        "ErrDesc": found.reason,
        "CreateTime": int(found.created_at.timestamp()),
        "Instruction": found.instruction,
    }
    return Outcome({"Data": data})


async def delete(call: Call) -> Outcome:
    """Delete all of the templates named, or none."""
    public_ids = call.list("TemplateIds")
    if not public_ids:
        raise ParameterMissing(parameter="TemplateIds.0")
    async with call.database.transaction() as tx:
        for public_id in public_ids:
            doomed = await _own(tx, call, public_id)
            await service.delete(tx, call.act, account_id=call.account_id, template_id=doomed.id)
    return Outcome()


async def _own(tx: Tx, call: Call, public_id: str) -> Template:
    found = await queries.by_public_id(tx, public_id, call.account_id)
    if found is None:
        raise TemplateUnknown
    return found


_NOTES = frozenset({"TemplateName", "Template", "Remark", "UnsubscribeInfo", "Instruction"})
ACTIONS = {
    "CreateUSMSTemplate": Action(Scope.MANAGE, _NOTES | {"Purpose", "International"}, create),
    "UpdateUSMSTemplate": Action(Scope.MANAGE, _NOTES | {"TemplateId"}, update),
    "QueryUSMSTemplate": Action(Scope.READ, frozenset({"TemplateId"}), query),
    "DeleteUSMSTemplate": Action(Scope.MANAGE, frozenset({"TemplateIds"}), delete),
}
