from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from umcloud.domains.audit import runs
from umcloud.infra.db import Database

PATIENCE = 25.0


async def test_the_worker_works_and_ends_well(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    environment = {
        **os.environ,
        "UMCLOUD_HOME": str(tmp_path),
        "UMCLOUD_DATABASE_URL": database_url,
        "UMCLOUD_SANDBOX": "1",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "umcloud.main.worker",
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                async with database.transaction() as tx:
                    checked = await runs.latest(tx)
                if checked or process.returncode is not None:
                    break
                await asyncio.sleep(0.1)
            assert process.returncode is None
            process.send_signal(signal.SIGTERM)
            said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, said.decode()
    assert checked[0].checked > 0
    assert checked[0].violations == ()
