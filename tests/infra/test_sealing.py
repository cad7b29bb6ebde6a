from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umcloud.infra.sealing import BrokenSealError, Sealer

SEALER = Sealer("a secret for tests only")


@given(st.binary(max_size=2000))
def test_what_is_sealed_opens_again(plain: bytes) -> None:
    assert SEALER.unseal(SEALER.seal(plain, purpose="key"), purpose="key") == plain


def test_seals_of_one_value_differ() -> None:
    assert SEALER.seal(b"x", purpose="key") != SEALER.seal(b"x", purpose="key")


@given(st.integers(0, 40), st.integers(1, 255))
def test_any_changed_byte_breaks_the_seal(position: int, flip: int) -> None:
    sealed = bytearray(SEALER.seal(b"twelve bytes", purpose="key"))
    sealed[position % len(sealed)] ^= flip
    with pytest.raises(BrokenSealError):
        SEALER.unseal(bytes(sealed), purpose="key")


def test_another_purpose_or_secret_does_not_open_it() -> None:
    sealed = SEALER.seal(b"x", purpose="key")
    with pytest.raises(BrokenSealError):
        SEALER.unseal(sealed, purpose="document")
    with pytest.raises(BrokenSealError):
        Sealer("another secret of tests").unseal(sealed, purpose="key")


@pytest.mark.parametrize("stump", [b"", b"\x01", b"\x01" + b"n" * 12, b"\x02" + b"n" * 40])
def test_stumps_are_broken_seals(stump: bytes) -> None:
    with pytest.raises(BrokenSealError):
        SEALER.unseal(stump, purpose="key")


def test_a_short_secret_is_no_secret() -> None:
    with pytest.raises(ValueError, match="16"):
        Sealer("short")


def test_fingerprints_depend_on_value_purpose_and_secret() -> None:
    one = SEALER.fingerprint("123456", purpose="code")
    assert one == SEALER.fingerprint("123456", purpose="code")
    others = {
        SEALER.fingerprint("123457", purpose="code"),
        SEALER.fingerprint("123456", purpose="other"),
        Sealer("another secret of tests").fingerprint("123456", purpose="code"),
    }
    assert one not in others
    assert len(others) == 3
