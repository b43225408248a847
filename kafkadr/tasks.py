"""The sync tasks of a link, as the service tells them under `include_tasks`, in words for the operator.

A link whose task fails looks like a sound link: mirrors go on, `link_state` is ACTIVE. Only the task says that offsets
or ACLs are no longer copied. The service tells the error, but not since when it lasts.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Final

from kafkadr.errors import DrError, RefusedError
from kafkadr.rest import KafkaRest
from kafkadr.text import clean
from kafkadr.wire import LinkTask, ServiceError

READ_SECONDS = 3.0
"""Bound of a look that only warns: a failover must not wait for it."""
OFFSETS: Final = "ConsumerOffsetSync"
_EFFECTS: Final = {
    OFFSETS: "groups may restart at older offsets and read again",
    "AclSync": "ACLs that changed on the source since then are not the same here",
    "AutoCreateMirror": "topics made on the source since then have no mirror here",
    "TopicConfigsSync": "topic configs that changed on the source since then are not the same here",
}
_NAMES: Final = {
    OFFSETS: "offset sync",
    "AclSync": "ACL sync",
    "AutoCreateMirror": "auto-create",
    "TopicConfigsSync": "topic config sync",
}
_RIGHTS: Final = "give the service account of the link's key its rights back"
_KEY: Final = "check that the link's API key is valid, and renew it"
_CURES: Final = {
    "CONSUMER_GROUP_IN_USE_ERROR": "stop the consumers of this group on the destination; the service then goes on",
    "AUTHORIZATION_ERROR": _RIGHTS,
    "BROKER_AUTHORIZATION_ERROR": _RIGHTS,
    "AUTHENTICATION_ERROR": _KEY,
    "BROKER_AUTHENTICATION_ERROR": _KEY,
    "MISCONFIGURATION_ERROR": "correct the link's filters",
    "REMOTE_LINK_NOT_FOUND_ERROR": "create the link's other half again",
    "TOPIC_EXISTS_ERROR": "delete the topic of this name on the destination, or exclude it in the filters",
    "ACL_LIMIT_EXCEEDED": "delete ACLs that are not needed on the destination, or narrow the ACL filters",
}


def reason(errors: list[ServiceError]) -> str:
    """The service's codes and messages, each with its cure where one is known."""
    return "; ".join(_reason(error) for error in errors) or "the service gives no reason"


def _reason(error: ServiceError) -> str:
    said = ": ".join(clean(part) for part in (error.error_code, error.error_message.rstrip(".")) if part)
    cure = _CURES.get(error.error_code)
    return f"{said} ({cure})" if cure else said


@dataclass(frozen=True)
class Tasks:
    """What is known of a link's tasks.

    Args:
        link: The link.
        found: The tasks; None when the service did not tell them, which is not the same as none in error.
        problem: Why it did not.
    """

    link: str
    found: tuple[LinkTask, ...] | None
    problem: str = ""

    def warnings(self) -> list[str]:
        """One line per task in error, with its effect and the service's reason."""
        return [
            f"link {clean(self.link)}: {clean(t.task_name)} is {clean(t.state)}, so {_effect(t)}: {reason(t.errors)}"
            for t in self.found or ()
            if t.state == "IN_ERROR" or t.errors
        ]

    def unknown(self) -> str:
        """One line when the errors of the tasks cannot be known; empty when they are."""
        if not self.found:
            why = self.problem or "the service names none"
            return f"link {clean(self.link)}: whether its sync tasks are in error is unknown: {why}"
        halted = [t for t in self.found if t.state not in {"ACTIVE", "IN_ERROR", "NOT_CONFIGURED"}]
        if not halted:
            return ""
        names = ", ".join(clean(_NAMES.get(t.task_name, t.task_name)) for t in halted)
        states = clean(", ".join(sorted({t.state for t in halted})))
        return f"link {clean(self.link)}: {names}: {states}; whether one of them was in error before is unknown"

    def refuse_unsynced(self) -> None:
        """Stop a promotion when it is not certain that the offset sync runs.

        Raises:
            RefusedError: It does not, or nobody knows.
        """
        task = next((t for t in self.found or () if t.task_name == OFFSETS), None)
        if task is not None and task.state == "ACTIVE" and not task.errors:
            return
        name = clean(self.link)
        if task is None:
            why = self.problem or f"the service does not name the task {OFFSETS}"
            problem = f"whether link {name} still syncs offsets is unknown: {why}"
        elif task.state == "IN_ERROR" or task.errors:
            problem = f"link {name} does not sync offsets: {OFFSETS} is {clean(task.state)}: {reason(task.errors)}"
        else:
            problem = f"link {name} does not sync offsets: {OFFSETS} is {clean(task.state)}"
        raise RefusedError(
            problem,
            "Nothing was changed: mend the sync, wait one interval and run again, or fail over and read records again",
        )

    def to_json(self) -> list[dict[str, Any]] | None:
        """Plain values for a report; None when unknown."""
        return None if self.found is None else [task.model_dump() for task in self.found]


def _effect(task: LinkTask) -> str:
    return _EFFECTS.get(task.task_name, "what it copies may be out of date")


async def tasks_of(rest: KafkaRest, link: str) -> Tasks:
    """Ask for a link's tasks, within the budget; an answer that does not come is unknown, not an error."""
    try:
        found = (await rest.link(link, tasks=True)).tasks
    except DrError as error:
        return Tasks(link, None, error.problem)
    if found is None:
        return Tasks(link, None, "the service does not answer include_tasks")
    return Tasks(link, tuple(found))


async def glance(rest: KafkaRest, link: str) -> Tasks:
    """Ask for a link's tasks for a warning's sake, within a few seconds."""
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await tasks_of(rest, link)
    except TimeoutError:
        return Tasks(link, None, f"no answer within {READ_SECONDS:g} s")
