"""Forms: a specification, what was typed, the values, the errors. Nothing typed is lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.errors import FormUnreadable, WordDiffers
from umcloud.doors.kit.fields import Checks, Choice, Field, File, Option, UnfitError, Upload
from umcloud.infra.i18n import Texts
from umcloud.kernel.ids import uuid7
from umcloud.kernel.money import Money
from umcloud.kernel.refusals import Refusal

FORM_KEY = "umcloud.form"
CSRF_FIELD = "csrf"
IDEMPOTENCY_FIELD = "idempotency_key"
_LONGEST_KEY = 64


@dataclass(frozen=True, slots=True)
class FormSpec:
    """The fields of a form in order; `submit` is the ui key of its button."""

    name: str
    fields: tuple[Field, ...]
    submit: str = "kit.save"

    def with_options(self, name: str, options: tuple[Option, ...]) -> FormSpec:
        """Return the same form with the choices of one field, known only at run time."""
        fields = tuple(
            replace(field, options=options)
            if field.name == name and isinstance(field, Choice | Checks)
            else field
            for field in self.fields
        )
        return replace(self, fields=fields)

    @property
    def has_files(self) -> bool:
        """Tell whether the form must be sent as multipart."""
        return any(isinstance(field, File) for field in self.fields)


class Form:
    """One filling of a form: `typed` for showing again, `values` for the deed, `errors`."""

    def __init__(self, spec: FormSpec, texts: Texts, key: str) -> None:
        """Use `blank_form` or `read_form`."""
        self.spec = spec
        self.texts = texts
        self.idempotency_key = key
        """The same for a form sent twice; new for each form shown."""
        self.typed: dict[str, list[str]] = {}
        self.values: dict[str, object] = {}
        self.errors: dict[str, str] = {}
        """Sentences by field name."""
        self.refusal: Refusal | None = None

    @property
    def ok(self) -> bool:
        """Tell whether everything fits and nothing was refused."""
        return not self.errors and self.refusal is None

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def text(self, name: str) -> str:
        """Return a field's text; "" where it was left empty."""
        return str(self.values[name])

    def whole(self, name: str) -> int:
        """Return a number that was required."""
        return cast("int", self.values[name])

    def money(self, name: str) -> Money:
        """Return an amount that was required."""
        return cast("Money", self.values[name])

    def day(self, name: str) -> date | None:
        """Return a day, where one was given."""
        return cast("date | None", self.values[name])

    def ticked(self, name: str) -> tuple[str, ...]:
        """Return the ticked values of a list of boxes."""
        return cast("tuple[str, ...]", self.values[name])

    def is_ticked(self, name: str) -> bool:
        """Tell whether a single box was ticked."""
        return cast("bool", self.values[name])

    def files(self, name: str) -> tuple[Upload, ...]:
        """Return the files that were sent in a field."""
        return cast("tuple[Upload, ...]", self.values[name])

    def fail(self, name: str, key: str, **facts: object) -> None:
        """Say beside a field what is wrong with it."""
        self.errors[name] = self.texts.ui(key, **facts)

    def refuse(self, refusal: Refusal, field: str | None = None) -> None:
        """Show a refusal: beside a field where one is to blame, else at the top."""
        if field is None:
            self.refusal = refusal
        else:
            self.errors[field] = self.texts.refusal(refusal)

    @contextmanager
    def keeping_refusals(self, fields: Mapping[str, str] | None = None) -> Iterator[None]:
        """Catch a refusal of the block and show it; `fields` says which code blames which field.

        Put the transaction inside the block, so that it is rolled back.
        """
        try:
            yield
        except Refusal as refusal:
            self.refuse(refusal, (fields or {}).get(refusal.code))

    def labelled_errors(self) -> list[tuple[str, str, str]]:
        """Return (field name, label, sentence) in the order of the fields, for the summary."""
        labels = {field.name: self.texts.ui(field.label) for field in self.spec.fields}
        order = {name: place for place, name in enumerate(labels)}
        found = [(name, labels.get(name, name), text) for name, text in self.errors.items()]
        return sorted(found, key=lambda error: order.get(error[0], len(order)))


def blank_form(request: Request, spec: FormSpec, **initial: object) -> Form:
    """Return an unfilled form, or one filled with what is known already."""
    context = context_of(request)
    form = Form(spec, context.texts, str(uuid7(context.act.now)))
    for field in spec.fields:
        if field.name in initial:
            form.typed[field.name] = field.typed(initial[field.name])
    return form


def posted(request: Request) -> FormData:
    """Return the raw form of a request that the desk has let in."""
    form = request.scope.get(FORM_KEY)
    if form is None:
        raise FormUnreadable
    return cast("FormData", form)


async def read_form(request: Request, spec: FormSpec) -> Form:
    """Return what was posted: check `form.ok`, and show the same form again where it is not."""
    data = posted(request)
    key = str(data.get(IDEMPOTENCY_FIELD, ""))[:_LONGEST_KEY]
    form = blank_form(request, spec)
    form.idempotency_key = key or form.idempotency_key
    for field in spec.fields:
        sent = data.getlist(field.name)
        try:
            if isinstance(field, File):
                form.values[field.name] = await _files(field, sent)
                continue
            typed = [one for one in sent if isinstance(one, str)]
            form.typed[field.name] = [] if field.widget == "password" else typed
            form.values[field.name] = field.read(typed)
        except UnfitError as unfit:
            form.fail(field.name, unfit.key, **unfit.facts)
    return form


async def _files(field: File, sent: list[UploadFile | str]) -> tuple[Upload, ...]:
    files = []
    for one in sent:
        if isinstance(one, UploadFile) and one.filename:
            content = await one.read(field.most_bytes + 1)
            kind = one.content_type or "application/octet-stream"
            files.append(field.check(Upload(one.filename, kind, content)))
    if field.required and not files:
        raise UnfitError("kit.field.required")
    if len(files) > field.several:
        raise UnfitError("kit.field.file_count", most=field.several)
    return tuple(files)


def require_word(request: Request, expected: str) -> None:
    """Check what `kit.confirm` asked to type; raise WordDiffers where it is not the name."""
    if str(posted(request).get("word", "")).strip() != expected:
        raise WordDiffers(expected=expected)
