"""Every service that a vault or a pointer can stand on, behind one face: its addresses, its roles, its accidents."""

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, Literal, Protocol

import httpx2
import pytest

from tests.services.consul_kv import RecordedConsul
from tests.services.kv2 import MOUNT, RecordedVault
from tests.services.moto import Moto, moto_server, use_aws
from tests.services.proxy import Proxy, proxied
from tests.services.roles import aws_policy
from tests.services.web import serving

Role = Literal["deployer", "client", "stranger"]
"""Who the process is: may read and write, may only read, or has credentials that nobody knows."""

_REGION = "eu-central-1"
_NOBODY = 65_534
_WRITES = {"read", "update", "create", "delete", "write"}
_TOKENS = {"root-token": _WRITES, "deployer-token": _WRITES, "client-token": {"read"}}


class Bench(Protocol):
    """A running service."""

    @property
    def proxy(self) -> Proxy | None:
        """What lies between it and our clients; None for files."""

    def vault(self) -> str:
        """Address of a vault without entries."""

    def pointer(self) -> str:
        """Address of a pointer that was never moved."""

    def in_charge(self) -> AbstractContextManager[None]:
        """This process with an administrator's credentials."""

    def acting(self, role: Role, address: str) -> AbstractContextManager[None]:
        """This process with the role's credentials, made for the vault or pointer at the address."""

    def remove(self, address: str) -> None:
        """Delete the entry or pointer at the address, as a human would."""

    def plant(self, address: str, text: str) -> None:
        """Put a JSON object there that our code did not write; "" makes an AWS secret without a value."""


