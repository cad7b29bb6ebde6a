"""The reference pages say what the code says."""

from __future__ import annotations

from pathlib import Path

from docs.writing import pages
from docs.writing.markdown import table, words

from tests.house.files import nothing

STALE = "run `./dev docs`: the code says something else than"


def test_the_reference_is_what_the_code_says() -> None:
    nothing([f"{STALE} docs/reference/{name}" for name in pages.stale()])


def test_a_stale_a_missing_and_a_needless_page_are_noticed(tmp_path: Path) -> None:
    pages.write(tmp_path)
    assert pages.stale(tmp_path) == []
    (tmp_path / "settings.md").write_text("old", "utf-8")
    (tmp_path / "events.md").unlink()
    (tmp_path / "gone.md").write_text("nobody writes this", "utf-8")
    assert pages.stale(tmp_path) == ["events.md", "gone.md", "settings.md"]
    assert pages.write(tmp_path) == ["events.md", "gone.md", "settings.md"]
    assert pages.stale(tmp_path) == []
    assert not (tmp_path / "gone.md").exists()


def test_what_is_written_shows_as_it_is() -> None:
    assert words("a_b *c* `d*_e` <f> [g]") == "a_b \\*c\\* `d*_e` &lt;f> \\[g\\]"
    assert table(("x", "y"), [("a|b", "c\nd")]).splitlines()[2] == "| a\\|b | c d |"
