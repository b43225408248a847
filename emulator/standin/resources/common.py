"""Pieces that several resource types share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulator.standin.fields import Field, Handler, credentials, reference, starts_with
from emulator.standin.operation import Operation, ProviderError, import_setting
from emulator.standin.transport import segment

SETTLE_S = 10.0
"""Kafka REST: the vendor sleeps this long after each create and settings change."""

HTTP = starts_with("http")
ENVIRONMENT = reference(starts_with("env-"), required=True, replace=True)
KAFKA_CLUSTER = reference(starts_with("lkc-"), replace=True)


def kafka_fields(*, endpoint_replaces: bool) -> dict[str, Field]:
    """Return cluster, endpoint and credentials of a resource on Kafka REST; all may come from the provider block."""
    return {
        "kafkaCluster": KAFKA_CLUSTER,
        "restEndpoint": Field(replace=endpoint_replaces, rule=HTTP),
        "credentials": credentials(),
    }


def by_id(op: Operation) -> None:
    """Import by the id alone."""


def import_parts(op: Operation, form: str) -> list[str]:
    """Split an import id.

    Args:
        op: the import.
        form: the expected form, parts separated by "/".

    Raises:
        ProviderError: when the id has another number of parts.
    """
    parts = op.id.split("/")
    if len(parts) != len(form.split("/")) or not all(parts):
        raise ProviderError(f"error importing: invalid format: expected '{form}'")
    return parts


def adopt_kafka(op: Operation, cluster: str) -> None:
    """Take cluster, endpoint and key for an import from the provider block or the IMPORT_KAFKA_* variables."""
    op.state["kafkaCluster"] = {"id": cluster}
    if not op.config.has_kafka_block:
        op.state["restEndpoint"] = import_setting("IMPORT_KAFKA_REST_ENDPOINT")
        op.state["credentials"] = {
            "key": import_setting("IMPORT_KAFKA_API_KEY"),
            "secret": import_setting("IMPORT_KAFKA_API_SECRET"),
        }


def delete_by_id(path: str) -> Handler:
    """Make a delete that is one DELETE call on the cloud API."""

    async def delete(op: Operation) -> None:
        await op.cloud.call("DELETE", f"{path}/{segment(op.id)}")

    return delete


def settings_list(settings: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return a setting map as the wire's list of name and value."""
    return [{"name": name, "value": value} for name, value in settings.items()]


def refuse_removed_settings(op: Operation, what: str) -> None:
    """Raise when a setting left the map: link and cluster settings cannot be reset through the provider."""
    removed = sorted(set(op.old.get("config") or {}) - set(op.state.get("config") or {}))
    if removed:
        raise ProviderError(
            f'error updating {what} "{op.id}": reset to {what.lower()} setting\'s default value operation (in other '
            f'words, removing settings from "config" block) is not supported at the moment: {", ".join(removed)}. '
            "Instead, set its current value to the default value."
        )
