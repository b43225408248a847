"""A connection as clients read it: librdkafka, Java properties, environment. From here on secrets are in clear."""

from __future__ import annotations

from kafkadr.clients.connection import Connection

HEADER = "# Written by drctl run; removed when it ends."


def librdkafka_settings(connection: Connection) -> dict[str, str]:
    """Settings of librdkafka and what stands on it (confluent-kafka for Python, Go, .NET; kcat)."""
    return {
        "bootstrap.servers": connection.bootstrap_servers,
        "security.protocol": connection.protocol.value,
        "sasl.mechanisms": "PLAIN",
        "sasl.username": connection.username.get_secret_value(),
        "sasl.password": connection.password.get_secret_value(),
    }


def librdkafka_file(connection: Connection) -> str:
    """The same as lines `name=value`, as `kcat -F` reads them: no quotes, no escapes."""
    return _lines(librdkafka_settings(connection))


def java_properties(connection: Connection) -> str:
    """A properties file of the Java client.

    The credentials are escaped twice: for the JAAS line, which Kafka reads with `java.io.StreamTokenizer`, and for the
    file, which `java.util.Properties` reads.
    """
    user, password = (_jaas(v.get_secret_value()) for v in (connection.username, connection.password))
    login = "org.apache.kafka.common.security.plain.PlainLoginModule"
    settings = {
        "bootstrap.servers": connection.bootstrap_servers,
        "security.protocol": connection.protocol.value,
        "sasl.mechanism": "PLAIN",
        "sasl.jaas.config": f"{login} required username={user} password={password};",
    }
    return _lines({name: _property(value) for name, value in settings.items()})


def public_environment(connection: Connection) -> dict[str, str]:
    """What may stand in any environment: where to connect, but not with what."""
    return {
        "KAFKADR_CLIENT": connection.client,
        "KAFKADR_SITE": connection.site,
        "KAFKADR_EPOCH": str(connection.epoch),
        "KAFKADR_CLUSTER_ID": connection.cluster_id,
        "KAFKADR_BOOTSTRAP_SERVERS": connection.bootstrap_servers,
        "KAFKADR_SECURITY_PROTOCOL": connection.protocol.value,
        "KAFKADR_SASL_MECHANISM": "PLAIN",
    }


def environment(connection: Connection) -> dict[str, str]:
    """All a client needs, the secret included."""
    return public_environment(connection) | {
        "KAFKADR_SASL_USERNAME": connection.username.get_secret_value(),
        "KAFKADR_SASL_PASSWORD": connection.password.get_secret_value(),
    }


def _lines(settings: dict[str, str]) -> str:
    return "".join(f"{line}\n" for line in (HEADER, *(f"{name}={value}" for name, value in settings.items())))


def _jaas(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _property(text: str) -> str:
    # Beyond ASCII as UTF-16 code units: a file read as a stream is Latin-1 to Java, read with a Reader anything.
    units = text.replace("\\", "\\\\").encode("utf-16-be")
    codes = (int.from_bytes(units[at : at + 2]) for at in range(0, len(units), 2))
    return "".join(chr(code) if 0x20 <= code < 0x7F else f"\\u{code:04x}" for code in codes)  # noqa: PLR2004
