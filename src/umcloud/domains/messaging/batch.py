"""One batch of screened requests: locked, decided and appended in two round trips."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

import psycopg

from umcloud.domains.charging import hot as charging
from umcloud.domains.charging.model import Claim, Wallets
from umcloud.domains.charging.rules import decide
from umcloud.domains.ledger.errors import IdempotencyConflict, InsufficientBalance
from umcloud.domains.ledger.model import CNY
from umcloud.domains.messaging import accept_hot as hot
from umcloud.domains.messaging.ids import SessionIds
from umcloud.domains.messaging.model import SendAnswer, SendRequest
from umcloud.domains.messaging.screening import Screened
from umcloud.infra.hot import HotConnection, Rows, ints, one, read_uuid, texts, uuids
from umcloud.kernel.ids import AccountId, uuid7
from umcloud.kernel.moments import unix_ms
from umcloud.kernel.refusals import Refusal, registry

STATEMENTS = (*hot.STATEMENTS, *charging.STATEMENTS)


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
        self, connection: HotConnection, ids: SessionIds
    ) -> Sequence[SendAnswer | Refusal]:
        """Return the requests' answers, durable.

        Raises StaleFactsError (nothing written), CommitInDoubtError (ask `was_committed`), or
        psycopg's OperationalError before anything was written.
        """
        pairs = sorted({(r.lane, r.account_id.int) for r, _ in self._requests})
        self._lanes = lanes = sorted({lane for lane, _ in pairs})
        keys = [
            (r.lane, r.account_id.int, r.idempotency_key)
            for r, _ in self._requests
            if r.idempotency_key is not None
        ]
        calls = [
            "BEGIN",
            hot.lock_lanes_call(lanes),
            hot.read_senders_call(pairs),
            *charging.lock_calls(pairs, self.now),
        ]
        if keys:
            calls.append(hot.read_keys_call(keys))
        results = await connection.run(calls)
        stale = self._stale(results[2])
        if stale:
            await connection.rollback()
            raise StaleFactsError(stale)
        wallets = charging.read_wallets(results[3], results[4])
        above = max(read_uuid(str(row[1])) for row in results[1])
        known = _known(results[5]) if keys else {}
        writes = self._decide(wallets, known, ids, above)
        try:
            await connection.run([*writes, hot.notify_call(), "COMMIT"])
        except (psycopg.OperationalError, psycopg.InterfaceError, OSError) as error:
            raise CommitInDoubtError from error
        except BaseException:
            if not connection.closed:
                await connection.rollback()
            raise
        return self.answers

    async def was_committed(self, connection: HotConnection) -> bool:
        """Return whether the batch stands. The lanes' locks wait for its transaction to end."""
        lane, journal = self._journal
        results = await connection.run(
            [
                "BEGIN",
                hot.lock_lanes_call(self._lanes),
                charging.JOURNAL_PRESENT.call(one(lane), one(f"{journal:032x}")),
                "ROLLBACK",
            ]
        )
        return bool(results[2])

    def _stale(self, rows: Rows) -> list[AccountId]:
        current = {read_uuid(str(account)): int(str(version)) for account, version in rows}
        return [
            request.account_id
            for request, screened in self._requests
            if current[request.account_id.int] != screened.version
        ]

    def _decide(
        self,
        wallets: Wallets,
        known: dict[tuple[int, str], tuple[str, SendAnswer]],
        ids: SessionIds,
        above: int,
    ) -> list[str]:
        milliseconds = unix_ms(self.now)
        claims: list[Claim] = []
        fresh: list[tuple[SendRequest, Screened, SendAnswer]] = []
        for request, screened in self._requests:
            stored = _stored(request, known)
            if stored is not None:
                self.answers.append(stored)
                continue
            session = ids.next(milliseconds, above)
            answer = SendAnswer(session, dict(screened.refused), [0] * request.size)
            self.answers.append(answer)
            whole = not (request.atomic and screened.refused)
            positions = screened.ready.positions if whole else []
            claims.append(
                Claim(
                    request.account_id.int,
                    request.lane,
                    [session + position + 1 for position in positions],
                    screened.rates if whole else [],
                    request.atomic,
                )
            )
            fresh.append((request, screened, answer))
            if request.idempotency_key is not None:
                # A twin in the same batch gets this answer too.
                known[request.account_id.int, request.idempotency_key] = (
                    request.request_hash or "",
                    answer,
                )
        decision = decide(claims, wallets)
        for (_, screened, answer), claim, refused in zip(
            fresh, claims, decision.refused, strict=True
        ):
            _note(screened, claim, refused, answer, wallets)
        self._journal = self._lanes[0], uuid7(self.now).int
        if not decision.charged.ids:
            return self._key_calls(fresh)
        return [
            hot.write_lanes_call(_last_ids(fresh)),
            _messages_call(fresh),
            *charging.write_calls(decision, self._journal, self.now),
            *self._key_calls(fresh),
        ]

    def _key_calls(self, fresh: list[tuple[SendRequest, Screened, SendAnswer]]) -> list[str]:
        keyed = [(r, a) for r, _, a in fresh if r.idempotency_key is not None]
        if not keyed:
            return []
        return [
            hot.WRITE_KEYS.call(
                ints(r.lane for r, _ in keyed),
                uuids(r.account_id.int for r, _ in keyed),
                texts([r.idempotency_key for r, _ in keyed]),
                texts([r.request_hash or "" for r, _ in keyed]),
                uuids(a.session for _, a in keyed),
                texts([_pack(a) for _, a in keyed]),
                one(self.now.isoformat()),
            )
        ]


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


def _last_ids(fresh: list[tuple[SendRequest, Screened, SendAnswer]]) -> dict[int, int]:
    last: dict[int, int] = {}
    for request, _, answer in fresh:
        # Sessions only grow, so the last one seen of a lane is its greatest.
        last[request.lane] = answer.session + request.size
    return last


def _messages_call(fresh: list[tuple[SendRequest, Screened, SendAnswer]]) -> str:
    columns: list[list[object]] = [[] for _ in range(13)]
    lanes, ids, accounts, lines, classes, tos, sources, bodies, parts, segs, tpls, sigs, refs = (
        columns
    )
    for request, screened, answer in fresh:
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
    return hot.messages_call(columns)


def _known(rows: Rows) -> dict[tuple[int, str], tuple[str, SendAnswer]]:
    return {
        (read_uuid(str(account)), str(key)): (str(asked), _unpack(str(session), str(answer)))
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


def _unpack(session: str, packed: str) -> SendAnswer:
    stored = json.loads(packed)
    kinds = registry()
    refused = {int(p): kinds[code](**facts) for p, (code, facts) in stored["refused"].items()}
    return SendAnswer(read_uuid(session), refused, stored["segments"])