class FileBench:
    """Files; whoever is not the deployer is another user of the machine."""

    proxy = None

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def vault(self) -> str:
        return (self._folder / uuid.uuid4().hex).as_uri()

    def pointer(self) -> str:
        return (self._folder / uuid.uuid4().hex / "active.json").as_uri()

    @contextmanager
    def in_charge(self) -> Iterator[None]:
        yield

    @contextmanager
    def acting(self, role: Role, address: str) -> Iterator[None]:
        del address
        if role == "deployer":
            yield
            return
        mode = self._folder.stat().st_mode
        self._folder.chmod(0)
        superuser = os.geteuid() == 0  # for whom modes do not count
        if superuser:
            os.seteuid(_NOBODY)
        try:
            yield
        finally:
            if superuser:
                os.seteuid(0)
            self._folder.chmod(mode)

    def remove(self, address: str) -> None:
        Path(address.removeprefix("file://")).unlink()

    def plant(self, address: str, text: str) -> None:
        path = Path(address.removeprefix("file://"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


class AwsBench:
    """moto, whose IAM is asked for rights as long as a role is taken."""

    def __init__(self, moto: Moto, url: str, proxy: Proxy) -> None:
        self._moto = moto
        self._url = url
        self.proxy = proxy

    def vault(self) -> str:
        return f"aws-sm://{_REGION}/kafka-dr/{uuid.uuid4().hex}"

    def pointer(self) -> str:
        return f"aws-sm://{_REGION}/kafka-dr/pointers/{uuid.uuid4().hex}"

    @contextmanager
    def in_charge(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            use_aws(patch, self._url)
            yield

    @contextmanager
    def acting(self, role: Role, address: str) -> Iterator[None]:
        del address  # moto looks at actions, not at resources
        key, secret = "AKIANOBODYKNOWSTHIS0", "nobody"
        if role != "stranger":
            key, secret = self._moto.user(f"{role}-{uuid.uuid4().hex}", aws_policy(role))
        with pytest.MonkeyPatch.context() as patch:
            use_aws(patch, self._url, key, secret)
            self._moto.enforce()
            try:
                yield
            finally:
                self._moto.enforce(False)

    def remove(self, address: str) -> None:
        self._admin().delete_secret(SecretId=self._id(address), RecoveryWindowInDays=7)

    def plant(self, address: str, text: str) -> None:
        self._admin().create_secret(Name=self._id(address), **({"SecretString": text} if text else {}))

    def _admin(self) -> Any:
        return self._moto.client("secretsmanager", _REGION)

    @staticmethod
    def _id(address: str) -> str:
        return address.removeprefix(f"aws-sm://{_REGION}/")


class VaultBench:
    """A Vault with KV version 2 at `secret`, real or recorded, which differ in how to get a role's token."""

    def __init__(self, direct: str, url: str, proxy: Proxy, root: str, token: Callable[[Role, str], str]) -> None:
        self._direct = direct
        self._root = root
        self._url = url
        self._token = token
        self.proxy = proxy

    def vault(self) -> str:
        return f"vault+{self._url}/{MOUNT}/kafka-dr/{uuid.uuid4().hex}"

    def pointer(self) -> str:
        return f"vault+{self._url}/{MOUNT}/kafka-dr/pointers/{uuid.uuid4().hex}"

    @contextmanager
    def in_charge(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("VAULT_TOKEN", self._root)
            yield

    @contextmanager
    def acting(self, role: Role, address: str) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("VAULT_TOKEN", self._token(role, address.rpartition("/")[2]))
            yield

    def remove(self, address: str) -> None:
        self._admin("DELETE", address)

    def plant(self, address: str, text: str) -> None:
        self._admin("POST", address, f'{{"options": {{}}, "data": {text}}}')

    def mount(self, path: str, version: str) -> None:
        """Mount another KV engine, of this version."""
        document = {"type": "kv", "options": {"version": version}}
        url = f"{self._direct}/v1/sys/mounts/{path}"
        httpx2.post(url, json=document, headers={"X-Vault-Token": self._root}, trust_env=False).raise_for_status()

    def _admin(self, method: str, address: str, body: str = "") -> None:
        path = address.partition(f"/{MOUNT}/")[2]
        headers = {"X-Vault-Token": self._root}
        url = f"{self._direct}/v1/{MOUNT}/data/{path}"
        httpx2.request(method, url, content=body, headers=headers, trust_env=False).raise_for_status()


class ConsulBench:
    """A Consul: a pointer alone."""

    def __init__(self, direct: str, url: str, proxy: Proxy, root: str, token: Callable[[Role, str], str]) -> None:
        self._direct = direct
        self._root = root
        self._url = url
        self._token = token
        self.proxy = proxy

    def vault(self) -> str:
        raise NotImplementedError

    def pointer(self) -> str:
        return f"consul+{self._url}/kafka-dr/pointers/{uuid.uuid4().hex}"

    @contextmanager
    def in_charge(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CONSUL_HTTP_TOKEN", self._root)
            yield

    @contextmanager
    def acting(self, role: Role, address: str) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CONSUL_HTTP_TOKEN", self._token(role, address.rpartition("/")[2]))
            yield

    def remove(self, address: str) -> None:
        self._admin("DELETE", address)

    def plant(self, address: str, text: str) -> None:
        self._admin("PUT", address, text)

    def _admin(self, method: str, address: str, body: str = "") -> None:
        key = address.partition("/kafka-dr/")[2]
        headers = {"X-Consul-Token": self._root}
        url = f"{self._direct}/v1/kv/kafka-dr/{key}"
        httpx2.request(method, url, content=body, headers=headers, trust_env=False).raise_for_status()


@contextmanager
def file_bench(folder: Path) -> Iterator[Bench]:
    """Files below the folder."""
    yield FileBench(folder)


@contextmanager
def aws_bench() -> Iterator[Bench]:
    """AWS, that is moto, behind the proxy."""
    with moto_server() as moto, proxied(moto.url) as (url, proxy):
        yield AwsBench(moto, url, proxy)


@contextmanager
def recorded_vault() -> Iterator[Bench]:
    """The recorded contract of Vault behind the proxy."""
    with ExitStack() as stack:
        direct = stack.enter_context(serving(RecordedVault(_TOKENS)))
        url, proxy = stack.enter_context(proxied(direct))
        yield VaultBench(direct, url, proxy, "root-token", lambda role, _: f"{role}-token")


@contextmanager
def recorded_consul() -> Iterator[Bench]:
    """The recorded contract of Consul behind the proxy."""
    with ExitStack() as stack:
        direct = stack.enter_context(serving(RecordedConsul(_TOKENS)))
        url, proxy = stack.enter_context(proxied(direct))
        yield ConsulBench(direct, url, proxy, "root-token", lambda role, _: f"{role}-token")
