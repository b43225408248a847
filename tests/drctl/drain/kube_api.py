"""Enough of a Kubernetes API for one deployment and its pods, so that the real kubectl can be used on it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

BASE = "/apis/apps/v1/namespaces/shop/deployments/orders-app"
LABELS = {"app": "orders-app", "tier": "web"}


def resource(name: str, kind: str, group: str = "") -> dict[str, Any]:
    """One line of what the API says it has."""
    more = {"group": group, "version": "v1"} if group else {}
    return {
        "name": name,
        "singularName": "",
        "namespaced": True,
        "kind": kind,
        "verbs": ["get", "list", "patch"],
        **more,
    }


DISCOVERY: dict[str, dict[str, Any]] = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {
        "kind": "APIGroupList",
        "apiVersion": "v1",
        "groups": [{"name": "apps", "versions": [{"groupVersion": "apps/v1", "version": "v1"}]}],
    },
    "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": [resource("pods", "Pod")]},
    "/apis/apps/v1": {
        "kind": "APIResourceList",
        "groupVersion": "apps/v1",
        "resources": [resource("deployments", "Deployment"), resource("deployments/scale", "Scale", "autoscaling")],
    },
}


class KubeApi:
    """The deployment; pods that terminate are still listed in as many looks as `linger` says."""

    def __init__(self) -> None:
        self.replicas = 3
        self.annotations: dict[str, str] = {}
        self.linger = 2
        self.queries: list[dict[str, list[str]]] = []
        self._terminating = 0

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, dict[str, Any]]:
        """Status and document."""
        path = urlsplit(target).path
        if path in DISCOVERY:
            return 200, DISCOVERY[path]
        if path == "/api/v1/namespaces/shop/pods":
            self.queries.append(parse_qs(urlsplit(target).query))
            return 200, self._pods()
        if path in {BASE, f"{BASE}/scale"}:
            if method == "PATCH":
                self._patch(json.loads(body))
            return 200, self._deployment() if path == BASE else self._scale()
        name = path.rpartition("/")[2]
        message = f'deployments.apps "{name}" not found'
        return 404, {"kind": "Status", "apiVersion": "v1", "reason": "NotFound", "code": 404, "message": message}

    def _patch(self, change: dict[str, Any]) -> None:
        self.annotations |= change.get("metadata", {}).get("annotations", {})
        replicas = change.get("spec", {}).get("replicas", self.replicas)
        self._terminating = self.linger if replicas < self.replicas else 0
        self.replicas = replicas

    def _metadata(self) -> dict[str, Any]:
        return {"name": "orders-app", "namespace": "shop", "uid": "u", "annotations": self.annotations}

    def _deployment(self) -> dict[str, Any]:
        spec = {"replicas": self.replicas, "selector": {"matchLabels": LABELS}}
        status = {"readyReplicas": self.replicas} if self.replicas else {}
        head = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": self._metadata()}
        return {**head, "spec": spec, "status": status}

    def _scale(self) -> dict[str, Any]:
        head = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": self._metadata()}
        return {**head, "spec": {"replicas": self.replicas}, "status": {"replicas": self.replicas}}

    def _pods(self) -> dict[str, Any]:
        count = self.replicas or (3 if self._terminating else 0)
        self._terminating = max(0, self._terminating - 1)
        items = [{"metadata": {"name": f"pod-{n}", "namespace": "shop"}} for n in range(count)]
        return {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": items}


@contextmanager
def kube_api() -> Iterator[tuple[str, KubeApi]]:
    """The API on a free port of loopback, and its URL."""
    api = KubeApi()

    class Handler(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, document = api.answer(self.command, self.path, body)
            raw = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_PATCH = handle_one  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Tests keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", api
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
