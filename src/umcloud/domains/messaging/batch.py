"""One batch of screened requests: locked, decided and appended in two round trips."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import psycopg

from umcloud.domains.charging import hot as charging
from umcloud.domains.charging import rules as charging_rules
from umcloud.domains.charging.model import Claim, Wallets
from umcloud.domains.ledger.errors import IdempotencyConflict, InsufficientBalance
from umcloud.domains.ledger.model import CNY
from umcloud.domains.messaging import accept_hot as hot
from umcloud.domains.messaging.ids import SessionIds
from umcloud.domains.messaging.model import SendAnswer, SendRequest
from umcloud.domains.messaging.screening import Screened
from umcloud.infra.hot import BEGIN, COMMIT, ROLLBACK, Call, HotConnection, Rows
from umcloud.kernel.ids import AccountId, uuid7
from umcloud.kernel.moments import unix_ms
from umcloud.kernel.refusals import Refusal, registry

STATEMENTS = (*hot.STATEMENTS, *charging.STATEMENTS)

_Fresh: TypeAlias = tuple[SendRequest, Screened, SendAnswer, Claim]


class StaleFactsError(Exception):
    """Some accounts' facts changed since they were screened; nothing was written."""

    def __init__(self, accounts: list[AccountId]) -> None:
        super().__init__("facts changed")
        self.accounts = accounts


class CommitInDoubtError(Exception):
    """The connection was lost while the batch was being written; it may or may not stand."""


