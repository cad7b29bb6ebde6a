"""Calls of the API, written out for one template. Pure."""

from __future__ import annotations

import json

from umcloud.domains.resources.signatures.model import SignatureFacts
from umcloud.domains.resources.templates.model import TemplateClass, TemplateFacts
from umcloud.doors.kit.story import Sample

NUMBER = "13800138000"


def values_for(template: TemplateFacts) -> list[str]:
    """Return a value a variable that the template's class allows."""
    if template.cls is TemplateClass.OTP:
        return ["482913", "5", *("1" for _ in range(template.variable_count))][
            : template.variable_count
        ]
    return [f"值{n}" for n in range(1, template.variable_count + 1)]


def calls(address: str, template: TemplateFacts, signature: SignatureFacts | None) -> list[Sample]:
    """Return the same message sent by curl, by Python's own library and by the vendor's SDK."""
    body: dict[str, object] = {"to": NUMBER, "template": template.public_id}
    if template.variable_count:
        body["values"] = values_for(template)
    if signature is not None:
        body["signature"] = signature.text
    return [
        Sample("curl", _curl(address, body)),
        Sample("Python", _python(address, body)),
        Sample("ucloud-sdk-python3", _sdk(address, template, signature)),
    ]


def _curl(address: str, body: dict[str, object]) -> str:
    return (
        f"curl {address}/v1/messages \\\n"
        '  -H "Authorization: Bearer $PUBLIC_KEY.$PRIVATE_KEY" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        '  -H "Idempotency-Key: order-20260302-1" \\\n'
        f"  -d '{json.dumps(body, ensure_ascii=False)}'"
    )


def _python(address: str, body: dict[str, object]) -> str:
    return (
        "import json, os, urllib.request\n\n"
        "request = urllib.request.Request(\n"
        f'    "{address}/v1/messages",\n'
        f"    data=json.dumps({json.dumps(body, ensure_ascii=False)}).encode(),\n"
        "    headers={\n"
        '        "Authorization": f"Bearer {os.environ[\'PUBLIC_KEY\']}.'
        "{os.environ['PRIVATE_KEY']}\",\n"
        '        "Content-Type": "application/json",\n'
        '        "Idempotency-Key": "order-20260302-2",\n'
        "    },\n"
        ")\n"
        "print(json.load(urllib.request.urlopen(request)))"
    )


def _sdk(address: str, template: TemplateFacts, signature: SignatureFacts | None) -> str:
    sign = f'    "SigContent": "{signature.text}",\n' if signature else ""
    values = json.dumps(values_for(template), ensure_ascii=False)
    return (
        "import os\n"
        "from ucloud.client import Client\n\n"
        "client = Client({\n"
        '    "public_key": os.environ["PUBLIC_KEY"],\n'
        '    "private_key": os.environ["PRIVATE_KEY"],\n'
        '    "project_id": "default",\n'
        f'    "base_url": "{address}/uapi",\n'
        "})\n"
        "print(client.usms().send_usms_message({\n"
        f'    "PhoneNumbers": ["{NUMBER}"],\n'
        f'    "TemplateId": "{template.public_id}",\n'
        f"{sign}"
        f'    "TemplateParams": {values},\n'
        "}))"
    )
