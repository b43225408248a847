"""A page in a real browser: laid out, and asked what it shows."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


def need_browser() -> str:
    """Path of Chromium; skips the test, visibly, where there is none."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no chromium on PATH")
    return found


def ask(page: str, question: str, folder: Path) -> Any:
    """Open a page and return the value of a JavaScript expression in it.

    The page itself has no script: the question is added to a copy.
    """
    script = f'<script>document.body.setAttribute("data-told", JSON.stringify({question}))</script></body>'
    copy = folder / "asked.html"
    copy.write_text(page.replace("</body>", script), "utf-8")
    command = [need_browser(), *_QUIET, f"--user-data-dir={folder / 'profile'}", "--window-size=1100,1400"]
    done = subprocess.run(
        [*command, "--dump-dom", copy.as_uri()], capture_output=True, text=True, check=True, timeout=120
    )
    told = re.search(r'data-told="([^"]*)"', done.stdout)
    assert told is not None, done.stdout[-2000:] + done.stderr[-2000:]
    return json.loads(unescape(told[1]))
