"""Which passwords are too weak (C5.1): pure, without a dictionary on disk.

Length counts more than symbols (NIST SP 800-63B section 3.1.1); what people type first is refused
by its pattern: one word with decoration, a run on the keyboard, a repeated piece, or the own name.
"""

from __future__ import annotations

import re

from umcloud.domains.accounts import errors

SHORTEST = 10
LONGEST = 128

_FIRST_GUESSES = """
password passwd passw0rd p@ssw0rd p@ssword admin administrator root guest user test tester
welcome letmein iloveyou woaini login master monkey dragon football sunshine princess superman
secret changeme default qwerty qwertz asdf zxcv abc abcd abcabc aa qq wang li zhang liu chen yang
huang zhao wu zhou umcloud ucloud youming nihao zhongguo china beijing shanghai shenzhen company
hello abcdefg
"""
_WORDS = frozenset(_FIRST_GUESSES.split())
_RUNS = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "qazwsxedcrfvtgbyhnujmikolp",
)
_EDGE = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_LETTERS = re.compile(r"[\W_]+")
_RUN_LENGTH = 8
_DISTINCT = 5


def judge_password(password: str, *names: str | None) -> None:
    """Refuse a weak password and say what is wrong: length, commonness, or likeness to a name."""
    if len(password) < SHORTEST:
        raise errors.PasswordTooShort(shortest=SHORTEST)
    if len(password) > LONGEST:
        raise errors.PasswordTooLong(longest=LONGEST)
    plain = password.lower()
    if _is_a_name(plain, names):
        raise errors.PasswordIsName
    if _is_common(plain):
        raise errors.PasswordCommon


def _is_a_name(plain: str, names: tuple[str | None, ...]) -> bool:
    bare = _LETTERS.sub("", plain)
    for name in names:
        if not name:
            continue
        lowered = name.lower()
        forms = {lowered, lowered.partition("@")[0], lowered.removeprefix("+86")}
        forms |= {_LETTERS.sub("", form) for form in forms}
        if plain in forms or bare in forms:
            return True
    return False


def _is_common(plain: str) -> bool:
    if len(set(plain)) < _DISTINCT:
        return True
    if _EDGE.sub("", plain) in _WORDS or plain.rstrip("0123456789!@#$%^&*.?_-") in _WORDS:
        return True
    runs = (*_RUNS, *(run[::-1] for run in _RUNS))
    pieces = (plain[start : start + _RUN_LENGTH] for start in range(len(plain) - _RUN_LENGTH + 1))
    return any(piece in run for piece in pieces for run in runs) or _repeats(plain)


def _repeats(plain: str) -> bool:
    half = len(plain) // 2
    return any(
        plain == (plain[:size] * (len(plain) // size + 1))[: len(plain)]
        for size in range(1, half + 1)
    )
