"""Settings for clients that follow the flip: from pointer and vault to librdkafka, Java and the environment (S9-S18).

Example:
    consumer = confluent_kafka.Consumer(confluent_kafka_settings(POINTER, "orders-app") | {"group.id": "orders"})
"""

from kafkadr.clients.aws_lambda import event_source_mapping
from kafkadr.clients.connection import Connection, NotReadyError, Protocol, SettingsError, connect
from kafkadr.clients.formats import environment, java_properties, librdkafka_settings

__all__ = [
    "Connection",
    "NotReadyError",
    "Protocol",
    "SettingsError",
    "confluent_kafka_settings",
    "connect",
    "environment",
    "event_source_mapping",
    "java_properties",
    "librdkafka_settings",
]


def confluent_kafka_settings(
    pointer_url: str, client: str, *, vault_url: str | None = None, protocol: Protocol = Protocol.SASL_SSL
) -> dict[str, str]:
    """Settings for `confluent_kafka.Producer` and `Consumer` on the active site, the secret in clear. See `connect`.

    They hold for as long as the pointer does not move: `drctl run` restarts the process when it does.
    """
    return librdkafka_settings(connect(pointer_url, client, vault_url, protocol))
