"""Structures as flat names and back: `PhoneNumbers.0`, `Item.3.Phone` (section 1.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from umcloud.wire.uapi.errors import ArrayBroken, NameTwice

#: A parameter as received: text, a list or a structure of such.
Tree: TypeAlias = "str | list[Tree] | dict[str, Tree]"

_DEEPEST = 6


def text_of(value: object) -> str:
    """Return a scalar as the vendor's SDK writes it: lower-case booleans, whole floats as ints.

    Anything that is no scalar becomes Python's `str()` of it, as the SDK does with tuples.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def flatten(params: Mapping[str, Any]) -> dict[str, str]:
    """Return flat names and texts, in the given order; a top-level None is left out."""
    flat: dict[str, str] = {}
    for name, value in params.items():
        if value is not None:
            _flatten_into(flat, name, value)
    return flat


def _flatten_into(flat: dict[str, str], name: str, value: object) -> None:
    if isinstance(value, dict):
        for field, inner in value.items():
            _flatten_into(flat, f"{name}.{field}", inner)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, dict):
                _flatten_into(flat, f"{name}.{index}", item)
            else:
                flat[f"{name}.{index}"] = text_of(item)
    else:
        flat[name] = text_of(value)


def unflatten(pairs: Iterable[tuple[str, str]]) -> dict[str, Tree]:
    """Return the structures that flat names describe; blank values are kept.

    `NameTwice` for a repeated name; `ArrayBroken` for indexes with gaps or padding, for a name
    that is a value here and a structure there, and for nesting deeper than any action has.
    """
    root: dict[str, Any] = {}
    structured = False
    for name, value in pairs:
        if "." in name:
            structured = True
            _plant(root, name, value)
        elif name in root:
            raise NameTwice if isinstance(root[name], str) else ArrayBroken
        else:
            root[name] = value
    if structured:
        for name, value in root.items():
            if value.__class__ is dict:
                root[name] = _settled(value)
    return root


def _plant(root: dict[str, Any], name: str, value: str) -> None:
    path = name.split(".")
    if len(path) > _DEEPEST or "" in path:
        raise ArrayBroken
    place = root
    for step in path[:-1]:
        place = place.setdefault(step, {})
        if place.__class__ is not dict:
            raise ArrayBroken
    last = path[-1]
    if last in place:
        raise NameTwice if isinstance(place[last], str) else ArrayBroken
    place[last] = value


def _settled(branch: dict[str, Any]) -> Tree:
    """Turn a branch whose steps are 0, 1, 2 … (in any order) into a list."""
    for step, inner in branch.items():
        if inner.__class__ is dict:
            branch[step] = _settled(inner)
    if not any(step[0].isdecimal() for step in branch):
        return branch
    try:
        return [branch[str(index)] for index in range(len(branch))]
    except KeyError as error:
        raise ArrayBroken from error
