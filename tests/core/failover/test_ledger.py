"""The ledger of a move: rows by site, a rerun that adds, and never another move's."""

from __future__ import annotations

import asyncio
from pathlib import Path

from kafkadr.failover.ledger import Entry, EnvironmentLedger, Journal, Unwritten, newest
from kafkadr.failover.stopping import WISH
from kafkadr.forecast import Forecast
from kafkadr.survey import Survey, survey
from kafkadr.wire import Mirror

NOTHING = Forecast((), ())


def mirror(name: str, link: str, status: str = "STOPPED", fetched: int = 9, lag: int | None = 0) -> Mirror:
    rows = [{"partition": 0, "lag": lag, "last_source_fetch_offset": fetched}]
    return Mirror.model_validate(
        {"mirror_topic_name": name, "link_name": link, "mirror_status": status, "mirror_lags": rows}
    )


def looked(*mirrors: Mirror) -> Survey:
    return survey(mirrors, WISH)


def entry(target: str = "lkc-w", leaves: str = "lkc-e", since: int = 0, declared: tuple[str, ...] = ()) -> Entry:
    return Entry("orders", 2, "failover", target, leaves, since, declared)


def test_a_row_names_the_site_its_copy_came_from_and_the_left_site_gets_what_never_came() -> None:
    seen = looked(mirror("a", "from-e"), mirror("b", "from-n"))
    sources = {"from-e": "lkc-e", "from-n": "lkc-n"}
    document = entry(declared=("a", "c")).document(seen, NOTHING, sources, None)
    assert {name: topic["from"] for name, topic in document["topics"].items()} == {"a": "lkc-e", "b": "lkc-n"}
    assert document["elsewhere"] == {"lkc-e": ["b", "c"]}


def test_a_move_to_the_site_that_is_active_leaves_nobody() -> None:
    document = entry("lkc-e", "lkc-e", declared=("c",)).document(looked(), NOTHING, {}, None)
    assert document["elsewhere"] == {}


def test_a_rerun_keeps_the_lowest_epoch_of_what_is_missing() -> None:
    seen, sources = looked(mirror("a", "l")), {"l": "lkc-e"}
    first = entry(since=3).document(seen, NOTHING, sources, None)
    assert entry(since=2).document(seen, NOTHING, sources, first)["staleSince"] == 2
    assert entry().document(seen, NOTHING, sources, first)["staleSince"] == 3


def test_the_ledger_of_another_move_is_left_as_it_is(tmp_path: Path) -> None:
    async def play() -> None:
        ledger, warned = EnvironmentLedger(tmp_path.as_uri(), "orders", 2), list[str]()
        seen = looked(mirror("a", "l"))
        first = Journal(entry("lkc-n"), ledger, 60, {"l": "lkc-e"})
        await first.close(await first.open(seen, NOTHING, warned.append), seen, ())
        before = await ledger.read()
        second = Journal(entry("lkc-w"), ledger, 60, {"l": "lkc-e"})
        document = await second.open(seen, NOTHING, warned.append)
        assert "is of a move to lkc-n, not to lkc-w" in warned[0]
        assert isinstance(await second.close(document, seen, ()), Unwritten)
        assert await ledger.read() == before
        assert await newest(tmp_path.as_uri(), "orders") == (2, "lkc-n")

    asyncio.run(play())
