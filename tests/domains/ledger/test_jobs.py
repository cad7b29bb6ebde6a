"""Sealing journals into blocks, and folding the operator's entries."""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import timedelta

from tests.domains.ledger.books import ALICE, BOB, credit, debit
from umcloud.domains.ledger import jobs
from umcloud.domains.ledger.invariants import violations
from umcloud.infra.db import Database, Tx
from umcloud.kernel.act import Act


def later(act: Act, seconds: float) -> Act:
    return dataclasses.replace(act, now=act.now + timedelta(seconds=seconds))


async def test_only_what_has_settled_is_sealed(tx: Tx, act: Act) -> None:
    await credit(tx, act, ALICE, 100, key="a")
    assert await jobs.seal(tx, later(act, 1)) == 0
    assert await jobs.seal(tx, later(act, 3)) == 1
    assert await jobs.seal(tx, later(act, 3)) == 0


async def test_blocks_are_as_long_as_asked_and_chain(tx: Tx, act: Act) -> None:
    for number in range(5):
        await credit(tx, act, ALICE, 100, key=f"a{number}")
    sizes = [await jobs.seal(tx, later(act, 5), limit=2) for _ in range(4)]
    assert sizes == [2, 2, 1, 0]
    assert [number async for number in jobs.broken_blocks(tx)] == []


async def test_the_hash_is_plain_sha256_over_lines(tx: Tx, act: Act) -> None:
    await credit(tx, act, ALICE, 100, key="a")
    await jobs.seal(tx, later(act, 5))
    rows = (await tx.sql(jobs._CANONICAL, first=1, last=1)).all()
    by_hand = hashlib.sha256(bytes(32) + rows[0].canonical.encode() + b"\n").digest()
    assert (await tx.sql("SELECT hash FROM journal_block")).scalar_one() == by_hand


async def test_a_journal_that_commits_late_goes_into_the_next_block(
    database: Database, act: Act
) -> None:
    async with database.transaction() as slow:
        await credit(slow, act, ALICE, 100, key="a")
        async with database.transaction() as tx:
            await credit(tx, later(act, 1), BOB, 100, key="b")
        async with database.transaction() as tx:
            assert await jobs.seal(tx, later(act, 60)) == 1
            assert await jobs.fold_operator(tx) == 1
    async with database.transaction() as tx:
        assert await jobs.seal(tx, later(act, 61)) == 1
        assert await jobs.fold_operator(tx) == 1
        assert await violations(tx, later(act, 61).now) == []


async def test_folds_and_tail_are_the_whole(tx: Tx, act: Act) -> None:
    await credit(tx, act, ALICE, 100, key="a")
    await debit(tx, act, ALICE, 30, key="b")
    await jobs.seal(tx, later(act, 5))
    assert [await jobs.fold_operator(tx) for _ in range(2)] == [1, 0]
    await debit(tx, later(act, 6), ALICE, 20, key="c")
    await jobs.seal(tx, later(act, 9))
    await debit(tx, later(act, 10), ALICE, 5, key="d")
    assert await jobs.fold_operator(tx) == 1
    folds = await tx.sql("SELECT ledger_account, balance FROM operator_fold ORDER BY 1")
    assert [tuple(row) for row in folds] == [("clearing:sandbox", -100), ("revenue:sms", 50)]
    assert await violations(tx, act.now) == []
