from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umcloud.domains.callbacks import rules
from umcloud.domains.callbacks.errors import PortForbidden, SchemeForbidden, UrlMalformed
from umcloud.kernel.refusals import Refusal


@pytest.mark.parametrize(
    ("url", "refusal"),
    [
        ("ftp://example.com/", SchemeForbidden),
        ("file:///etc/passwd", SchemeForbidden),
        ("gopher://example.com:6379/_SET", SchemeForbidden),
        ("example.com/push", SchemeForbidden),
        ("", UrlMalformed),
        ("http://", UrlMalformed),
        ("http:///push", UrlMalformed),
        ("http://user:word@example.com/", UrlMalformed),
        ("http://example.com/#here", UrlMalformed),
        ("http://example.com/a b", UrlMalformed),
        ("http://example.com\\@10.0.0.1/", UrlMalformed),
        ("http://example.com:99999/", UrlMalformed),
        ("http://example.com/\r\nX: y", UrlMalformed),
        ("http://example.com/" + "x" * 500, UrlMalformed),
        ("http://example.com:22/", PortForbidden),
        ("https://example.com:25/", PortForbidden),
    ],
)
def test_urls_that_are_not_called(url: str, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        rules.read_url(url)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://example.com/push?x=1", ("example.com", 443)),
        (" http://example.com ", ("example.com", 80)),
        ("http://example.com:8080/", ("example.com", 8080)),
        ("http://[2606:4700::1111]:8080/", ("2606:4700::1111", 8080)),
        ("https://回调.example.com/", ("xn--zbss05j.example.com", 443)),
    ],
)
def test_urls_that_are_called(url: str, place: tuple[str, int]) -> None:
    assert rules.host_and_port(rules.read_url(url)) == place


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        url = rules.read_url(text)
    except Refusal:
        return
    host, port = rules.host_and_port(url)
    assert host
    assert port in {80, 443} or port >= 1024


def test_tries_end_within_a_day() -> None:
    assert sum(rules.PAUSES, timedelta()) <= timedelta(days=1)
    assert set(rules.PAUSES[:3]) == {timedelta(seconds=1)}
