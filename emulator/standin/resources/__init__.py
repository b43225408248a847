"""The table: one row per resource type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.standin.resources import (
    acl,
    api_key,
    client_quota,
    cluster_config,
    cluster_link,
    environment,
    kafka_cluster,
    mirror_topic,
    role_binding,
    service_account,
    topic,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.standin.fields import Resource

TABLE: Mapping[str, Resource] = {
    row.token: row
    for row in (
        environment.RESOURCE,
        kafka_cluster.RESOURCE,
        service_account.RESOURCE,
        api_key.RESOURCE,
        role_binding.RESOURCE,
        client_quota.RESOURCE,
        topic.RESOURCE,
        acl.RESOURCE,
        cluster_config.RESOURCE,
        cluster_link.RESOURCE,
        mirror_topic.RESOURCE,
    )
}
"""Resource types by token."""
