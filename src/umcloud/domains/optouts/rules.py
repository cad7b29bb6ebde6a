"""Pure decisions: what is a wish to opt out."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

WORDS: Final = frozenset({"TD", "T", "R", "退订", "拒收"})
"""What marketing templates must offer as an answer (see `resources/templates/rules.py`)."""
_NOISE = re.compile(r"[\W_]+")
_ASKED = re.compile(r"^(?:请)?(?:回复?)?")


def opts_out(text: str) -> bool:
    """Tell whether a handset's whole text is a wish to opt out, however it is written.

    Full width, letter case, blanks and punctuation do not matter, and `回T` is `T`. A sentence that
    has a word in it is not: somebody who asks a question has not opted out.
    """
    bare = _NOISE.sub("", unicodedata.normalize("NFKC", text)).upper()
    return bare in WORDS or _ASKED.sub("", bare) in WORDS