class Batch:
    """Collects screened requests of one moment, then writes them. Used once."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.answers: list[SendAnswer | Refusal] = []
        self._requests: list[tuple[SendRequest, Screened]] = []
        self._lanes: list[int] = []
        self._journal: charging.Place = (0, 0)

    def add(self, request: SendRequest, screened: Screened) -> None:
        """Take a request along; its answer stands at the same place in `write`'s answer."""
        self._requests.append((request, screened))

    async def write(
        self, connection: HotConnection, ids: SessionIds, purses: dict[int, int] | None = None
    ) -> Sequence[SendAnswer | Refusal]:
        """Return the requests' answers, durable.

        `purses` is the writer's memory of accounts that paid from cash, with their wallets: a batch
        of these alone is made ready while the database still looks whether they can.
        Raises StaleFactsError (nothing written), CommitInDoubtError (ask `was_committed`), or
        psycopg's OperationalError before anything was written.
        """
        purses = {} if purses is None else purses
        try:
            if not await self._write_ready(connection, ids, purses):
                await self._write_looking(connection, ids, purses)
        except CommitInDoubtError:
            raise
        except BaseException:
            # Whatever it was, money that was moved goes back before anybody uses the connection.
            if not connection.closed:
                await connection.rollback()
            raise
        return self.answers

    async def _write_ready(
        self, connection: HotConnection, ids: SessionIds, purses: dict[int, int]
    ) -> bool:
        """Write a batch that cash pays for; False, and nothing is done, where some of it is not."""
        accounts = {r.account_id.int for r, _ in self._requests}
        if not accounts <= purses.keys() or any(r.idempotency_key for r, _ in self._requests):
            return False
        claims = [_claim(request, screened) for request, screened in self._requests]
        sums = charging_rules.totals(claims)
        paying = {account: purses[account] for _, account in sums}
        if not sums or charging_rules.unpaid(claims, paying):
            return False
        pairs = self._place()
        fresh = self._fresh(claims, {}, ids, above=0)
        connection.send(
            [
                BEGIN,
                hot.ADVANCE_LANES.call(*_columns(_spans(fresh), 3)),
                hot.READ_SENDERS.call(*_columns(pairs, 2)),
                charging.move_cash_call(sums, self._journal),
            ]
        )
        try:
            writes = self._decide(fresh, {}, paying)
        finally:
            _, advanced, senders, moved = await connection.answers()
        self._check_fresh(senders)
        paid = charging.read_moved(moved)
        if len(advanced) == len(self._lanes) and paid == paying:
            await self._commit(connection, writes)
            return True
        for account in paying.keys() - paid.keys():
            del purses[account]
        await connection.rollback()
        self.answers.clear()
        return False

    def _place(self) -> list[tuple[int, int]]:
        """Choose lanes and a new journal; return each (lane, account) once, in order."""
        pairs = sorted({(r.lane, r.account_id.int) for r, _ in self._requests})
        self._lanes = sorted({lane for lane, _ in pairs})
        self._journal = self._lanes[0], uuid7(self.now).int
        return pairs

    async def _write_looking(
        self, connection: HotConnection, ids: SessionIds, purses: dict[int, int]
    ) -> None:
        """Write a batch, with a look at the keys and wallets that need one."""
        try:
            await self._write(connection, ids, purses, in_order=False)
        except psycopg.errors.LockNotAvailable:
            # Somebody else has a wallet that the short way left over: all again, in order.
            await connection.rollback()
            self.answers.clear()
            await self._write(connection, ids, purses, in_order=True)

    async def _write(
        self,
        connection: HotConnection,
        ids: SessionIds,
        purses: dict[int, int],
        *,
        in_order: bool,
    ) -> None:
        pairs = self._place()
        keys = [
            (r.lane, r.account_id.int, r.idempotency_key)
            for r, _ in self._requests
            if r.idempotency_key is not None
        ]
        calls = [
            BEGIN,
            hot.LOCK_LANES.call(self._lanes),
            hot.READ_SENDERS.call(*_columns(pairs, 2)),
        ]
        if keys:
            calls.append(hot.READ_KEYS.call(*_columns(keys, 3)))
        # What it costs is known before anything is asked, unless some were asked before.
        claims = [_claim(request, screened) for request, screened in self._requests]
        sums = {} if keys or in_order else charging_rules.totals(claims)
        if sums:
            calls.append(charging.move_cash_call(sums, self._journal))
        results = await connection.run(calls)
        self._check_fresh(results[2])
        known = _known(results[3]) if keys else {}
        fresh = self._fresh(claims, known, ids, above=max(row[1] for row in results[1]))
        claims = [claim for *_, claim in fresh]
        if keys and not in_order:
            sums = charging_rules.totals(claims)
            if sums:
                results = await connection.run([charging.move_cash_call(sums, self._journal)])
        paid = charging.read_moved(results[-1]) if sums else {}
        purses.update(paid)
        wallets: Wallets = {}
        if left := charging_rules.unpaid(claims, paid):
            locks = charging.lock_calls(left, self.now, at_once=bool(paid))
            wallets = charging.read_wallets(*await connection.run(locks))
        last = hot.WRITE_LANES.call(*_columns([(lane, e) for lane, _, e in _spans(fresh)], 2))
        writes = self._decide(fresh, wallets, paid)
        await self._commit(connection, [last, *writes] if writes else [])

    async def _commit(self, connection: HotConnection, writes: Sequence[Call]) -> None:
        try:
            await connection.run([*writes, hot.NOTIFY.call(), COMMIT])
        except (psycopg.OperationalError, psycopg.InterfaceError, OSError) as error:
            raise CommitInDoubtError from error

    async def was_committed(self, connection: HotConnection) -> bool:
        """Return whether the batch stands. The lanes' locks wait for its transaction to end."""
        results = await connection.run(
            [
                BEGIN,
                hot.LOCK_LANES.call(self._lanes),
                charging.JOURNAL_PRESENT.call(*self._journal),
                ROLLBACK,
            ]
        )
        return bool(results[2])

    def _check_fresh(self, senders: Rows) -> None:
        current: dict[int, int] = dict(senders)
        stale = [
            request.account_id
            for request, screened in self._requests
            if current[request.account_id.int] != screened.version
        ]
        if stale:
            raise StaleFactsError(stale)

    def _fresh(
        self,
        claims: Sequence[Claim],
        known: dict[tuple[int, str], tuple[str, SendAnswer]],
        ids: SessionIds,
        *,
        above: int,
    ) -> list[_Fresh]:
        """Answer what was asked before; give ids to the others and to what they claim."""
        milliseconds = unix_ms(self.now)
        fresh = []
        for (request, screened), claim in zip(self._requests, claims, strict=True):
            stored = _stored(request, known)
            if stored is not None:
                self.answers.append(stored)
                continue
            session = ids.next(milliseconds, above)
            answer = SendAnswer(session, dict(screened.refused), [0] * request.size)
            self.answers.append(answer)
            if claim.rates:
                claim.ids = [session + position + 1 for position in screened.ready.positions]
            fresh.append((request, screened, answer, claim))
            if request.idempotency_key is not None:
                # A twin in the same batch gets this answer too.
                known[request.account_id.int, request.idempotency_key] = (
                    request.request_hash or "",
                    answer,
                )
        return fresh

    def _decide(self, fresh: list[_Fresh], wallets: Wallets, paid: Mapping[int, int]) -> list[Call]:
        decision = charging_rules.decide([claim for *_, claim in fresh], wallets, paid)
        for (_, screened, answer, claim), refused in zip(fresh, decision.refused, strict=True):
            _note(screened, claim, refused, answer, wallets)
        if not decision.charged.ids:
            return self._key_calls(fresh)
        return [
            _messages_call(fresh),
            *charging.write_calls(decision, self._journal, self.now),
            *self._key_calls(fresh),
        ]

    def _key_calls(self, fresh: list[_Fresh]) -> list[Call]:
        rows = [
            (
                request.lane,
                request.account_id.int,
                request.idempotency_key,
                request.request_hash or "",
                answer.session,
                _pack(answer),
            )
            for request, _, answer, _ in fresh
            if request.idempotency_key is not None
        ]
        return [hot.WRITE_KEYS.call(*_columns(rows, 6), self.now)] if rows else []


