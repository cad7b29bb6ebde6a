"""The hot path's literals say to PostgreSQL what was meant, whatever a text holds."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from umcloud.infra.db import Database
from umcloud.infra.hot import HotConnection, Prepared, ints, one, texts, uuids

ECHO_TEXTS = Prepared("echo_texts", "text[]", "SELECT t FROM unnest($1) AS t")
ECHO_UUIDS = Prepared("echo_uuids", "uuid[]", "SELECT u FROM unnest($1) AS u")
ECHO_INTS = Prepared("echo_ints", "int8[]", "SELECT i FROM unnest($1) AS i")
ECHO_ONE = Prepared("echo_one", "text", "SELECT $1")
NOTHING = Prepared("nothing", "", "SELECT 1")

NASTY = [
    "'", "''", '"', "\\", "\\\\", "\\'", ",", "{", "}", "{}", "{a,b}", "NULL", "null", "", " ",
    "\n", "\r\n", "\t", "a'b\"c\\d,e{f}g", "'; DROP TABLE wallet; --", "$1", "$$", "%s", ":name",
    "验证码", "【优云】", "\U0001f600", "\u200b",
    "\\x00", "E'\\n'", '","', '{"a":"b"}', "\x7f", "\x01",
]  # fmt: skip
characters = st.characters(exclude_characters="\x00", exclude_categories=["Cs"])
any_text = st.one_of(
    st.none(),
    st.sampled_from(NASTY),
    st.text(characters),
    st.text(st.sampled_from("'\"\\,{}NUL ;$\n")),
)
big = st.integers(-(2**63), 2**63 - 1)


@pytest.fixture
async def hot(shared_url: str) -> AsyncIterator[HotConnection]:
    database = Database(shared_url, pool_size=1, application="test")
    connection = await HotConnection.open(
        database, [ECHO_TEXTS, ECHO_UUIDS, ECHO_INTS, ECHO_ONE, NOTHING]
    )
    yield connection
    await connection.close()
    await database.close()


# The connection keeps nothing between examples.
relaxed = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150
)


@relaxed
@given(values=st.lists(any_text, max_size=12))
async def test_texts_arrive_as_they_are(hot: HotConnection, values: list[str | None]) -> None:
    (rows,) = await hot.run([ECHO_TEXTS.call(texts(values))])
    assert [row[0] for row in rows] == values


async def test_every_nasty_text_arrives_alone_and_in_company(hot: HotConnection) -> None:
    together: list[list[str | None]] = [[*NASTY, None]]
    for values in together + [[text] for text in NASTY] + [["a", text] for text in NASTY]:
        (rows,) = await hot.run([ECHO_TEXTS.call(texts(values))])
        assert [row[0] for row in rows] == values


@relaxed
@given(value=any_text)
async def test_a_single_text_arrives_as_it_is(hot: HotConnection, value: str | None) -> None:
    (rows,) = await hot.run([ECHO_ONE.call(one(value))])
    assert rows == [(value,)]


@relaxed
@given(values=st.lists(st.one_of(st.none(), st.uuids()), max_size=12))
async def test_ids_arrive_as_they_are(hot: HotConnection, values: list[UUID | None]) -> None:
    literal = uuids(None if value is None else value.int for value in values)
    (rows,) = await hot.run([ECHO_UUIDS.call(literal)])
    assert [row[0] for row in rows] == [None if v is None else str(v) for v in values]


@relaxed
@given(values=st.lists(big, max_size=12))
async def test_numbers_arrive_as_they_are(hot: HotConnection, values: list[int]) -> None:
    (rows,) = await hot.run([ECHO_INTS.call(ints(values))])
    assert [int(str(row[0])) for row in rows] == values


async def test_json_arrives_as_it_is(hot: HotConnection) -> None:
    value = json.dumps({"text": '他说："it\'s \\ {fine}"', "none": None})
    (rows,) = await hot.run([ECHO_TEXTS.call(texts([value, None, value]))])
    assert [row[0] for row in rows] == [value, None, value]


def test_a_nul_cannot_be_stored_and_says_so() -> None:
    with pytest.raises(ValueError, match="NUL"):
        texts(["a\x00b"])
    with pytest.raises(ValueError, match="NUL"):
        texts([None, "a\x00b"])
    with pytest.raises(ValueError, match="NUL"):
        one("a\x00b")


async def test_several_calls_answer_in_order(hot: HotConnection) -> None:
    results = await hot.run(["BEGIN", NOTHING.call(), ECHO_ONE.call(one("x")), "COMMIT"])
    assert results == [[], [("1",)], [("x",)], []]


async def test_an_error_leaves_a_transaction_that_can_be_undone(hot: HotConnection) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        await hot.run(["BEGIN", "SELECT 1/0", NOTHING.call()])
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        await hot.run([NOTHING.call()])
    await hot.rollback()
    assert await hot.run([NOTHING.call()]) == [[("1",)]]
    assert not hot.closed
