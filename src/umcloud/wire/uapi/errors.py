"""What may be wrong with a request before anybody knows who sent it."""

from __future__ import annotations

from typing import ClassVar

from umcloud.kernel.refusals import Kind, Refusal


class BodyUnreadable(Refusal):
    """The body is no UTF-8 text, or no well-formed form or JSON object."""

    code: ClassVar[str] = "uapi.body_unreadable"
    kind: ClassVar[Kind] = Kind.MALFORMED


class NameTwice(Refusal):
    """A parameter came twice. Which one was signed would be anybody's guess (section 2.2)."""

    code: ClassVar[str] = "uapi.name_twice"
    kind: ClassVar[Kind] = Kind.MALFORMED


class ArrayBroken(Refusal):
    """The indexes of an array do not run 0, 1, 2 … or a name is both value and structure."""

    code: ClassVar[str] = "uapi.array_broken"
    kind: ClassVar[Kind] = Kind.MALFORMED


class TooManyParameters(Refusal):
    """More parameters than any action takes; fact `limit`."""

    code: ClassVar[str] = "uapi.too_many_parameters"
    kind: ClassVar[Kind] = Kind.MALFORMED


class FileUnreadable(Refusal):
    """A file parameter is neither base64 nor `mime;base64,DATA`."""

    code: ClassVar[str] = "uapi.file_unreadable"
    kind: ClassVar[Kind] = Kind.MALFORMED


class TaskContentUnreadable(Refusal):
    """TaskContent is not base64 of a JSON array of the documented shape (section 6.2)."""

    code: ClassVar[str] = "uapi.task_content_unreadable"
    kind: ClassVar[Kind] = Kind.MALFORMED


class TooManyTargets(Refusal):
    """A batch names more than 200 numbers (section 6.2); facts `count` and `limit`."""

    code: ClassVar[str] = "uapi.too_many_targets"
    kind: ClassVar[Kind] = Kind.MALFORMED
