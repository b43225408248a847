"""Pointer documents for tests."""

from typing import Any

from kafkadr.pointer import Active


def active(epoch: int, site: str, /, **changes: Any) -> Active:
    """A move of this epoch to this site."""
    document = {
        "epoch": epoch,
        "site": site,
        "cluster_id": f"lkc-{site}",
        "bootstrap_endpoint": f"SASL_SSL://{site}.example:9092",
        "rest_endpoint": f"https://{site}.example",
        "secrets": "aws-sm://eu-central-1/kafka-dr/prod",
        "who": f"{site}-operator",
        "why": f"{site} it is",
        "when": f"2026-11-24T00:00:{epoch:02}Z",
    }
    return Active.model_validate(document | changes)
