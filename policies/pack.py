"""The rules as Pulumi policies, with level, severity, configuration and remedy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)

from policies import reading
from policies.graph import Graph
from policies.rule import EXEMPTIONS, Options, Rule, Scope, run
from policies.rules import RULES


def policies() -> list[Policy]:
    """One policy per rule, in the rules' order."""
    reading.adapt()
    stacks = reading.Stacks()
    return [_policy(rule, stacks) for rule in RULES]


def _policy(rule: Rule, stacks: reading.Stacks) -> Policy:
    common: dict[str, Any] = {
        "name": rule.name,
        "description": rule.description,
        "enforcement_level": EnforcementLevel.ADVISORY,
        "config_schema": PolicyConfigSchema({**rule.schema, "exemptions": dict(EXEMPTIONS)}),
        "severity": Severity(rule.severity.value),
        "remediation_steps": rule.remedy,
        "tags": ["disaster-recovery", *rule.reference.split(", ")],
    }
    if rule.scope is Scope.STACK:
        return StackValidationPolicy(validate=lambda args, report: _whole(rule, stacks, args, report), **common)
    return ResourceValidationPolicy(validate=lambda args, report: _single(rule, args, report), **common)


def _single(rule: Rule, args: ResourceValidationArgs, report: ReportViolation) -> None:
    _report(rule, Graph([reading.of_registration(args)]), args.get_config(), report)


def _whole(rule: Rule, stacks: reading.Stacks, args: StackValidationArgs, report: ReportViolation) -> None:
    _report(rule, stacks.graph(args.resources), args.get_config(), report)


def _report(rule: Rule, graph: Graph, config: Mapping[str, Any], report: ReportViolation) -> None:
    options: Options = config
    advice = []
    for finding in run(rule, graph, options, datetime.now(UTC).date()):
        if finding.advice:
            advice.append(finding.text)
        else:
            report(f"{finding.text}. {rule.remedy}", finding.urn)
    if advice:
        raise reading.NarrowedError(rule.name, advice)