def _columns(rows: Sequence[tuple[Any, ...]], count: int) -> list[list[Any]]:
    return [[row[column] for row in rows] for column in range(count)]


def _claim(request: SendRequest, screened: Screened) -> Claim:
    """Return what a request claims; its events have no ids yet."""
    whole = not (request.atomic and screened.refused)
    rates = screened.rates if whole else []
    return Claim(request.account_id.int, request.lane, [], rates, request.atomic)


def _note(
    screened: Screened,
    claim: Claim,
    refused: list[int],
    answer: SendAnswer,
    wallets: Wallets,
) -> None:
    if claim.atomic and refused:
        needed = sum(rate.micros for rate in claim.rates)
        refusal = _insufficient(claim.account, needed, wallets)
        for position in screened.ready.positions:
            answer.refused[position] = refusal
        return
    short = set(refused)
    for index, rate in enumerate(claim.rates):
        position = screened.ready.positions[index]
        if index in short:
            answer.refused[position] = _insufficient(claim.account, rate.micros, wallets)
        else:
            answer.segments[position] = rate.quantity


def _insufficient(account: int, needed: int, wallets: Wallets) -> Refusal:
    money = wallets.get((account, CNY))
    return InsufficientBalance.of(CNY, needed=needed, available=money.available if money else 0)


def _spans(fresh: list[_Fresh]) -> list[tuple[int, int, int]]:
    """Return each lane with its first session and its last message's id, by lane."""
    spans: dict[int, tuple[int, int]] = {}
    for request, _, answer, _ in fresh:
        # Sessions only grow, so the last one seen of a lane is its greatest.
        first, _ = spans.get(request.lane, (answer.session, 0))
        spans[request.lane] = first, answer.session + request.size
    return [(lane, *spans[lane]) for lane in sorted(spans)]


def _messages_call(fresh: list[_Fresh]) -> Call:
    columns: list[list[Any]] = [[] for _ in range(13)]
    lanes, ids, accounts, lines, classes, tos, sources, bodies, parts, segs, tpls, sigs, refs = (
        columns
    )
    for request, screened, answer, _ in fresh:
        ready, segments, session = screened.ready, answer.segments, answer.session
        for index, position in enumerate(ready.positions):
            if not segments[position]:
                continue
            lanes.append(request.lane)
            ids.append(session + position + 1)
            accounts.append(request.account_id.int)
            lines.append(ready.lines[index])
            classes.append(ready.classes[index])
            tos.append(ready.destinations[index])
            sources.append(ready.sources[index])
            bodies.append(ready.texts[index])
            parts.append(ready.parts[index])
            segs.append(segments[position])
            tpls.append(ready.templates[index])
            sigs.append(ready.signatures[index])
            refs.append(ready.refs[index])
    return hot.WRITE_MESSAGES.call(*columns)


def _known(rows: Rows) -> dict[tuple[int, str], tuple[str, SendAnswer]]:
    return {
        (account, key): (asked, _unpack(session, answer))
        for account, key, asked, session, answer in rows
    }


def _stored(
    request: SendRequest, known: dict[tuple[int, str], tuple[str, SendAnswer]]
) -> SendAnswer | Refusal | None:
    if request.idempotency_key is None:
        return None
    found = known.get((request.account_id.int, request.idempotency_key))
    if found is None:
        return None
    asked, answer = found
    if asked != (request.request_hash or ""):
        return IdempotencyConflict(key=request.idempotency_key)
    return SendAnswer(answer.session, answer.refused, answer.segments, replayed=True)


def _pack(answer: SendAnswer) -> str:
    refused = {p: [r.code, r.facts] for p, r in answer.refused.items()}
    return json.dumps({"segments": answer.segments, "refused": refused}, default=str)


def _unpack(session: int, packed: str) -> SendAnswer:
    stored = json.loads(packed)
    kinds = registry()
    refused = {int(p): kinds[code](**facts) for p, (code, facts) in stored["refused"].items()}
    return SendAnswer(session, refused, stored["segments"])
