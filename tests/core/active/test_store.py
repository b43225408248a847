"""The record in every store: read, replaced by who saw it, revised by whoever comes."""

import asyncio

import pytest

from kafkadr.active import document, store
from kafkadr.model.record import Standing
from tests.core.conftest import HERE
from tests.services.benches import Bench

every = pytest.mark.parametrize("bench", HERE, indirect=True)
EAST = document.Place("east", "lkc-e", "SASL_SSL://e:9092", "https://e.example")
WEST = document.Place("west", "lkc-w", "SASL_SSL://w:9092", "https://w.example")


@every
def test_a_move_goes_from_its_intent_to_the_record_and_history_is_kept(bench: Bench) -> None:
    async def play(url: str) -> None:
        seen = await store.read(url)
        assert seen.active is None
        assert await store.exchange(url, seen, document.first(EAST, 1, "me"))
        standings = (Standing("lkc-n", complete=True, stale_since=2), Standing("lkc-w", complete=True))
        await store.revise(url, lambda active: document.remembering(active, standings))
        seen = await store.read(url)
        assert seen.active is not None
        intended = document.intended(seen.active, "west", "lkc-w", 2)
        assert await store.exchange(url, seen, intended)
        # Whoever saw the record before the intent comes too late.
        assert not await store.exchange(url, seen, intended)
        seen = await store.read(url)
        assert seen.active is not None
        found = document.record_of(seen.active)
        assert (found.site, found.epoch, found.target, found.target_epoch) == ("east", 1, "west", 2)
        moved = document.moved(
            seen.active, WEST, 2, "me", "failover", [Standing("lkc-e", complete=True, stale_since=2)]
        )
        assert await store.exchange(url, seen, moved)
        found = document.record_of((await store.read(url)).active or seen.active)
        assert (found.site, found.epoch, found.target, found.moves) == ("west", 2, "", ((1, "lkc-e"), (2, "lkc-w")))
        assert found.standings == (Standing("lkc-e", complete=True, stale_since=2),)

    asyncio.run(play(bench.pointer()))


@every
def test_two_that_revise_at_once_keep_each_others_words(bench: Bench) -> None:
    async def play(url: str) -> None:
        await store.exchange(url, await store.read(url), document.first(EAST, 1, "me"))

        async def complete(cluster: str) -> None:
            await store.revise(
                url,
                lambda active: document.remembering(
                    active, {*document.record_of(active).standings, Standing(cluster, complete=True)}
                ),
            )

        await asyncio.gather(complete("lkc-a"), complete("lkc-b"))
        seen = await store.read(url)
        assert seen.active is not None
        assert [s.cluster_id for s in seen.active.standings] == ["lkc-a", "lkc-b"]

    asyncio.run(play(bench.pointer()))


def test_a_document_of_the_first_edition_knows_its_own_move() -> None:
    old = document.first(EAST, 3, "me").model_copy(update={"moves": ()})
    assert document.record_of(old).moves == ((3, "lkc-e"),)
