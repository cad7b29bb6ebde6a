from __future__ import annotations

import re
import runpy
from datetime import datetime
from pathlib import Path

from umcloud.domains.callbacks import rules

GUIDE = Path(__file__).parents[3] / "docs" / "guide" / "callbacks.md"


def test_the_guides_check_accepts_what_we_sign(tmp_path: Path, now: datetime) -> None:
    (code,) = re.findall(r"```python\n(.+?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    program = tmp_path / "check.py"
    program.write_text(code, "utf-8")
    genuine = runpy.run_path(str(program))["genuine"]
    body, moment = '{"id":"号"}'.encode(), now.timestamp()
    header = rules.signature("whsec_example", body, now)
    assert genuine("whsec_example", header, body, moment)
    assert not genuine("whsec_example", header, body + b" ", moment)
    assert not genuine("whsec_other", header, body, moment)
    assert not genuine("whsec_example", header, body, moment + 301)
