"""AWS Secrets Manager in one region: every call bounded, out of the logs, and its errors told in our words."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

from kafkadr.errors import DrError, UnreachableError
from kafkadr.remote.address import LOOPBACK
from kafkadr.remote.errors import AddressError, DeletedError, DeniedError, ReadOnlyError
from kafkadr.remote.quiet import quiet
from kafkadr.text import clean

LIMIT = 65_536
"""Bytes that one version of a secret may have (`SecretString`)."""

CURRENT = "AWSCURRENT"
"""The staging label of the version that readers get."""

CANDIDATE = "kafkadr-candidate"
"""A staging label of ours, which no reader asks for."""

_BOUNDS = Config(connect_timeout=3, read_timeout=15, retries={"total_max_attempts": 3, "mode": "standard"})
_DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "NotAuthorized",
        "OptInRequired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_NOT_ALLOWED = frozenset({401, 403})
_SERVER_ERROR = 500


class AnsweredError(Exception):
    """An answer that the caller said it would deal with; `code` as AWS names it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class SecretsManager:
    """One region's Secrets Manager, with the credentials that boto3 finds in the environment.

    Args:
        region: For example `eu-central-1`.
    """

    def __init__(self, region: str) -> None:
        self.region = region

    @cached_property
    def _client(self) -> Any:
        """Made by the first call: it is slow, and an address that is only checked needs none.

        A session of its own: making clients from boto3's default session is not safe in threads.
        """
        client = Session().client("secretsmanager", region_name=self.region, config=_BOUNDS)
        at = urlsplit(client.meta.endpoint_url)
        if at.scheme == "http" and at.hostname not in LOOPBACK:
            raise AddressError(
                f"the AWS endpoint {at.hostname} would get secrets in clear", "Use https in AWS_ENDPOINT_URL"
            )
        return client

    def call(self, action: str, secret: str, *, handled: tuple[str, ...] = (), **parameters: Any) -> dict[str, Any]:
        """Call an action on a secret.

        Args:
            action: boto3's method name.
            secret: Its `SecretId` (`Name` for `create_secret`).
            handled: Error codes that come back as `AnsweredError`.
            parameters: The action's other parameters.

        Raises:
            AnsweredError: One of `handled`.
            UnreachableError: No answer, or a server error, after boto3's own retries.
            DeniedError: Credentials or rights.
            DeletedError: The secret is scheduled for deletion.
        """
        where = f"{action} of {secret} in {self.region}"
        writing = action != "get_secret_value"
        parameters["Name" if action == "create_secret" else "SecretId"] = secret
        try:
            with quiet():
                answer: dict[str, Any] = getattr(self._client, action)(**parameters)
                return answer
        except ClientError as error:
            problem = _told(error, where, handled, writing=writing)
        except (NoCredentialsError, PartialCredentialsError) as error:
            kind = ReadOnlyError if writing else DeniedError
            problem = kind(f"{where} found no AWS credentials ({type(error).__name__})", "Set them as for the AWS CLI")
        except (BotoCoreError, ValueError) as error:
            # Only the kind of error: a validation error repeats the value it refuses. ValueError: a bad endpoint.
            problem = UnreachableError(
                f"{where} got no answer ({type(error).__name__})", "Check region, network and AWS_ENDPOINT_URL"
            )
        raise problem

    def first(self, secret: str, text: str, version: str | None = None) -> str | None:
        """Make the first version of a secret, which may have been made empty by others (their KMS key, tags, replicas).

        Args:
            secret: Its name.
            text: The `SecretString`.
            version: Id that the version shall have; a random one by default.

        Returns:
            The version's id; None when the secret has a version already, which stays the current one.
        """
        version = version or str(uuid4())
        new: dict[str, Any] = {"SecretString": text, "ClientRequestToken": version}
        try:
            self.call("create_secret", secret, handled=("ResourceExistsException",), **new)
        except AnsweredError:
            # With a label of ours no version takes another's place; a secret's first one is made current all the same.
            answer = self.call("put_secret_value", secret, VersionStages=[CANDIDATE], **new)
            return version if CURRENT in answer["VersionStages"] else None
        return version


def _told(error: ClientError, where: str, handled: tuple[str, ...], *, writing: bool) -> DrError | AnsweredError:
    code = str(error.response.get("Error", {}).get("Code", "unknown"))
    message = str(error.response.get("Error", {}).get("Message", ""))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", _SERVER_ERROR)
    if locked := _locked(code, message.lower(), where):
        return locked
    if code in handled:
        return AnsweredError(code)
    if code in _DENIED or status in _NOT_ALLOWED:
        kind = ReadOnlyError if writing else DeniedError
        # AWS's own words say which principal lacks which action; other messages may repeat what was sent.
        why = f"{code}: {clean(message)}" if code in _DENIED else code
        return kind(f"{where} is not allowed ({why})", "Check the credentials; rights: docs/vaults-and-pointers.md")
    if code.startswith("Throttl") or status >= _SERVER_ERROR:
        return UnreachableError(
            f"{where} failed ({code}, {status})", "Run again; look at AWS's health page if it stays"
        )
    return DrError(f"{where} was refused ({code}, {status})", "Look the code up in AWS's API reference")


def _locked(code: str, message: str, where: str) -> DrError | None:
    """What AWS tells in words only, under codes that mean a dozen things."""
    if code not in {"InvalidRequestException", "InvalidParameterException"}:
        return None
    if "delet" in message:
        return DeletedError(
            f"{where} refused: the secret is scheduled for deletion",
            "Somebody deleted it: `aws secretsmanager restore-secret` brings it back as it was, `delete-secret "
            "--force-delete-without-recovery` frees its name (a minute later), as does the end of its recovery window",
        )
    if "replica" in message:
        return ReadOnlyError(
            f"{where} refused: here is only a replica of the secret",
            "Name the primary's region, or promote the replica (`aws secretsmanager stop-replication-to-replica`)",
        )
    return None
