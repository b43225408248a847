"""AWS Lambda as a consumer: the custom consumer group id that lets it go on where it was after a flip (S18).

Without one, Lambda makes up a group per event source mapping. The flip needs a new mapping, since the bootstrap
servers of a mapping cannot be changed; its made-up group would have no synced offsets and start at an end of the topic.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from pydantic import SecretStr

from kafkadr.clients.connection import Connection, SettingsError
from kafkadr.filters import NameFilter, select

_GROUP = re.compile(r"[a-zA-Z0-9\-/*:_+=.@]{1,200}")


def event_source_mapping(
    connection: Connection, function: str, topics: Sequence[str], group: str, secret_arn: str
) -> dict[str, Any]:
    """Arguments of boto3's `create_event_source_mapping` for the active site.

    The group id cannot be changed later and must be unique among all mappings, so that of the old site is deleted
    first. `TRIM_HORIZON` only counts when the group has no offsets there: rather everything again than a gap (S17).

    Args:
        connection: Where to read, see `connect`.
        function: Name or ARN of the function.
        topics: Topics on that cluster.
        group: The same consumer group id on every site.
        secret_arn: The secret with `secret_string`.

    Raises:
        SettingsError: No group id, or one that Lambda refuses.
    """
    check_group(group)
    servers = connection.bootstrap_servers.split(",")
    return {
        "FunctionName": function,
        "Topics": list(topics),
        "StartingPosition": "TRIM_HORIZON",
        "SelfManagedEventSource": {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": servers}},
        "SelfManagedKafkaEventSourceConfig": {"ConsumerGroupId": group},
        "SourceAccessConfigurations": [{"Type": "BASIC_AUTH", "URI": secret_arn}],
    }


def secret_string(connection: Connection) -> SecretStr:
    """Content of the secret that a mapping names: Lambda wants `username` and `password`, a vault entry has others."""
    login = {"username": connection.username.get_secret_value(), "password": connection.password.get_secret_value()}
    return SecretStr(json.dumps(login))


def check_group(group: str, synced: Sequence[NameFilter] | None = None) -> None:
    """Refuse a group id that would not carry a Lambda consumer over a flip.

    Args:
        group: The custom consumer group id.
        synced: Group filters of the link's offset sync; None when they are not known here.

    Raises:
        SettingsError: Lambda does not take the id, or its offsets are not synced.
    """
    if not _GROUP.fullmatch(group):
        raise SettingsError(
            f"{group!r} is no consumer group id for AWS Lambda",
            "Give the event source mapping one of 1 to 200 letters, digits and -/*:_+=.@, the same on every site (S18)",
        )
    if synced is not None and not select([group], synced):
        raise SettingsError(
            f"the link does not sync the offsets of group {group!r}",
            "Add it to sync.offsets.groups: else Lambda starts at the beginning of the topic after a flip",
        )
