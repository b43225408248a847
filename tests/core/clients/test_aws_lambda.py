"""The custom consumer group id of Lambda consumers (S18), and that AWS's own client takes the arguments."""

from __future__ import annotations

import json

import botocore.session
import pytest
from botocore.validate import ParamValidator
from pydantic import SecretStr

from kafkadr.clients import Connection, SettingsError, event_source_mapping
from kafkadr.clients.aws_lambda import check_group, secret_string
from kafkadr.filters import NameFilter

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:kafka-dr/orders-app/west"
WEST = Connection(
    "orders-app", "west", 2, "lkc-w", "a.example:9092,b.example:9092", SecretStr("KEY"), SecretStr("canary")
)


def test_the_arguments_are_those_of_awss_service_model() -> None:
    arguments = event_source_mapping(WEST, "orders", ["orders", "refunds"], "orders-lambda", ARN)
    operation = botocore.session.get_session().get_service_model("lambda").operation_model("CreateEventSourceMapping")
    report = ParamValidator().validate(arguments, operation.input_shape)
    assert not report.has_errors(), report.generate_report()
    assert arguments["SelfManagedKafkaEventSourceConfig"] == {"ConsumerGroupId": "orders-lambda"}
    assert arguments["SelfManagedEventSource"]["Endpoints"]["KAFKA_BOOTSTRAP_SERVERS"] == WEST.bootstrap_servers.split(
        ","
    )
    assert "canary" not in str(arguments)


def test_lambdas_secret_has_the_names_that_lambda_reads() -> None:
    assert json.loads(secret_string(WEST).get_secret_value()) == {"username": "KEY", "password": "canary"}
    assert "canary" not in repr(secret_string(WEST))


@pytest.mark.parametrize("group", ["", "x" * 201, "a,b", "gruppe-ä"])
def test_a_mapping_without_a_group_of_its_own_is_refused(group: str) -> None:
    with pytest.raises(SettingsError, match="no consumer group id for AWS Lambda"):
        event_source_mapping(WEST, "orders", ["orders"], group, ARN)


@pytest.mark.parametrize("group", ["orders-lambda", "a/b*:_+=.@-", "x" * 200])
def test_lambdas_own_rule_of_group_ids_is_ours(group: str) -> None:
    check_group(group)


def test_a_group_whose_offsets_are_not_synced_is_refused() -> None:
    synced = [NameFilter(name="orders", pattern_type="PREFIXED"), NameFilter(name="orders-x", filter_type="EXCLUDE")]
    check_group("orders-lambda", synced)
    for group in ("refunds", "orders-x"):
        with pytest.raises(SettingsError, match="does not sync"):
            check_group(group, synced)
