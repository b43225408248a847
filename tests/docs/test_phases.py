"""docs/phases.md is made from the table of moves; `KAFKADR_UPDATE_GOLDEN=1` writes it anew."""

from __future__ import annotations

import os

from kafkadr.phase.drawing import mermaid, move_rows, phase_rows
from tests.toolchain import ROOT

PAGE = ROOT / "docs" / "phases.md"
HEAD = """# Phases of a pair, and the moves between them

Made from `kafkadr/phase/moves.py`, the table that the guard reads. A phase is computed from the flip keys of the stack
config; no edit but the ones below changes it. Whatever else is asked is refused at preview, before anything is touched,
with the reason and the edits that are legal instead; `drctl phase` shows where a stack is and what may come next.

Primary and epoch change together, by one: an edit with an older epoch (a git revert, an old branch) is refused whatever
it says. Topics, sites and kept links stay in the edit that changes primary; topics change only while a standby mirrors.
Failback is no move of its own: make the old primary a standby again (arm, fire, rebuilt; on a bidirectional link
restore, restored), promote it as planned, and make the other one a standby again.

```mermaid
"""
AFTER = """
```

## Phases

| phase | meaning |
|---|---|
"""
MOVES = """
## Moves

| move | from | to | flip keys afterwards | needs | what it does |
|---|---|---|---|---|---|
"""


def page() -> str:
    phases = "".join(f"| {name} | {meaning} |\n" for name, meaning in phase_rows())
    moves = "".join(f"| {' | '.join(row)} |\n" for row in move_rows())
    return HEAD + mermaid() + AFTER + phases + MOVES + moves


def test_the_page_says_what_the_table_says() -> None:
    if os.environ.get("KAFKADR_UPDATE_GOLDEN"):
        PAGE.write_text(page(), "utf-8")

    assert PAGE.read_text("utf-8") == page()
