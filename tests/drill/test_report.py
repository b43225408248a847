"""The figures are what the clients saw; the page shows them, needs nothing but itself, and opens in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from drill.figures import figures
from drill.page import page
from tests.drill import samples
from tests.drill.browser import ask


def test_rto_is_the_gap_between_acknowledged_writes_cut_into_stages_without_holes() -> None:
    found = figures(samples.record(), samples.MARKS, "east", "west", 8, samples.GROUPS)
    assert found.gap == (10.0, 20.0)
    assert [(s.name, s.start, s.end) for s in found.stages] == [
        ("last write until the kill", 10.0, 10.5),
        ("preview", 10.5, 14.0),
        ("decision", 14.0, 15.0),
        ("flip until the pointer moves", 15.0, 19.5),
        ("clients move", 19.5, 20.0),
    ]
    assert sum(s.end - s.start for s in found.stages) == found.gap[1] - found.gap[0]
    assert found.reading == (10.05, 20.7)


def test_rpo_counts_acknowledged_writes_that_were_not_mirrored_and_no_others() -> None:
    found = figures(samples.record(), samples.MARKS, "east", "west", 8, samples.GROUPS)
    assert (found.lost, found.lost_seconds, found.unknown) == ((9, 10), 2.0, 2)
    assert found.duplicates == (7, 8)
    assert [clamp["group"] for clamp in found.clamps] == ["a"]
    whole = figures(samples.record(), samples.MARKS, "east", "west", 10, [])
    assert (whole.lost, whole.lost_seconds, whole.clamps) == ((), 0.0, ())


def test_a_site_that_acknowledged_nothing_leaves_nothing_to_measure() -> None:
    seen = samples.record()
    seen.beats = [beat for beat in seen.beats if beat.site == "east"]
    with pytest.raises(ValueError, match="no write was acknowledged by west"):
        figures(seen, samples.MARKS, "east", "west", 8, [])


def test_the_page_needs_nothing_but_itself_and_escapes_what_it_shows() -> None:
    made = page(samples.report())
    assert re.findall(r"https?:|<script|<link|<img|src=|url\(|@import", made) == []
    assert "pre&lt;view&gt;" in made
    assert "pre<view>" not in made
    assert "10.0 s" in made


def test_the_page_opens_in_a_browser_with_every_write_on_the_timeline(tmp_path: Path) -> None:
    question = """(() => {
      const all = [...document.querySelectorAll('#timeline rect')].map(r => r.getBoundingClientRect());
      const box = document.getElementById('timeline').getBoundingClientRect();
      return {
        title: document.title, width: box.width, bars: all.length,
        shown: all.filter(r => r.width > 0 && r.height > 0).length,
        inside: all.every(r => r.left >= box.left - 1 && r.right <= box.right + 1 && r.bottom <= box.bottom + 1),
        lost: document.querySelectorAll('#timeline rect[fill="#c0392b"]').length,
        overflow: document.documentElement.scrollWidth > window.innerWidth,
      };
    })()"""
    told = ask(page(samples.report()), question, tmp_path)
    assert told["title"] == "Failover drill"
    assert told["width"] > 600
    assert told["bars"] == told["shown"] >= 10
    assert told["inside"]
    assert not told["overflow"]
    assert told["lost"] == 2
