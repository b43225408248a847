"""AWS for tests: moto in server mode, spoken to over real HTTP; no decorators, nothing patched."""

import json
import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx2
import pytest
from boto3.session import Session
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

_Start = Callable[..., Any]


class _OneAtATime:
    """moto looks first and acts afterwards, without a lock; AWS's creations and label moves are atomic."""

    def __init__(self) -> None:
        self._application = DomainDispatcherApplication(create_backend_app)
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start: _Start) -> Iterable[bytes]:
        with self._lock:
            return list(self._application(environ, start))


class Moto:
    """A running moto at ``url``; its world is empty after `reset`."""

    def __init__(self, url: str) -> None:
        self.url = url

    def client(self, service: str, region: str = "eu-central-1") -> Any:
        """An administrator's client, who may do everything."""
        return Session().client(
            service,
            region_name=region,
            endpoint_url=self.url,
            aws_access_key_id="admin",
            aws_secret_access_key="admin",
        )

    def bucket(self, name: str) -> Any:
        """An administrator's client of S3, with this bucket; botocore may ask twice, when an answer is late."""
        s3 = self.client("s3")
        with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
            s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        return s3

    def reset(self) -> None:
        """Empty the world and ask nobody for rights."""
        self._post("reset")
        self.enforce(False)

    def enforce(self, on: bool = True) -> None:
        """Whether signatures and IAM policies count from now on."""
        self._post("reset-auth", "0" if on else "1000000000")

    def user(self, name: str, policy: dict[str, Any]) -> tuple[str, str]:
        """A user with this policy alone; access key and secret."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="only", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]

    def _post(self, what: str, body: str = "") -> None:
        httpx2.post(f"{self.url}/moto-api/{what}", content=body, trust_env=False, timeout=30).raise_for_status()


@contextmanager
def moto_server() -> Iterator[Moto]:
    """Start moto on a free port of loopback."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, _OneAtATime(), threaded=True, request_handler=MotoRequestHandler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    moto = Moto(f"http://127.0.0.1:{server.server_port}")
    try:
        yield moto
    finally:
        moto.reset()  # moto's world and its rights are the process's: the next server would find them
        server.shutdown()
        thread.join()
        server.server_close()


def use_aws(patch: pytest.MonkeyPatch, url: str, key: str = "test", secret: str = "test") -> None:  # noqa: S107
    """Let every boto3 client of this process talk to that URL, with these credentials and no others."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION", "AWS_REGION"):
        patch.delenv(name, raising=False)
    patch.setenv("AWS_ENDPOINT_URL", url)
    patch.setenv("AWS_ACCESS_KEY_ID", key)
    patch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        patch.setenv(name, "/dev/null")
