"""Arguments that the graph tests share."""

from first.components import (
    ActivePassivePairArgs,
    Availability,
    ClusterKind,
    ClusterRef,
    KafkaSiteArgs,
    LinkMode,
    LinkSettings,
)

from .recorder import CANARY


def cluster(site: str) -> ClusterRef:
    return {
        "id": f"lkc-{site}",
        "rest_endpoint": f"https://{site}.example:443",
        "bootstrap_endpoint": f"SASL_SSL://{site}.example:9092",
        "credentials": {"key": f"KEY{site.upper()}", "secret": f"{CANARY}-{site}"},
    }


def dedicated(region: str) -> KafkaSiteArgs:
    return {
        "environment_id": "env-1",
        "create": {
            "display_name": f"orders-{region}",
            "cloud": "AWS",
            "region": region,
            "availability": Availability.SINGLE_ZONE,
            "kind": ClusterKind.DEDICATED,
            "cku": 1,
        },
    }


def adopted(site: str) -> KafkaSiteArgs:
    return {
        "environment_id": "env-1",
        "adopt": {
            "id": f"lkc-{site}",
            "rest_endpoint": f"https://{site}.example:443",
            "bootstrap_endpoint": f"SASL_SSL://{site}.example:9092",
            "rbac_crn": f"crn://confluent.cloud/organization=o/environment=e/cloud-cluster=lkc-{site}",
        },
    }


def synced() -> LinkSettings:
    return {
        "offset_sync": {"interval_ms": 1000, "groups": [{"name": "*"}]},
        "acl_sync": {"filters": [{}]},
    }


def pair() -> ActivePassivePairArgs:
    """A pair in its first term: east is primary, west mirrors it."""
    return {
        "sites": {"east": dedicated("us-east-1"), "west": adopted("west")},
        "source": "east",
        "destination": "west",
        "primary": "east",
        "epoch": 1,
        "topics": ["orders", "dr-topic"],
        "link": {"name": "dr", "mode": LinkMode.DESTINATION_INITIATED, "settings": synced()},
        "clients": {
            "shop": {
                "acl_sites": ["east"],
                "topics": [{"name": "orders"}],
                "groups": [{"name": "shop"}],
                "roles": [{"role_name": "DeveloperRead", "resource": "topic=orders"}],
            }
        },
        "vault": {"url": "file:///vault"},
        "pointer": {"url": "file:///pointer", "reason": "region lost"},
        "ledger_url": "file:///ledger",
    }


def failed_over() -> ActivePassivePairArgs:
    """The same pair after the edit of the flip keys, and of nothing else."""
    return {
        **pair(),
        "primary": "west",
        "epoch": 2,
        "change": "failover",
        "standby": "retained",
        "desired": "FAILED_OVER",
    }
