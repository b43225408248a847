"""Which calls the forecast makes for which group filters, and what it says of groups that it cannot read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from kafkadr.budget import Budget
from kafkadr.desired import Desired
from kafkadr.filters import NameFilter
from kafkadr.flip import forecast, look_at
from kafkadr.forecast import Forecast
from kafkadr.rest import KafkaRest
from kafkadr.survey import Wish
from tests.emulation import RunningEmulator, in_thread
from tests.emulator import linked


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    with in_thread() as running:
        linked.build(running, 1)
        for group in ("billing", "billing-test", "search"):
            offsets = {"offsets": {"t0": {"0": 0}}, "active": False}
            running.control("PUT", f"/clusters/{linked.DESTINATION}/groups/{group}", offsets)
        yield running


def asked(emulator: RunningEmulator, *filters: NameFilter) -> tuple[Forecast, list[str]]:
    """The forecast, and the ends of the paths that it read about groups."""

    async def read() -> Forecast:
        endpoint, secret = f"{emulator.url}/k/{linked.DESTINATION}", SecretStr("dst-secret")
        async with KafkaRest(endpoint, linked.DESTINATION, "DST", secret, Budget(30)) as rest:
            return await forecast(rest, await look_at(rest, Wish("dr", Desired.FAILED_OVER)), filters)

    emulator.control("DELETE", "/log")
    price = asyncio.run(read())
    paths = [r["path"].partition("/consumer-groups")[2] for r in emulator.log() if "/consumer-groups" in r["path"]]
    return price, sorted(paths)


def test_literal_names_need_no_list(emulator: RunningEmulator) -> None:
    price, paths = asked(emulator, NameFilter(name="billing"), NameFilter(name="search"))

    assert paths == ["/billing/lags", "/search/lags"]
    assert {r.group for r in price.restarts} == {"billing", "search"}


def test_an_excluded_literal_name_is_not_asked_for(emulator: RunningEmulator) -> None:
    exclude = NameFilter(name="bill", pattern_type="PREFIXED", filter_type="EXCLUDE")
    _, paths = asked(emulator, NameFilter(name="billing"), exclude)

    assert paths == []


@pytest.mark.parametrize("named", [NameFilter(name="billing", pattern_type="PREFIXED"), NameFilter(name="*")])
def test_a_prefix_or_all_needs_the_list(emulator: RunningEmulator, named: NameFilter) -> None:
    exclude = NameFilter(name="search", filter_type="EXCLUDE")
    price, paths = asked(emulator, named, exclude)

    assert paths == ["", "/billing-test/lags", "/billing/lags"]
    assert {r.group for r in price.restarts} == {"billing", "billing-test"}


def test_a_named_group_that_does_not_exist_is_absent_and_not_unknown(emulator: RunningEmulator) -> None:
    price, _ = asked(emulator, NameFilter(name="billing"), NameFilter(name="nobody"))

    assert (price.absent, price.unknown) == (("nobody",), ())
    assert price.to_json(20)["absent"] == ["nobody"]
    assert {r.group for r in price.restarts} == {"billing"}


def test_a_group_that_may_not_be_read_is_unknown_and_not_absent(emulator: RunningEmulator) -> None:
    body = {"error_code": 40301, "message": "Not authorized"}
    fault = emulator.fault({"status": 403, "body": body}, path_regex=".*/consumer-groups/billing/lags")
    price, _ = asked(emulator, NameFilter(name="billing"))
    emulator.control("DELETE", f"/faults/{fault}")

    assert price.absent == ()
    (why,) = price.unknown
    assert why.startswith("group billing: ")
    assert "Not authorized" in why
