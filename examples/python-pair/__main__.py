"""Two clusters, a link, two topics, a client, and the switch between the clusters, in one program."""

import pulumi
import pulumi_confluentcloud as confluent

from components.estate import ClientCredentials, ClusterLink, KafkaSite
from components.switch import ActivePassive, LinkMode

config, topics = pulumi.Config(), ["orders", "payments"]
env, store = config.require("environment"), config.require("store")

east = KafkaSite("east", {"environment_id": env, "create": {"cloud": "AWS", "region": "us-east-1", "cku": 1}})
west = KafkaSite("west", {"environment_id": env, "create": {"cloud": "AWS", "region": "us-west-2", "cku": 1}})
link = ClusterLink("dr", {"from_": east.end, "to": west.end, "mode": LinkMode.BIDIRECTIONAL})
made = [confluent.KafkaTopic(topic, topic_name=topic, partitions_count=6, **east.confluent) for topic in topics]
ClientCredentials("shop", {"sites": {"east": east.end, "west": west.end}, "produce": topics, "groups": ["shop"]})

# The keys of a move: a failover is one edit of primary, epoch and change in the stack's config.
move = {key: config.get(key) for key in ("primary", "change", "approved")} | {"epoch": config.get_int("epoch")}
stores = {"record": f"{store}/record.json", "ledger": f"{store}/ledger"}
pair = {"sites": {"east": east.site, "west": west.site}, "links": {"dr": link.link}, "topics": topics}
switch = ActivePassive("orders", {**move, **stores, **pair}, pulumi.ResourceOptions(depends_on=[link, *made]))
pulumi.export("active", switch.active)
