"""Refuse single topics of a batch call inside its 200 answer, as the service does (confluent-api.md S8.2)."""

import json
import re
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.call import Call, replay
from emulator.faults.answer import Answer
from emulator.faults.model import RowError

_BATCH = re.compile(r"/mirrors:[a-z-]+$")


def names_in(call: Call) -> list[str] | None:
    """Names in the body of a ``mirrors:`` verb; None when the body selects by pattern or is no batch at all."""
    if not call.template or not _BATCH.search(call.template):
        return None
    try:
        names = json.loads(call.body).get("mirror_topic_names")
    except (ValueError, AttributeError):
        return None
    return [str(name) for name in names] if isinstance(names, list) and names else None


async def refuse_rows(app: ASGIApp, rule: RowError, call: Call, scope: Scope, receive: Receive, send: Send) -> None:
    """Run the call without the refused names, then put their refusals where they belong in the answer."""
    names = names_in(call) or await _selected(app, call, scope, receive)
    refused = set(names) if rule.names == "*" else set(names).intersection(rule.names)
    if not refused:
        await app(scope, replay(call.body, receive), send)
        return
    answer = Answer()
    rest = [name for name in names if name not in refused]
    if rest:
        body = json.dumps({"mirror_topic_names": rest}).encode()
        await app(scope, replay(body, receive), answer.take)
    else:
        answer.status = 200
        answer.replace(b"{}", "application/json")
    document = answer.json()
    if answer.status == 200 and isinstance(document, dict):  # noqa: PLR2004
        rows = {row["mirror_topic_name"]: row for row in document.get("data", [])}
        rows |= {name: _row(name, rule, call) for name in refused}
        # the vendor's examples show this kind for every verb
        document = {"kind": "KafkaPromoteMirror", "metadata": {"self": call.path, "resource_name": None}} | document
        document["data"] = [rows[name] for name in names if name in rows]
        answer.replace(json.dumps(document).encode())
    await answer.send_to(send)


def _row(name: str, rule: RowError, call: Call) -> dict[str, Any]:
    return {
        "kind": "AlterMirrorsData",
        "metadata": {"self": f"{call.path}/{name}", "resource_name": None},
        "mirror_topic_name": name,
        "error_code": rule.code,
        "error_message": rule.message,
        "mirror_lags": [],
        "messages_truncated": None,
        "partition_level_truncation_data": [],
    }


async def _selected(app: ASGIApp, call: Call, scope: Scope, receive: Receive) -> list[str]:
    """Names a pattern stands for: ask the service itself for the mirrors of the link."""
    if not call.template or not _BATCH.search(call.template):
        return []
    try:
        pattern = re.compile(json.loads(call.body)["mirror_topic_name_pattern"])
    except (ValueError, KeyError, TypeError, re.error):
        return []
    path = _BATCH.sub("/mirrors", scope["path"])
    answer = Answer()
    listing = {**scope, "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b""}
    await app(listing, replay(b"", receive), answer.take)
    mirrors = (answer.json() or {}).get("data", [])
    return [mirror["mirror_topic_name"] for mirror in mirrors if pattern.fullmatch(mirror["mirror_topic_name"])]
