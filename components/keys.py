"""Service accounts and cluster API keys, made the same way by every component."""

import pulumi
import pulumi_confluentcloud as confluent


def service_account(
    name: str, display_name: str, description: str, opts: pulumi.ResourceOptions
) -> confluent.ServiceAccount:
    """A service account with an explicit name; without one the bridge would add a random suffix."""
    return confluent.ServiceAccount(name, display_name=display_name, description=description, opts=opts)


def principal_of(account: confluent.ServiceAccount) -> pulumi.Output[str]:
    """The account as ACLs and role bindings name it."""
    return pulumi.Output.concat("User:", account.id)


def cluster_key(
    name: str,
    display_name: str,
    account: confluent.ServiceAccount,
    cluster_id: pulumi.Input[str],
    environment_id: pulumi.Input[str],
    *,
    no_wait: bool,
    opts: pulumi.ResourceOptions,
) -> confluent.ApiKey:
    """An API key of `account` on one Kafka cluster.

    With `no_wait` the provider does not probe the key: its wait needs the cluster's REST endpoint, and a wait that
    fails leaves a live key whose secret is lost (terraform-provider-confluent#483).
    """
    return confluent.ApiKey(
        name,
        display_name=display_name,
        description="Managed by kafka-dr",
        owner={"id": account.id, "api_version": "iam/v2", "kind": "ServiceAccount"},
        managed_resource={
            "id": cluster_id,
            "api_version": "cmk/v2",
            "kind": "Cluster",
            "environment": {"id": environment_id},
        },
        disable_wait_for_ready=no_wait,
        opts=opts,
    )
