"""A pair that has flipped, with links of its lost primary as config names them; before, there is only its guard."""

from typing import Any

import pulumi
import pulumi_confluentcloud

from first.components.resources import Transition

confluent: Any = pulumi_confluentcloud
"""Untyped: the nested blocks are plain dictionaries here."""

FLIPPED: Any = {"primary": "west", "epoch": 2, "change": "failover", "standby": "retained"}
CREDENTIALS = pulumi.Output.secret({"key": "KEY", "secret": "a-canary"})
SAFE = pulumi.ResourceOptions(protect=True)
config = pulumi.Config()
links, flipped = config.get_object("links") or [], config.get_bool("flipped")
guard = Transition(
    "guard",
    sites=["east", "west"],
    **(FLIPPED if flipped else {"primary": "east", "epoch": 1}),
    released=config.get_object("released") or [],
    opts=SAFE,
)
later = confluent.Environment("later", display_name="later").id if {"clouded", "adrift"} & {*links} else ""
SWITCH: Any = {"loud": "true", "clouded": later}
for name in links:
    confluent.ClusterLink(
        name,
        link=name,
        source_kafka_cluster={"id": "lkc-east", "bootstrap_endpoint": "east:9092", "credentials": CREDENTIALS},
        destination_kafka_cluster={
            "id": later if name == "adrift" else "lkc-west",
            "rest_endpoint": "https://west",
            "credentials": CREDENTIALS,
        },
        config={
            "consumer.offset.sync.enable": SWITCH.get(name, "false"),
            "consumer.offset.group.filters": '{"groupFilters":[{"name":"*","filterType":"INCLUDE"}]}',
        },
        opts=pulumi.ResourceOptions(protect=name != "adrift", depends_on=[guard]),
    )
