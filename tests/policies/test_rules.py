"""Every rule on small graphs of raw resources: what it passes, what it stops, what it cannot judge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from policies.graph import Graph
from policies.resource import Resource
from policies.rule import Options, run
from policies.rules import RULES
from policies.values import UNKNOWN
from tests.policies.cases import CASES
from tests.policies.cases.case import UNDECIDED, Case
from tests.policies.graphs import TODAY, findings
from tests.policies.samples import ACLS, GOOD_LINK, acl, crn, guard, link, make, pair

ALL = [(rule, case) for rule, cases in CASES.items() for case in cases]


@pytest.mark.parametrize(("rule", "case"), ALL, ids=[f"{rule}: {case.name}" for rule, case in ALL])
def test_a_rule_says_what_it_has_to(rule: str, case: Case) -> None:
    found = findings(case.graph, rule, **case.options)
    assert len(found) == len(case.says), found
    for wanted in case.says:
        assert any(wanted in each.text for each in found), found
    assert all(each.urn for each in found)


@pytest.mark.parametrize(
    ("entry", "still"),
    [
        ({"name": "data", "reason": "a drill"}, False),
        ({"name": "data", "reason": "a drill", "expires": "2026-11-24"}, False),
        ({"name": "data", "reason": "a drill", "expires": "2026-11-23"}, True),
        ({"name": "other", "reason": "a drill"}, True),
    ],
)
def test_an_exemption_holds_for_its_name_until_its_day(entry: dict[str, str], still: bool) -> None:
    found = findings(pair(link("data", "east", "west", {}, protect=False)), "protected", exemptions=[entry])
    assert bool(found) == still
    if "expires" in entry and still:
        assert "its exemption, 'a drill', ended on 2026-11-23" in found[0].text


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"name": "data", "reason": "a drill", "expires": "2027-02-30"}, "ends on '2027-02-30', which is no date"),
        ({"name": "data", "reason": "a drill", "expires": 20270301}, "ends on 20270301, which is no date"),
        ({"reason": "a drill"}, "has no name or no reason"),
        ("data", "has no name or no reason"),
    ],
)
@pytest.mark.parametrize("protect", [True, False])
def test_an_exemption_that_cannot_be_read_is_a_finding_and_exempts_nothing(
    entry: Any, said: str, *, protect: bool
) -> None:
    flaw, *others = findings(pair(link("data", "east", "west", {}, protect=protect)), "protected", exemptions=[entry])
    assert said in flaw.text
    assert "exempts nothing" in flaw.text
    assert bool(others) != protect, "what the rule itself finds is found beside it"


ODD: dict[str, tuple[str, dict[str, Any]]] = {
    "kept is no list of maps": ("Transition", {"sites": ["east", "west"], "kept": ["x", None, UNKNOWN, {"link": []}]}),
    "sites is a bool": ("Transition", {"sites": True, "primary": "east"}),
    "link is a list": ("ClusterLink", {"link": ["a"], "config": {}}),
    "config is null": ("ClusterLink", {"link": "a", "config": None}),
    "filters are of another form": (
        "ClusterLink",
        dict(link("a", "east", "west", ACLS | {"acl.filters": '{"aclFilters":[{"resourceFilter":"x"}]}'}).values),
    ),
    "role is a map": ("RoleBinding", {"roleName": {}, "principal": "User:sa-1", "crnPattern": crn("east")}),
    "links is a number": ("MirrorState", {"links": 3, "clusterId": "lkc-west"}),
    "owner is a list": ("ApiKey", {"owner": [], "managedResource": {"kind": "Cluster", "id": 4}}),
}


@pytest.mark.parametrize(("kind", "values"), ODD.values(), ids=ODD)
def test_an_odd_value_takes_no_other_rule_with_it(kind: str, values: dict[str, Any]) -> None:
    graph = pair(GOOD_LINK, guard(), acl("a", "User:sa-1", "west", "g"), make(kind, "odd", values))
    assert all(each.text for each in findings(graph))


def test_a_rule_that_fails_on_a_value_stops_what_it_could_not_judge() -> None:
    def fails(subject: Resource, graph: Graph, options: Options) -> Iterator[str]:
        del graph, options
        yield str(int(str(subject.values["destinationKafkaCluster"]["credentials"].value["secret"])))

    (found,) = run(replace(RULES[0], check=fails), Graph([GOOD_LINK]), {}, TODAY)
    assert not found.advice
    assert "cannot be judged" in found.text
    assert "ValueError" in found.text
    assert "canary" not in found.text


@pytest.mark.parametrize("rule", [rule.name for rule in RULES])
def test_every_rule_has_a_case_of_each_sort(rule: str) -> None:
    cases = CASES[rule]
    assert any(not case.says for case in cases), "passes"
    assert any(case.says and UNDECIDED not in case.says for case in cases), "stops"
    assert any(UNDECIDED in case.says for case in cases), "cannot judge"


@pytest.mark.parametrize("rule", ["dr-cluster-can-hold-links", "dr-cluster-elsewhere"])
def test_an_adopted_cluster_that_nobody_described_is_noted_and_stops_where_that_is_asked_for(rule: str) -> None:
    noted, stopped = (findings(Graph([GOOD_LINK]), rule, requireDeclared=strict) for strict in (False, True))
    assert [each.text for each in noted] == [each.text for each in stopped]
    assert "is adopted, and nothing is known of it" in noted[0].text
    assert {each.advice for each in noted} == {True}
    assert {each.advice for each in stopped} == {False}
