"""The rules as Pulumi's policies: what the engine is told of them, how it sets them, and what they find."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from policies import reading
from policies.graph import Graph
from policies.resource import kind_of
from policies.rule import EXEMPTIONS, Finding, Options, Rule, Scope, run
from policies.rules import RULES

NAME = "kafka-dr"


class Pack:
    """A policy per rule, in the rules' order; advisory until the engine configures something else.

    Args:
        messages: Pulumi's generated module `analyzer_pb2`.
        version: The pack's version.
    """

    def __init__(self, messages: Any, version: str) -> None:
        self._messages = messages
        self._version = version
        self._levels: dict[str, int] = {}
        self._options: dict[str, Options] = {}
        self._single: dict[str, list[Rule]] = {}
        for rule in RULES:
            if rule.scope is Scope.RESOURCE:
                for kind in rule.kinds:
                    self._single.setdefault(kind, []).append(rule)

    def info(self) -> Any:
        """`AnalyzerInfo`: name, level, schema, severity and remedy of each policy."""
        policies = [self._policy(rule) for rule in RULES]
        return self._messages.AnalyzerInfo(name=NAME, version=self._version, supportsConfig=True, policies=policies)

    def configure(self, request: Any) -> None:
        """Take level and options of each policy from a `ConfigureAnalyzerRequest`; the engine has checked them."""
        given = request.policyConfig
        self._levels = {name: given[name].enforcementLevel for name in given}
        self._options = {name: reading.fields(given[name].properties) for name in given}

    def analyze(self, request: Any) -> Any:
        """What the rules that look at single resources find in an `AnalyzeRequest`."""
        rules = self._single.get(kind_of(request.type), ())
        return self._answer(rules, Graph([reading.of_registration(request)] if rules else ()))

    def analyze_stack(self, request: Any) -> Any:
        """What the rules that need to see everything find in an `AnalyzeStackRequest`."""
        rules = [rule for rule in RULES if rule.scope is Scope.STACK]
        return self._answer(rules, Graph(map(reading.of_stack, request.resources)))

    def _policy(self, rule: Rule) -> Any:
        pb = self._messages
        found = pb.PolicyInfo(
            name=rule.name,
            description=rule.description,
            enforcementLevel=pb.ADVISORY,
            policy_type=pb.POLICY_TYPE_STACK if rule.scope is Scope.STACK else pb.POLICY_TYPE_RESOURCE,
            severity=pb.PolicySeverity.Value(f"POLICY_SEVERITY_{rule.severity.name}"),
            tags=["disaster-recovery", *rule.reference.split(", ")],
            remediation_steps=rule.remedy,
        )
        found.configSchema.properties.update({**rule.schema, "exemptions": dict(EXEMPTIONS)})
        return found

    def _answer(self, rules: Iterable[Rule], graph: Graph) -> Any:
        pb = self._messages
        today = datetime.now(UTC).date()
        said = []
        for rule in rules:
            level = self._levels.get(rule.name, pb.ADVISORY)
            if level != pb.DISABLED:
                found = run(rule, graph, self._options.get(rule.name, {}), today)
                said += list(self._diagnostics(rule, level, found))
        return pb.AnalyzeResponse(diagnostics=said)

    def _diagnostics(self, rule: Rule, level: int, found: Iterable[Finding]) -> Iterator[Any]:
        pb = self._messages
        if level == pb.REMEDIATE:  # nothing here repairs by itself, so that it is as good as mandatory
            level = pb.MANDATORY
        for finding in found:
            text = f"not seen in full: {finding.text}" if finding.advice else f"{finding.text}. {rule.remedy}"
            yield pb.AnalyzeDiagnostic(
                policyName=rule.name,
                policyPackName=NAME,
                policyPackVersion=self._version,
                description=rule.description,
                message=f"{rule.description}\n{text}",
                enforcementLevel=pb.ADVISORY if finding.advice else level,
                severity=pb.PolicySeverity.Value(f"POLICY_SEVERITY_{rule.severity.name}"),
                urn=finding.urn,
            )
