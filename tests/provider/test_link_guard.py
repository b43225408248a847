"""A pair's links go only when what was acknowledged is what stands in their ledgers."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from pulumi.provider.experimental.property_value import PropertyValue

from kafkadr.errors import RefusedError
from kafkadr.ledger import Ledger, LedgerError
from kafkadr.receipts import receipt_of
from kafkadr.settling import Document, with_found
from provider.link_guard import LinkGuardResource
from provider.values import NOT_KNOWN_YET, wrap
from tests.provider.one_resource import OneResource
from tests.settled import written_off

WEST, EAST = ("lkc-west", "dr"), ("lkc-east", "dr-back")


class Ledgers:
    """The ledgers of a pair with two links, and its guard."""

    def __init__(self, folder: Path) -> None:
        self.url = folder.as_uri()
        self.folder = folder
        self.receipts = [self.add(WEST, 2), self.add(EAST, 3)]

    def add(self, place: tuple[str, str], epoch: int) -> str:
        """A flip left five records behind, and somebody did without them; the receipt."""
        row = {"partition": 0, "lastSourceFetchOffset": 100, "lag": 5, "missing": [101, 105]}
        topics = {"dr-topic": {"source": "dr-topic", "partitions": [row]}}
        return self.put(place, written_off({"state": "closed", "epoch": epoch, "link": place[1], "topics": topics}))

    def put(self, place: tuple[str, str], document: Document) -> str:
        """Write a ledger; its receipt, empty while it has none."""
        file = self.file(place, document["epoch"])
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(document), "utf-8")
        return receipt_of(document)

    def file(self, place: tuple[str, str], epoch: int) -> Path:
        return self.folder / Ledger(self.url, *place, epoch).name

    def document(self, place: tuple[str, str], epoch: int) -> Document:
        found: Document = json.loads(self.file(place, epoch).read_text("utf-8"))
        return found

    def guard(self, **more: Any) -> OneResource:
        """The guard, as an update recorded it."""
        inputs = {
            "ledgers": [{"clusterId": cluster, "linkName": link} for cluster, link in (WEST, EAST)],
            "ledgerUrl": self.url,
            "acknowledged": self.receipts,
        }
        guard = OneResource(LinkGuardResource(), **(inputs | more))
        guard.up()
        return guard


@pytest.fixture
def ledgers(tmp_path: Path) -> Ledgers:
    return Ledgers(tmp_path / "ledger")


def test_it_goes_when_every_ledger_is_as_it_was_acknowledged(ledgers: Ledgers) -> None:
    guard = ledgers.guard()
    assert guard.refresh() == {}
    assert guard.changes() == []
    guard.delete()
    ledgers.guard(ledgerUrl="").delete()  # There never was a flip.


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], ["epoch 2: recovery.acknowledged does not speak of", "none is given", "epoch 3: recovery.acknowledged"]),
        ([0], ["epoch 3: recovery.acknowledged does not speak of the ledger at", "dr-back/epoch-3.json as it is"]),
        ([0, f"3:{'0' * 64}"], [f"3:{'0' * 64} is not its receipt"]),
    ],
)
def test_a_receipt_that_is_missing_or_another_ledgers_keeps_the_links(
    ledgers: Ledgers, given: list[int | str], said: list[str]
) -> None:
    receipts = [ledgers.receipts[each] if isinstance(each, int) else each for each in given]
    guard = ledgers.guard(acknowledged=receipts)
    with pytest.raises(RefusedError) as refused:
        guard.delete()
    assert [words for words in said if words not in refused.value.problem] == []
    assert "run `pulumi up`, and delete after that" in refused.value.remedy
    assert guard.changes(acknowledged=ledgers.receipts) == ["acknowledged"]
    guard.up(acknowledged=ledgers.receipts)
    guard.delete()


def test_a_ledger_that_moved_on_after_it_was_acknowledged_keeps_them_until_the_new_receipt_is_recorded(
    ledgers: Ledgers,
) -> None:
    guard, first = ledgers.guard(), ledgers.receipts[0]
    found = with_found(ledgers.document(WEST, 2), "dr-topic", 0, 0, 109, "later")
    assert ledgers.put(WEST, found) == ""
    with pytest.raises(RefusedError, match=r"epoch 2: dr-topic partition 0, offsets 106-108"):
        guard.delete()
    again = ledgers.put(WEST, written_off(found))
    assert again not in {"", first}
    with pytest.raises(RefusedError, match=f"epoch 2: .*{first} is not its receipt.*written again since"):
        guard.delete()
    guard.up(acknowledged=[again, ledgers.receipts[1]])
    guard.delete()


def test_a_ledger_that_is_open_or_cannot_be_read_is_no_permission(
    ledgers: Ledgers, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard, file = ledgers.guard(), ledgers.file(EAST, 3)
    text = file.read_text("utf-8")
    file.write_text(text.replace('"closed"', '"open"'), "utf-8")
    with pytest.raises(RefusedError, match="epoch 3: the flip has not ended"):
        guard.delete()
    file.write_text("{", "utf-8")
    with pytest.raises(LedgerError, match=r"epoch-3\.json is not a ledger document"):
        guard.delete()
    file.write_text(text, "utf-8")
    guard.delete()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "us-west-2")
    with pytest.raises(LedgerError, match=r"s3://ledgers/.* cannot be used"):
        ledgers.guard(ledgerUrl="s3://ledgers").delete()


def test_a_link_or_a_store_that_is_guarded_no_longer_is_asked_about_first(ledgers: Ledgers) -> None:
    guard = ledgers.guard(acknowledged=ledgers.receipts[:1])
    west = [{"clusterId": WEST[0], "linkName": WEST[1]}]
    for change in ({"ledgers": west}, {"ledgerUrl": (ledgers.folder / "new").as_uri()}):
        for deed in (guard.preview, guard.up_without_preview):
            with pytest.raises(RefusedError, match="epoch 3: "):
                deed(**change)
    guard.up(ledgers=west, acknowledged=ledgers.receipts)
    asyncio.run(Ledger(ledgers.url, *EAST, 3).update(lambda document: (document or {}) | {"state": "open"}))
    guard.delete()


def test_a_link_is_kept_only_once_its_flip_has_ended_and_goes_by_its_receipt(ledgers: Ledgers) -> None:
    """A new site's cluster has no id at preview; whether the flip of the lost one was whole is known by then."""
    west = [{"clusterId": WEST[0], "linkName": WEST[1]}]
    guard, file = ledgers.guard(ledgers=west, acknowledged=[]), ledgers.file(WEST, 2)
    text = file.read_text("utf-8")
    joined: dict[str, Any] = {"ledgers": NOT_KNOWN_YET, "kept": [west[0] | {"epoch": 2}]}
    file.write_text(text.replace('"closed"', '"open"'), "utf-8")
    for change, said in (({}, "has not ended"), ({"kept": [west[0] | {"epoch": 3}]}, "has no ledger at")):
        for deed in (guard.preview, guard.up_without_preview):
            with pytest.raises(RefusedError, match=said):
                deed(**(joined | change))
    file.write_text(text, "utf-8")
    guard.preview(**joined)
    joined["ledgers"] = [{"clusterId": "lkc-north", "linkName": "next"}]
    guard.up(**joined)
    unlocked = joined | {"kept": [west[0] | {"epoch": 2, "unlocked": True}]}
    for deed in (guard.preview, guard.up_without_preview):
        with pytest.raises(RefusedError, match=f"epoch 2: .*2:{'0' * 64} is not its receipt"):
            deed(**unlocked, acknowledged=[f"2:{'0' * 64}"])
    retired = joined | {"kept": []}
    with pytest.raises(RefusedError, match=r"epoch 2: recovery\.acknowledged does not speak of"):
        guard.preview(**retired)
    guard.up(**unlocked, acknowledged=ledgers.receipts[:1])
    file.unlink()  # The store forgot: the link has the only copy of its offsets.
    with pytest.raises(RefusedError, match=r"epoch 2: its ledger is not at .* any more"):
        guard.preview(**retired, acknowledged=ledgers.receipts[:1])
    with pytest.raises(RefusedError, match=r"epoch 2: its ledger is not at .* any more"):
        guard.delete()
    file.write_text(text, "utf-8")
    guard.up(**retired, acknowledged=ledgers.receipts[:1])


def test_what_is_guarded_no_longer_is_asked_about_at_preview_though_a_new_cluster_has_no_id_yet(
    ledgers: Ledgers,
) -> None:
    guard = ledgers.guard(acknowledged=ledgers.receipts[:1])
    west = {"clusterId": wrap(WEST[0]), "linkName": wrap(WEST[1])}
    north = {"clusterId": NOT_KNOWN_YET, "linkName": wrap("next")}
    places = PropertyValue([PropertyValue(west), PropertyValue(north)])
    with pytest.raises(RefusedError, match="epoch 3: "):
        guard.preview(ledgers=places)
    guard.preview(ledgers=places, acknowledged=ledgers.receipts)


def test_an_address_that_is_none_is_refused_at_preview(ledgers: Ledgers) -> None:
    assert [name for name, _ in ledgers.guard().failures(ledgerUrl="ftp://x")] == [""]
    assert [name for name, _ in ledgers.guard().failures(ledgers=[{"clusterId": "east"}])] == [
        "ledgers[0].clusterId",
        "ledgers[0].linkName",
    ]
