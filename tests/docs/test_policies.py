"""docs/policies.md has every rule and every move as the code has them; `KAFKADR_UPDATE_GOLDEN=1` writes both anew."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
import pytest

from policies.gate.allowed import MOVES, Allowed
from policies.rule import EXEMPTIONS, Rule
from policies.rules import RULES
from tests.toolchain import ROOT

PAGE = ROOT / "docs" / "policies.md"
EXAMPLES = ROOT / "docs" / "examples" / "ci"


def rules() -> str:
    rows = "".join(f"| `{r.name}` | {r.description} | {r.severity} | {r.scope} | {r.reference} |\n" for r in RULES)
    head = "| policy | what must be | severity | sees | from |\n|---|---|---|---|---|\n"
    return f"{head}{rows}\n### Remedies and options\n\n" + "\n".join(_details(rule) for rule in RULES)


def _details(rule: Rule) -> str:
    options = "".join(f"\n  - `{name}`: {_option(schema)}" for name, schema in sorted(rule.schema.items()))
    return f"- `{rule.name}`: {rule.remedy}{options}"


def _option(schema: Mapping[str, Any]) -> str:
    default = f" Default `{json.dumps(schema['default'])}`." if "default" in schema else ""
    return str(schema["description"]) + default


def moves() -> str:
    head = "| move | may create and update | may remove | besides |\n|---|---|---|---|\n"
    return head + "".join(f"| {name} | {' | '.join(_cells(row))} |\n" for name, row in MOVES.items())


def _cells(row: Allowed) -> Iterator[str]:
    makes, removes = {"create", "update"}, {"delete", "forget"}
    table = row.only if row.only is not None else row.also or {}
    yield "anything" if row.only is None else _ops(table, makes)
    yield _ops(table, removes) or "nothing that is kept"
    notes = ["only a link's switches"] if row.switches else []
    notes += ["identities stay"] if row.fixed else []
    notes += ["only the survivor is asked"] if row.survivor else []
    notes += [f"may unlock {', '.join(sorted(row.unlock))}"] if row.unlock else []
    notes += ["what was unlocked and accepted may go"] if row.drops else []
    yield "; ".join(notes)


def _ops(table: Mapping[str, frozenset[str]], wanted: set[str]) -> str:
    return ", ".join(
        f"{kind} ({', '.join(sorted(ops & wanted))})" for kind, ops in sorted(table.items()) if ops & wanted
    )


def filled(text: str) -> str:
    for name, part in (("rules", rules()), ("moves", moves())):
        pattern = re.compile(rf"(<!-- {name}: [^>]*-->\n)(.*?)(<!-- /{name} -->)", re.DOTALL)
        found = pattern.search(text)
        assert found is not None, f"the page has no part {name}"
        text = text[: found.start(2)] + part.rstrip() + "\n" + text[found.end(2) :]
    return text


def test_the_page_says_what_the_code_does() -> None:
    text = PAGE.read_text("utf-8")
    if os.environ.get("KAFKADR_UPDATE_GOLDEN"):
        PAGE.write_text(filled(text), "utf-8")
        text = PAGE.read_text("utf-8")
    assert text == filled(text)


def test_every_rule_can_be_read_by_people() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert re.fullmatch(r"[a-z][a-z-]*", rule.name)
        assert rule.remedy.endswith(".")
        assert not rule.description.endswith(".")
        assert re.fullmatch(r"[SI]\d+(, [SI]\d+)*", rule.reference), rule.name
        for schema in rule.schema.values():
            jsonschema.Draft7Validator.check_schema(dict(schema))
            assert schema["description"].endswith(".")


@pytest.mark.parametrize("name", ["policy-dev.json", "policy-prod.json"])
def test_the_example_configurations_fit_the_rules(name: str) -> None:
    config = json.loads((EXAMPLES / name).read_text("utf-8"))
    assert config.pop("all") in {"advisory", "mandatory"}
    by_name = {rule.name: rule for rule in RULES}
    for policy, given in config.items():
        schema = {**by_name[policy].schema, "exemptions": EXEMPTIONS, "enforcementLevel": {"type": "string"}}
        jsonschema.validate(given, {"type": "object", "additionalProperties": False, "properties": schema})


def test_the_example_workflow_pins_every_action_by_commit() -> None:
    text = (EXAMPLES / "github-actions.yml").read_text("utf-8")
    used = re.findall(r"uses: (\S+)( # v\d+\.\d+\.\d+)?", text)
    assert used
    for action, tag in used:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", action), action
        assert tag, f"{action} does not say which version it is"
    for script in re.findall(r"\$KAFKA_DR/([\w/.-]+)", text):
        assert os.access(ROOT / script, os.X_OK), script
