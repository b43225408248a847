"""One emulated Kafka cluster: everything its REST endpoint knows."""

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["Basic", "Standard", "Enterprise", "Dedicated", "Freight"]
DownHow = Literal["close", "hang", "503"]


@dataclass
class KafkaCluster:
    """State of one cluster.

    Attributes:
        id: `lkc-...`.
        kind: Tier, in the words of the cloud API.
        reachable: False while the lever holds the cluster down.
        down_how: How its endpoint misbehaves then.
    """

    id: str
    kind: str
    reachable: bool = True
    down_how: DownHow = "close"
    broker_configs: dict[str, str] = field(default_factory=dict)
