"""Topics: create, grow, configure, delete; and the guard that keeps mirrors read-only."""

import re
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from emulator.errors import KafkaError
from emulator.kafka import topic_configs
from emulator.kafka.lifecycle import Status
from emulator.kafka.log import Partition

if TYPE_CHECKING:
    from emulator.kafka.mirrors import Mirror

NAME: Final = re.compile(r"[a-zA-Z0-9._-]{1,249}")
DEFAULT_PARTITIONS: Final = 6
MAX_PARTITIONS: Final = 100_000
REPLICATION_FACTOR: Final = 3


@dataclass(eq=False)
class Topic:
    """A topic, ordinary or mirror.

    Attributes:
        name: Topic name.
        partitions: Logs by partition number.
        configs: Values that were set, verbatim; everything else is default.
        id: Topic id; a topic that is deleted and created again has another one.
        mirror: The mirror this topic is or was; None for one that never was a mirror.
        followers: Mirrors on other clusters that copy from here.
        config_version: Grows with each change of `configs`, so config sync can skip what is unchanged.
    """

    name: str
    partitions: list[Partition]
    configs: dict[str, str] = field(default_factory=dict)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    mirror: "Mirror | None" = None
    followers: "list[Mirror]" = field(default_factory=list)
    config_version: int = 0

    @property
    def read_only(self) -> bool:
        """Whether only the link may write: from creation of the mirror until it is STOPPED."""
        return self.mirror is not None and self.mirror.status is not Status.STOPPED

    def ends(self) -> list[int]:
        """End offset per partition."""
        return [partition.end for partition in self.partitions]

    def grow(self, count: int) -> None:
        """Add empty partitions up to `count`."""
        self.partitions.extend(Partition() for _ in range(count - len(self.partitions)))

    def set_config(self, name: str, value: str | None) -> None:
        """Set a value, or reset it to the default with None."""
        if value is None:
            self.configs.pop(name, None)
        else:
            self.configs[name] = value
        self.config_version += 1


def new_topic(name: str, partitions: int | None, configs: dict[str, str | None]) -> Topic:
    """Return a topic after the checks the service makes.

    Raises:
        KafkaError: 400/40002 for an illegal name, number of partitions or configuration.
    """
    check_topic_name(name)
    count = DEFAULT_PARTITIONS if partitions is None else partitions
    if not 1 <= count <= MAX_PARTITIONS:
        raise KafkaError(400, 40002, f"Number of partitions must be between 1 and {MAX_PARTITIONS}.")
    checked = {key: topic_configs.check_value(key, value) for key, value in configs.items()}
    return Topic(name, [Partition() for _ in range(count)], checked)


def check_topic_name(name: str) -> None:
    """Refuse names Kafka refuses.

    Raises:
        KafkaError: 400/40002.
    """
    if not NAME.fullmatch(name) or name in (".", ".."):
        raise KafkaError(400, 40002, "Topic name is invalid: use 1-249 of a-z A-Z 0-9 . _ - and not '.' or '..'.")


def check_config_change(topic: Topic, name: str, value: str | None, *, delete: bool) -> None:
    """Check one change of a topic's configuration.

    Raises:
        KafkaError: 400/40002 for a bad key or value, or a key of a live mirror that its link keeps in sync.
    """
    if delete:
        topic_configs.check_name(name)
    else:
        topic_configs.check_value(name, value)
    mirror = topic.mirror
    if mirror is not None and topic.read_only and name in mirror.link.synced_configs():
        raise KafkaError(400, 40002, f"Config {name} of mirror topic {topic.name} is kept in sync by its link.")
