"""Every rule of the pack, one module per family."""

from __future__ import annotations

from policies.rule import Rule
from policies.rules import safety, sites, sync

RULES: tuple[Rule, ...] = (*sites.RULES, *sync.RULES, *safety.RULES)
