"""For each rule: graphs it must pass, graphs it must stop, and graphs it cannot judge and must say so."""

from __future__ import annotations

from tests.policies.cases import clients, links, phases, safety, topics
from tests.policies.cases.case import Case

CASES: dict[str, list[Case]] = {**links.CASES, **topics.CASES, **clients.CASES, **safety.CASES, **phases.CASES}
