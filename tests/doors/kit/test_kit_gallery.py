from __future__ import annotations

import gzip
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from umcloud.doors.kit.assets import ICONS, KIT_STATIC, Assets, icon

PAGES = ["/", "/parts", "/forms", "/tables", "/tables?state=failed", "/tables/empty", "/nowhere"]
LANGUAGES = ["zh_CN", "en"]
MOST_BYTES = 300_000


class Outline(HTMLParser):
    """What a page consists of: tags with attributes, ids, labels, texts of headings."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.within: list[str] = []
        self.in_label: list[int] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "label":
            self.within.append(tag)
        if self.within:
            self.in_label.append(len(self.tags) - 1)

    def handle_endtag(self, tag: str) -> None:
        if tag == "label" and self.within:
            self.within.pop()

    def all(self, *names: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in names]


def every_page(path: str, language: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}lang={language}"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PAGES)
async def test_every_field_has_a_label_and_every_id_is_one(
    member: httpx.AsyncClient, path: str, language: str
) -> None:
    page = (await member.get(every_page(path, language))).text
    outline = Outline(page)
    ids = Counter(attributes["id"] for _, attributes in outline.tags if "id" in attributes)
    assert [name for name, times in ids.items() if times > 1] == []
    labelled = {attributes.get("for") for attributes in outline.all("label")}
    for place, (tag, attributes) in enumerate(outline.tags):
        if tag in {"input", "select", "textarea"} and attributes.get("type") != "hidden":
            assert attributes.get("id") in labelled or place in outline.in_label, attributes
        for about in (attributes.get("aria-describedby") or "").split():
            assert about in ids
    assert len(outline.all("h1")) == 1
    assert len(outline.all("main")) == 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PAGES)
async def test_pages_keep_to_the_policy_and_to_this_machine(
    member: httpx.AsyncClient, path: str, language: str
) -> None:
    answer = await member.get(every_page(path, language))
    outline = Outline(answer.text)
    nonce = answer.headers["content-security-policy"].partition("'nonce-")[2].partition("'")[0]
    for attributes in outline.all("script"):
        data = attributes.get("type") == "application/json"
        assert attributes.get("src") or data or attributes.get("nonce") == nonce
    assert outline.all("style") == []
    for tag, attributes in outline.tags:
        assert not [name for name in attributes if name == "style" or name.startswith("on")], tag
        for name in ("src", "href", "action"):
            assert not re.match(r"(https?:)?//", attributes.get(name) or "")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_words_of_a_page_are_of_its_language(
    member: httpx.AsyncClient, language: str
) -> None:
    page = (await member.get(every_page("/forms", language))).text
    chinese = re.findall(r"[\u4e00-\u9fff]+", re.sub(r"<script.*?</script>", "", page))
    if language == "en":
        # The names of the account, of the person and of the other language are what they are.
        known = "上海云讯信息技术股份有限公司 华东区客户服务中心 欧阳明月 中文"
        assert set(chinese) <= set(known.split())
    else:
        assert len(chinese) > 30
    assert "gallery." not in re.sub(r'(name|href|id)="[^"]*"', "", page)


async def test_a_first_visit_is_light(member: httpx.AsyncClient) -> None:
    zipped = {"accept-encoding": "gzip"}
    page = await member.get("/tables", headers=zipped)
    total = len(gzip.compress(page.content))
    outline = Outline(page.text)
    files = [a.get("href") for a in outline.all("link")] + [
        a["src"] for a in outline.all("script") if a.get("src")
    ]
    for path in files:
        request = member.build_request("GET", str(path), headers=zipped)
        answer = await member.send(request, stream=True)
        body = b"".join([chunk async for chunk in answer.aiter_raw()])
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        total += len(body)
    assert total < MOST_BYTES


async def test_static_files_stay_in_their_folder(member: httpx.AsyncClient) -> None:
    for name in ("x/../app.py", "x/%2e%2e/app.py", "x//etc/passwd", "x", "x/none.css"):
        assert (await member.get(f"/_static/{name}")).status_code == 404
    stale = await member.get("/_static/old/kit.css")
    assert stale.status_code == 200
    assert stale.headers["cache-control"] == "no-cache"


def test_a_door_has_static_files_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "x.js").write_text("1", encoding="utf-8")
    assert Assets(tmp_path).path("own/x.js").endswith("/own/x.js")
    with pytest.raises(LookupError):
        Assets().path("own/x.js")
    with pytest.raises(LookupError):
        Assets(tmp_path).path("own/../x.js")


def test_every_icon_is_there() -> None:
    names = (KIT_STATIC.parent / "icons.txt").read_text(encoding="utf-8").split()
    assert names == sorted(set(names))
    assert all((ICONS / f"{name}.svg").is_file() for name in names)
    assert 'aria-hidden="true"' in icon("key")
    with pytest.raises(LookupError):
        icon("no-such-icon")


def luminance(colour: str) -> float:
    """Return relative luminance (WCAG 2.2)."""
    whole = colour if len(colour) == 7 else "#" + "".join(2 * letter for letter in colour[1:])
    shares = [int(whole[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def palettes() -> list[tuple[str, dict[str, str]]]:
    sheet = (KIT_STATIC / "kit.css").read_text(encoding="utf-8")
    blocks = re.compile(r"^([^\s{][^{]*?) \{([^}]*--k-accent:[^}]*)\}", re.MULTILINE)
    found: dict[str, dict[str, str]] = {}
    for selector, body in blocks.findall(re.sub(r"/\*.*?\*/\n", "", sheet)):
        found[selector] = dict(re.findall(r"--(k-[a-z-]+): (#[0-9a-f]{3,6})", body))
    light, dark = found.pop(":root"), found.pop('[data-bs-theme="dark"]')
    result = [("light", light), ("dark", light | dark)]
    for selector, colours in found.items():
        ground = light | dark if "dark" in selector else light
        result.append((selector, ground | colours))
    return result


@pytest.mark.parametrize(("name", "colours"), palettes(), ids=[name for name, _ in palettes()])
def test_words_can_be_read_on_their_ground(name: str, colours: dict[str, str]) -> None:
    pairs = [("ink", "page"), ("ink", "panel"), ("ink", "soft"), ("quiet", "page")]
    pairs += [("quiet", "panel"), ("quiet", "soft"), ("accent-ink", "panel"), ("bad", "panel")]
    tones = ["good", "bad", "waiting", "attention", "idle", "info"]
    pairs += [(tone, f"{tone}-soft") for tone in tones]
    for ink, ground in pairs:
        assert contrast(colours[f"k-{ink}"], colours[f"k-{ground}"]) >= 4.5, (name, ink, ground)
    assert contrast("#ffffff", colours["k-accent"]) >= 4.5, name
