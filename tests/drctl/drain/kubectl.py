#!/usr/bin/env python3
"""A kubectl with one deployment in a file, `$FAKE_KUBE`: the few calls of the example hook, and a cluster's accidents.

The state: `replicas`, `annotations`, `pods` (each with the number of looks for which it still is there once it is
terminating, null while it is not), `faults` (messages with which the next calls fail), `log` (the calls).
"""

import fcntl
import json
import os
import sys
from pathlib import Path
from typing import Any

STATE = Path(os.environ["FAKE_KUBE"])
LABELS = {"app": "orders-app", "tier": "web"}


def main(arguments: list[str]) -> str:
    """Carry one call out under the state's lock; what it prints."""
    with STATE.open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        state = json.load(file)
        try:
            state["log"].append(" ".join(arguments))
            if state["faults"] and (problem := state["faults"].pop(0)):
                sys.exit(problem)
            return call(state, arguments)
        finally:
            file.seek(0)
            file.truncate()
            json.dump(state, file)


def call(state: dict[str, Any], arguments: list[str]) -> str:
    """One call; the options come in the order in which the hook writes them."""
    match arguments:
        case ["--namespace", "shop", "--request-timeout", "10s", verb, "deployment", name, *rest]:
            if name != "orders-app":
                sys.exit(f'Error from server (NotFound): deployments.apps "{name}" not found')
            return on_deployment(state, verb, rest)
        case [_, _, _, _, "get", "pods", "--selector", selector, "--output", "name", "--field-selector", fields]:
            assert selector == "app=orders-app,tier=web", selector
            assert fields == "status.phase!=Succeeded,status.phase!=Failed", fields
            names = [f"pod/{pod['name']}" for pod in state["pods"]]
            state["pods"] = [
                pod | {"left": pod["left"] and pod["left"] - 1} for pod in state["pods"] if pod["left"] != 1
            ]
            return "\n".join(names)
    sys.exit(f"unknown call: {arguments}")


def on_deployment(state: dict[str, Any], verb: str, rest: list[str]) -> str:
    """Calls on the deployment."""
    match verb, rest:
        case "annotate", ["--overwrite", pair]:
            name, _, value = pair.partition("=")
            state["annotations"][name] = value
            return "deployment.apps/orders-app annotated"
        case "scale", ["--replicas", number]:
            state["replicas"] = int(number)
            if state["replicas"]:
                state["pods"] = [{"name": f"new-{n}", "left": None} for n in range(int(number))]
            else:
                state["pods"] = [pod | {"left": pod["left"] or state["linger"]} for pod in state["pods"]]
            return "deployment.apps/orders-app scaled"
        case "get", ["--output", form]:
            return shown(state, form)
    sys.exit(f"unknown call: {verb} {rest}")


def shown(state: dict[str, Any], form: str) -> str:
    """What `--output` shows; an absent field is an empty line, as with kubectl."""
    if form.startswith("go-template="):
        return "".join(f"{name}={value}," for name, value in LABELS.items())
    path = form.removeprefix("jsonpath={").removesuffix("}")
    if path.startswith(".metadata.annotations."):
        return str(state["annotations"].get(path.removeprefix(".metadata.annotations."), ""))
    ready = sum(pod["left"] is None for pod in state["pods"])
    return str({".spec.replicas": state["replicas"], ".status.readyReplicas": ready or ""}[path])


if __name__ == "__main__":
    print(main(sys.argv[1:]))  # noqa: T201
