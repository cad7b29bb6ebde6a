"""The `/v1` interface, from the OpenAPI document that the door itself serves."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from docs.writing.markdown import code, json_block, page, said, table, told, words
from umcloud.doors.api.openapi import document

_WORDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "zh_CN": {
        "parameters": "参数",
        "body": "请求正文",
        "answers": "答复",
        "types": "## 类型",
        "or": " 或 ",
        "list": "{} 的列表",
        "yes": "是",
        "no": "",
        "fields": ("字段", "类型", "必填", "含义"),
        "asked": ("名称", "位置", "必填", "含义"),
        "given": ("状态", "含义", "正文"),
    },
    "en": {
        "parameters": "Parameters",
        "body": "Body",
        "answers": "Answers",
        "types": "## Types",
        "or": " or ",
        "list": "list of {}",
        "yes": "yes",
        "no": "",
        "fields": ("field", "type", "required", "meaning"),
        "asked": ("name", "in", "required", "meaning"),
        "given": ("status", "meaning", "body"),
    },
}
Json = dict[str, Any]


def write(locale: str) -> str:
    """Return the page."""
    described: Json = json.loads(document())
    prefix = described["servers"][0]["url"]
    parts = [said("api.lead", locale)]
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            parts.append(f"## {method.upper()} {prefix}{path}")
            parts += _operation(operation, locale)
    parts.append(_WORDS[locale]["types"])
    for name, schema in sorted(described["components"]["schemas"].items()):
        parts += [f"### {name}", words(told(schema.get("description", ""), locale))]
        parts.append(_fields(schema, locale))
    return page(said("api.title", locale), locale, *parts)


def _operation(operation: Json, locale: str) -> Iterator[str]:
    own = _WORDS[locale]
    yield words(told(operation["summary"], locale))
    yield words(told(operation.get("description", ""), locale))
    if operation["parameters"]:
        yield f"**{own['parameters']}**"
        yield table(own["asked"], [_parameter(each, locale) for each in operation["parameters"]])
    if "requestBody" in operation:
        yield from _content(own["body"], operation["requestBody"]["content"], locale)
    yield f"**{own['answers']}**"
    answers = operation["responses"].items()
    yield table(own["given"], [_answer(status, each, locale) for status, each in answers])
    for each in operation["responses"].values():
        for content in each["content"].values():
            yield from (json_block(one["value"]) for one in content.get("examples", {}).values())


def _parameter(each: Json, locale: str) -> list[str]:
    required = _WORDS[locale]["yes" if each.get("required") else "no"]
    return [
        code(each["name"]),
        each["in"],
        required,
        words(told(each.get("description", ""), locale)),
    ]


def _content(title: str, content: Json, locale: str) -> Iterator[str]:
    for media, each in content.items():
        yield f"**{title}** ({code(media)}): {_type(each['schema'], locale)}"
        yield from (json_block(one["value"]) for one in each.get("examples", {}).values())


def _answer(status: str, answer: Json, locale: str) -> list[str]:
    bodies = [_type(each["schema"], locale) for each in answer["content"].values()]
    return [status, words(told(answer["description"], locale)), ", ".join(bodies)]


def _fields(schema: Json, locale: str) -> str:
    own = _WORDS[locale]
    required = schema.get("required", [])
    rows = [
        (
            code(name),
            _type(each, locale),
            own["yes" if name in required else "no"],
            words(told(_described(each), locale)),
        )
        for name, each in schema.get("properties", {}).items()
    ]
    return table(own["fields"], rows)


def _described(schema: Json) -> str:
    inner = [each.get("description", "") for each in schema.get("anyOf", [])]
    return str(schema.get("description") or "".join(inner))


def _type(schema: Json, locale: str) -> str:
    own = _WORDS[locale]
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return str(own["or"]).join(_type(each, locale) for each in schema[several])
    if schema.get("type") == "array":
        return str(own["list"]).format(_type(schema["items"], locale))
    return str(schema.get("type", "any"))
