"""All carrier lines of one process: which run, and who wakes them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from umcloud.domains.messaging import pulses
from umcloud.domains.messaging.following import LineConfig, line_configs
from umcloud.infra.clock import Now
from umcloud.infra.db import Database
from umcloud.infra.sealing import BrokenSealError
from umcloud.lines.flight import Counts
from umcloud.lines.line import Line, Patience
from umcloud.lines.listening import CHANNELS, Ear
from umcloud.lines.pulse import Meter

PASSWORD_PURPOSE = "line.password"  # noqa: S105 - what a password is sealed for
_POLL_SECONDS = 1.0
_CONFIG_SECONDS = 2.0
_PULSE_SECONDS = 1.0
_FIRST_DELAY, _LONGEST_DELAY = 0.2, 2.0
_RUNS = {"enabled", "draining"}
_log = logging.getLogger("umcloud.lines")


class Runner:
    """Runs every line that is enabled or draining; `run` until cancelled.

    A draining line sends what it was given and gets no more; a disabled one hangs up.
    """

    def __init__(
        self,
        database: Database,
        *,
        now: Now,
        unseal: Callable[[bytes], str],
        patience: Patience | None = None,
    ) -> None:
        """Take how a line's sealed password is opened."""
        self._database = database
        self._now = now
        self._unseal = unseal
        self._patience = patience or Patience()
        self._lines: dict[int, Line] = {}
        self._broken: set[int] = set()
        self._config_at = 0.0
        self._meters: dict[int, Meter] = {}
        self._pulse_at = 0.0

    @property
    def counts(self) -> dict[int, Counts]:
        """Return what each running line did since its start."""
        return {number: line.flight.counts for number, line in self._lines.items()}

    async def run(self) -> None:
        """Run until cancelled, then stop every line in order; raise what breaks a line."""
        delay = _FIRST_DELAY
        try:
            while True:
                try:
                    await self._listen()
                except (psycopg.Error, SQLAlchemyError, OSError) as error:
                    _log.warning("lines lost the database (%s)", type(error).__name__)
                    await asyncio.sleep(delay)
                    delay = min(_LONGEST_DELAY, delay * 2)
                else:
                    delay = _FIRST_DELAY
        finally:
            await asyncio.gather(*(line.stop() for line in self._lines.values()))
            self._lines.clear()

    async def _listen(self) -> None:
        """Follow notifications; once a second everything is looked at without one."""
        connection = await self._database.raw_connection()
        try:
            for channel in CHANNELS:
                await connection.execute(f"LISTEN {channel}".encode())
            await self._refresh()
            with Ear(connection.pgconn, self._wake) as ear:
                while True:
                    # Here, and not before, so that nothing told during the beginning is missed.
                    self._wake()
                    await ear.changed(_POLL_SECONDS)
                    self._raise_broken()
                    await self._tell()
                    if ear.heard_of_change or asyncio.get_running_loop().time() >= self._config_at:
                        ear.heard_of_change = False
                        await self._refresh()
        finally:
            await connection.close()

    def _wake(self) -> None:
        for line in self._lines.values():
            line.wake()

    def _raise_broken(self) -> None:
        for line in self._lines.values():
            if line.failed.done():
                line.failed.result()

    async def _tell(self) -> None:
        """Write down how the lines do, at most once a second."""
        here = asyncio.get_running_loop().time()
        if here < self._pulse_at or not self._meters:
            return
        self._pulse_at = here + _PULSE_SECONDS * 0.9
        taken = [meter.take(self._now) for _, meter in sorted(self._meters.items())]
        async with self._database.transaction() as tx:
            await pulses.write(tx, taken)

    async def _refresh(self) -> None:
        """Start, stop or restart lines as their rows say."""
        self._config_at = asyncio.get_running_loop().time() + _CONFIG_SECONDS
        async with self._database.transaction() as tx:
            wanted = {c.number: c for c in await line_configs(tx) if c.state in _RUNS}
        for number, line in list(self._lines.items()):
            config = wanted.get(number)
            if config is None or _link_of(config) != _link_of(line.config):
                del self._lines[number], self._meters[number]
                await line.stop()
                _log.info("line %d: stopped", number)
        for number, config in wanted.items():
            if number not in self._lines:
                self._start(config)

    def _start(self, config: LineConfig) -> None:
        try:
            password = self._unseal(config.password_sealed)
        except BrokenSealError:
            if config.number not in self._broken:
                _log.error("line %d: its password cannot be opened", config.number)
                self._broken.add(config.number)
            return
        self._broken.discard(config.number)
        line = Line(
            config, password, database=self._database, now=self._now, patience=self._patience
        )
        self._lines[config.number] = line
        self._meters[config.number] = Meter(line)
        line.start()
        _log.info("line %d: started", config.number)


def _link_of(config: LineConfig) -> tuple[object, ...]:
    """Return what a line has to be started anew for when it changes."""
    return (
        config.host,
        config.port,
        config.system_id,
        config.password_sealed,
        config.window,
        config.per_second,
    )
