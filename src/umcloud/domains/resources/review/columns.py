"""The columns and checks that every reviewed table has."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, DateTime, Integer, SmallInteger, Text
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.schema import SchemaItem


def review_columns() -> list[SchemaItem]:
    """Return whose thing it is and where its review stands, as columns with their checks."""
    return [
        Column("id", UUID(as_uuid=True), primary_key=True),
        Column("public_id", Text, nullable=False, unique=True),
        Column("account_id", UUID(as_uuid=True), nullable=False),
        Column("state", SmallInteger, nullable=False),
        Column("reason", Text, nullable=False),
        Column("revision", Integer, nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("submitted_at", DateTime(timezone=True), nullable=False),
        Column("reviewer_id", UUID(as_uuid=True)),
        Column("taken_at", DateTime(timezone=True)),
        Column("decided_at", DateTime(timezone=True)),
        Column("stopped", Boolean, nullable=False),
        Column("deleted_at", DateTime(timezone=True)),
        CheckConstraint("state BETWEEN 0 AND 4", name="state_known"),
        CheckConstraint("(state IN (3, 4)) = (reason <> '')", name="reason_where_refused"),
        CheckConstraint("(state = 0) = (taken_at IS NULL)", name="taken_unless_waiting"),
        CheckConstraint("(state IN (0, 1)) = (decided_at IS NULL)", name="decided_at_the_end"),
        CheckConstraint("NOT stopped OR state = 4", name="stopped_is_disabled"),
        CheckConstraint("deleted_at IS NULL OR state <> 1", name="not_deleted_in_review"),
        CheckConstraint("revision > 0", name="revision_from_one"),
    ]
