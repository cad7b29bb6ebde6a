"""Create, Update, Query and DeleteUSMSSignature (section 6.7)."""

from __future__ import annotations

from umcloud.domains.accounts.model import Scope
from umcloud.domains.resources.signatures import queries, service
from umcloud.domains.resources.signatures.errors import SignatureUnknown
from umcloud.domains.resources.signatures.model import (
    CertificateType,
    EvidenceFile,
    Signature,
    SignatureDraft,
    SignaturePurpose,
    SignatureType,
)
from umcloud.doors.dialects.uapi.calls import Action, Call, Outcome
from umcloud.doors.dialects.uapi.errors import ParameterMissing
from umcloud.infra.db import Tx


async def create(call: Call) -> Outcome:
    """Hand a signature in for review."""
    description = call.needed("Description")
    scene = call.text("SceneDesc")
    draft = SignatureDraft(
        text=call.needed("SigContent"),
        type=call.number("SigType", SignatureType),
        purpose=call.number("SigPurpose", SignaturePurpose),
        certificate_type=call.number("CertificateType", CertificateType),
        description=f"{description}\n{scene}" if scene else description,
        international=call.flag("International"),
    )
    async with call.database.transaction() as tx:
        created = await service.create(
            tx,
            call.act,
            account_id=call.account_id,
            draft=draft,
            certificate=_file(call, "File"),
            authority=_file(call, "ProxyFile"),
        )
    return Outcome({"SigId": created.public_id, "SigContent": created.text})


async def update(call: Call) -> Outcome:
    """Change a signature and hand it in again; files not sent stay as they were.

    Document and ProxyDoc, links to earlier files, say no more than leaving the files out does.
    """
    async with call.database.transaction() as tx:
        before = await _own(tx, call, call.needed("SigId"))
        certificate_type = before.certificate_type
        if call.text("CertificateType"):
            certificate_type = call.number("CertificateType", CertificateType)
        draft = SignatureDraft(
            text=call.needed("SigContent"),
            type=call.number("SigType", SignatureType),
            purpose=call.number("SigPurpose", SignaturePurpose),
            certificate_type=certificate_type,
            description=call.text("SceneDesc") or before.description,
            international=before.international,
        )
        await service.update(
            tx,
            call.act,
            account_id=call.account_id,
            signature_id=before.id,
            draft=draft,
            certificate=_file(call, "File"),
            authority=_file(call, "ProxyFile"),
        )
    return Outcome()


async def query(call: Call) -> Outcome:
    """Return a signature by SigId or SigContent, with its state of review."""
    public_id, text = call.text("SigId"), call.text("SigContent")
    if not public_id and not text:
        raise ParameterMissing(parameter="SigId")
    async with call.database.transaction() as tx:
        if public_id:
            found = await queries.by_public_id(tx, public_id, call.account_id)
        else:
            found = await queries.by_text(tx, call.account_id, text or "")
    if found is None or (text and found.text != text):
        raise SignatureUnknown
    data = {
        "SigId": found.public_id,
        "SigContent": found.text,
        "Status": found.state.value,
        "ErrDesc": found.reason,
    }
    return Outcome({"Data": data})


async def delete(call: Call) -> Outcome:
    """Delete all of the signatures named, or none."""
    public_ids = call.list("SigIds")
    if not public_ids:
        raise ParameterMissing(parameter="SigIds.0")
    async with call.database.transaction() as tx:
        for public_id in public_ids:
            doomed = await _own(tx, call, public_id)
            await service.delete(tx, call.act, account_id=call.account_id, signature_id=doomed.id)
    return Outcome()


async def _own(tx: Tx, call: Call, public_id: str) -> Signature:
    found = await queries.by_public_id(tx, public_id, call.account_id)
    if found is None:
        raise SignatureUnknown
    return found


def _file(call: Call, name: str) -> EvidenceFile | None:
    content = call.file(name)
    return None if content is None else EvidenceFile(content, name)


ACTIONS = {
    "CreateUSMSSignature": Action(
        Scope.MANAGE,
        frozenset(
            {
                "SigContent",
                "SigType",
                "SigPurpose",
                "CertificateType",
                "Description",
                "File",
                "ProxyFile",
                "International",
                "SceneDesc",
            }
        ),
        create,
    ),
    "UpdateUSMSSignature": Action(
        Scope.MANAGE,
        frozenset(
            {
                "SigId",
                "SigContent",
                "SigType",
                "SigPurpose",
                "CertificateType",
                "File",
                "ProxyFile",
                "Document",
                "ProxyDoc",
                "SceneDesc",
            }
        ),
        update,
    ),
    "QueryUSMSSignature": Action(Scope.READ, frozenset({"SigId", "SigContent"}), query),
    "DeleteUSMSSignature": Action(Scope.MANAGE, frozenset({"SigIds"}), delete),
}
