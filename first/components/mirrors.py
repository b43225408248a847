"""Mirror topics that are declared one by one (opt-in onboarding, S32, S33).

A mirror's *existence* is a resource here; its *lifecycle* (pause, promote, fail over) is `MirrorState`, one per link.
So `status` is neither set nor compared, and removing a topic from the list never deletes it.
"""

from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_confluentcloud as confluent

from ._base import Component, slug
from .errors import refuse
from .refs import ClusterRef, secret_credentials
from .settings import TOPIC_NAME, TOPIC_NAME_LENGTH


class MirrorTopicsArgs(TypedDict):
    """Mirrors of one link."""

    destination: ClusterRef
    """Cluster of the mirrors, with its manager's credentials."""
    link_name: pulumi.Input[str]
    """The link that feeds them."""
    topics: list[str]
    """Names on the source."""
    prefix: NotRequired[str]
    """The link's prefix; default none."""
    protect: NotRequired[bool]
    """Refuse to delete or replace a mirror; default true."""
    retain_on_delete: NotRequired[bool]
    """Leave the topic in Confluent Cloud when it is removed from the program; default true."""


class MirrorTopics(Component):
    """Mirror topics of one link. Never deletes a topic, promoted or not, unless protect and retain are both lifted."""

    names: pulumi.Output[list[str]]
    """Names on the destination, sorted; known when every mirror exists."""
    ids: pulumi.Output[list[str]]
    """Ids of the mirrors; not known in a preview that would create one."""

    def __init__(self, name: str, args: MirrorTopicsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create one mirror per topic.

        Raises:
            ComponentError: A name is twice in the list, or is no topic name.
        """
        super().__init__(name, opts)
        check_topics(args["topics"], args.get("prefix", ""))
        mirrors = [self._mirror(name, topic, args) for topic in sorted(args["topics"])]
        self.names = pulumi.Output.all(*[m.mirror_topic_name for m in mirrors]).apply(
            lambda found: sorted(found, key=str)
        )
        self.ids = pulumi.Output.all(*[m.id for m in mirrors]).apply(lambda found: sorted(found, key=str))
        self.register_outputs({"names": self.names})

    def _mirror(self, name: str, topic: str, args: MirrorTopicsArgs) -> confluent.KafkaMirrorTopic:
        destination = args["destination"]
        cluster: Any = {
            "id": destination["id"],
            "rest_endpoint": destination["rest_endpoint"],
            "credentials": secret_credentials(destination["credentials"]),
        }
        return confluent.KafkaMirrorTopic(
            f"{name}-{slug(topic)}",
            source_kafka_topic={"topic_name": topic},
            # Always the full name: with a prefix and no name the provider reads back the wrong topic.
            mirror_topic_name=args.get("prefix", "") + topic,
            cluster_link={"link_name": args["link_name"]},
            kafka_cluster=cluster,
            opts=self._child(
                # The provider ignores status at create, and MirrorState moves it: it drifts by design.
                ignore_changes=["status"],
                protect=args.get("protect", True),
                # Its delete would delete the topic, also after a promotion, when it is live.
                retain_on_delete=args.get("retain_on_delete", True),
                additional_secret_outputs=["kafka_cluster"],
            ),
        )


def check_topics(topics: list[str], prefix: str) -> None:
    """Refuse names that cannot become mirrors.

    Raises:
        ComponentError: The first name that is wrong.
    """
    twice = sorted({t for t in topics if topics.count(t) > 1}) if len(set(topics)) != len(topics) else []
    refuse(bool(twice), f"topics names {', '.join(twice)} more than once", "Name each topic once")
    for topic in topics:
        legal = TOPIC_NAME.fullmatch(topic) and topic not in {".", ".."}
        refuse(not legal, f"{topic!r} is no topic name", "Use letters, digits, `.`, `_` and `-`")
        length = len(prefix + topic)
        refuse(
            length > TOPIC_NAME_LENGTH,
            f"mirror of {topic[:40]}... would have a name of {length} characters",
            f"Kafka allows {TOPIC_NAME_LENGTH}, the link's prefix included",
        )
