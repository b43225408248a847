"""Every rule of the pack, one module per family."""

from __future__ import annotations

from policies.rule import Rule
from policies.rules import clients, patterns, phases, safety, sites, sync, topics

FAMILIES = (sites, sync, topics, clients, patterns, safety, phases)

RULES: tuple[Rule, ...] = tuple(rule for family in FAMILIES for rule in family.RULES)
