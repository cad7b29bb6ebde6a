"""The hot path's values reach PostgreSQL as they were meant, whatever a text holds."""

from __future__ import annotations

import json
import struct
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from umcloud.infra.db import Database
from umcloud.infra.hot import BEGIN, COMMIT, HotConnection, Prepared
from umcloud.kernel.moments import SHANGHAI

ECHO_TEXTS = Prepared("echo_texts", "text[]", "SELECT t FROM unnest($1) AS t")
ECHO_UUIDS = Prepared("echo_uuids", "uuid[]", "SELECT u FROM unnest($1) AS u")
ECHO_INTS = Prepared(
    "echo_ints",
    "int2[], int4[], int8[]",
    "SELECT i, j, k FROM unnest($1, $2, $3) AS a(i, j, k)",
)
ECHO_BOOLS = Prepared("echo_bools", "bool[]", "SELECT b FROM unnest($1) AS b")
ECHO_MOMENTS = Prepared(
    "echo_moments",
    "timestamptz[], timestamptz, date",
    "SELECT m::text FROM unnest($1) AS m UNION ALL SELECT $2::text UNION ALL SELECT $3::text",
)
ECHO_ONE = Prepared("echo_one", "text, int2, int8, uuid", "SELECT $1, $2, $3, $4")
NOTHING = Prepared("nothing", "", "SELECT 1")
OWN_PID = Prepared("own_pid", "", "SELECT pg_backend_pid()")
WRONG = Prepared("wrong", "int2", "SELECT 1 / $1")

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
    echoes = [ECHO_TEXTS, ECHO_UUIDS, ECHO_INTS, ECHO_BOOLS, ECHO_MOMENTS, ECHO_ONE]
    connection = await HotConnection.open(database, [*echoes, NOTHING, OWN_PID, WRONG])
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
    (rows,) = await hot.run([ECHO_TEXTS.call(values)])
    assert [row[0] for row in rows] == values


async def test_every_nasty_text_arrives_alone_and_in_company(hot: HotConnection) -> None:
    together: list[list[str | None]] = [[*NASTY, None]]
    for values in together + [[text] * 3 for text in NASTY] + [["a", text] for text in NASTY]:
        (rows,) = await hot.run([ECHO_TEXTS.call(values)])
        assert [row[0] for row in rows] == values


@relaxed
@given(
    text=any_text,
    small=st.integers(-(2**15), 2**15 - 1),
    large=big,
    id_=st.one_of(st.none(), st.uuids()),
)
async def test_single_values_arrive_as_they_are(
    hot: HotConnection, text: str | None, small: int, large: int, id_: UUID | None
) -> None:
    number = None if id_ is None else id_.int
    (rows,) = await hot.run([ECHO_ONE.call(text, small, large, number)])
    assert rows == [(text, small, large, number)]


@relaxed
@given(values=st.lists(st.one_of(st.none(), st.uuids()), max_size=12))
async def test_ids_arrive_as_they_are(hot: HotConnection, values: list[UUID | None]) -> None:
    numbers = [None if value is None else value.int for value in values]
    (rows,) = await hot.run([ECHO_UUIDS.call(numbers)])
    assert [row[0] for row in rows] == numbers


def none_or(least: int, most: int) -> st.SearchStrategy[int | None]:
    return st.one_of(st.none(), st.integers(least, most))


@relaxed
@given(
    values=st.lists(
        st.tuples(
            none_or(-(2**15), 2**15 - 1),
            none_or(-(2**31), 2**31 - 1),
            none_or(-(2**63), 2**63 - 1),
        ),
        max_size=12,
    )
)
async def test_numbers_arrive_as_they_are(
    hot: HotConnection, values: list[tuple[int | None, int | None, int | None]]
) -> None:
    columns = [[row[column] for row in values] for column in range(3)]
    (rows,) = await hot.run([ECHO_INTS.call(*columns)])
    assert rows == values


@relaxed
@given(values=st.lists(st.booleans(), max_size=12))
async def test_truth_arrives_as_it_is(hot: HotConnection, values: list[bool]) -> None:
    (rows,) = await hot.run([ECHO_BOOLS.call(values)])
    assert [row[0] for row in rows] == values


async def test_moments_arrive_to_the_microsecond(hot: HotConnection) -> None:
    late = datetime(2026, 3, 2, 12, 0, 0, 1, tzinfo=SHANGHAI)
    early = datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    call = ECHO_MOMENTS.call([late, None, early], late, date(1999, 12, 31))
    (rows,) = await hot.run([call])
    assert [row[0] for row in rows] == [
        "2026-03-02 04:00:00.000001+00",
        None,
        "1999-12-31 23:59:59.999999+00",
        "2026-03-02 04:00:00.000001+00",
        "1999-12-31",
    ]


async def test_json_arrives_as_it_is(hot: HotConnection) -> None:
    value = json.dumps({"text": '他说："it\'s \\ {fine}"', "none": None})
    (rows,) = await hot.run([ECHO_TEXTS.call([value, None, value])])
    assert [row[0] for row in rows] == [value, None, value]


def test_a_nul_cannot_be_stored_and_says_so() -> None:
    for values in (["a\x00b"], ["a", "a\x00b"], [None, "a\x00b"], ["a\x00b", "a\x00b"]):
        with pytest.raises(ValueError, match="NUL"):
            ECHO_TEXTS.call(values)
    with pytest.raises(ValueError, match="NUL"):
        ECHO_ONE.call("a\x00b", 1, 1, 1)


def test_what_does_not_fit_is_refused_before_it_is_sent() -> None:
    with pytest.raises(struct.error):
        ECHO_INTS.call([2**15], [1], [1])
    with pytest.raises(ValueError, match="argument"):
        ECHO_TEXTS.call(["a"], ["b"])
    with pytest.raises(KeyError):
        Prepared("unknown_type", "money", "SELECT $1")


async def test_several_calls_answer_in_order(hot: HotConnection) -> None:
    results = await hot.run([BEGIN, NOTHING.call(), ECHO_ONE.call("x", 1, 2, 3), COMMIT])
    assert results == [[], [(1,)], [("x", 1, 2, 3)], []]


async def test_more_than_the_sockets_hold_goes_both_ways(hot: HotConnection) -> None:
    values = [f"{n:06}" * 100 for n in range(20_000)]
    results = await hot.run([ECHO_TEXTS.call(values)] * 3)
    assert [[row[0] for row in rows] for rows in results] == [values] * 3


async def test_an_error_leaves_a_transaction_that_can_be_undone(hot: HotConnection) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        await hot.run([BEGIN, WRONG.call(0), NOTHING.call()])
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        await hot.run([NOTHING.call()])
    await hot.rollback()
    assert await hot.run([NOTHING.call()]) == [[(1,)]]
    assert not hot.closed


async def test_a_lost_connection_says_so_and_is_closed(hot: HotConnection, shared_url: str) -> None:
    (((pid,),),) = await hot.run([OWN_PID.call()])
    with psycopg.connect(shared_url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    with pytest.raises(psycopg.OperationalError):
        await hot.run([BEGIN, NOTHING.call(), COMMIT])
    assert hot.closed
