"""docs/mirror-states.md is made from the verdict table; `KAFKADR_UPDATE_GOLDEN=1` writes it anew."""

from __future__ import annotations

import os

from kafkadr.verdicts import TABLE
from tests.toolchain import ROOT

PAGE = ROOT / "docs" / "mirror-states.md"
HEAD = """# What each mirror status means for each wish

Made from `kafkadr/verdicts.toml`, which the provider itself reads. *call*: the batch verb is called. *wait*: the server
is on its way, only poll. *done*: nothing to do. *no*: refused at preview and in the update alike, with the reason
below. A promotion waits for lag 0 too. A status that is not in this table can be failed over; other wishes are refused.

| status | failover | promote | pause | resume |
|---|---|---|---|---|
"""


def page() -> str:
    rows, reasons = "", ""
    for status, row in TABLE.items():
        words = {verb: cell if cell in {"call", "wait", "done"} else "no" for verb, cell in row.items()}
        rows += f"| {status} | {' | '.join(words.values())} |\n"
        refused = [f"- {verb}: {cell}\n" for verb, cell in row.items() if words[verb] == "no"]
        if refused:
            reasons += f"\n**{status}**\n\n{''.join(refused)}"
    return HEAD + rows + "\n## Reasons\n" + reasons


def test_the_page_says_what_the_table_says() -> None:
    if os.environ.get("KAFKADR_UPDATE_GOLDEN"):
        PAGE.write_text(page(), "utf-8")

    assert PAGE.read_text("utf-8") == page()
