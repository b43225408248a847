"""Mirror topics of one link that exists already, all with one status: the stock way to fail over."""

from typing import Any

import pulumi
import pulumi_confluentcloud as confluent

config = pulumi.Config()
cluster: Any = {
    "id": "lkc-d",
    "rest_endpoint": config.require("rest"),
    "credentials": {"key": "DKEY", "secret": pulumi.Output.secret("canary-mirror-secret")},
}
for name in config.require_object("names"):
    confluent.KafkaMirrorTopic(
        name,
        source_kafka_topic={"topic_name": name},
        mirror_topic_name=name,
        cluster_link={"link_name": "dr"},
        kafka_cluster=cluster,
        status=config.require("status"),
    )
