"""The handover token of a planned promotion: proof that one demotion took place, good for one promotion. Pure.

The token binds an epoch, a link, both clusters and the digest of the handover document, which holds the end offset of
every partition of the source and lies beside the ledger. It is signed (HMAC-SHA256) with a key that the stack keeps as
a secret and the demotion step gets from its environment. What it is for, and what not, is in docs/promotion.md: it
stops accidents (no demotion, an old one, one of another pair, one that was used), not somebody who has the key.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from kafkadr.errors import RefusedError

PREFIX: Final = "kdr1"
KEY_LENGTH: Final = 32
"""Shortest signing key, in characters: 16 random bytes in hexadecimal."""
_CONTEXT: Final = b"kafka-dr handover 1\n"


class HandoverError(RefusedError):
    """The token proves nothing; says why, and never shows the token or the key."""


class Claims(BaseModel):
    """What a token says. Times are seconds since 1970, offsets are Kafka's."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    epoch: int = Field(ge=1, description="The term that ends.")
    link: str = Field(min_length=1, description="Name of the cluster link.")
    source: str = Field(min_length=1, description="Cluster id of the old primary.")
    destination: str = Field(min_length=1, description="Cluster id of the new primary.")
    digest: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the handover document.")
    issued: int = Field(ge=0, description="When the demotion was found complete.")
    synced: int = Field(ge=0, description="When a whole offset-sync interval had passed at lag 0.")
    nonce: str = Field(pattern=r"^[0-9a-f]{32}$", description="Makes the token single use.")


def new_nonce() -> str:
    """128 random bits in hexadecimal."""
    return secrets.token_hex(16)


def issue(claims: Claims, key: SecretStr) -> str:
    """The token for these claims.

    Raises:
        HandoverError: The key is too short to sign anything with.
    """
    body = _encode(json.dumps(claims.model_dump(), sort_keys=True, separators=(",", ":")).encode())
    return f"{PREFIX}.{body}.{_encode(_signature(body, key))}"


def verify(token: str, key: SecretStr) -> Claims:
    """The claims of a token whose signature fits.

    Raises:
        HandoverError: No token, not signed with this key, or not readable.
    """
    parts = token.strip().split(".")
    if len(parts) != 3 or parts[0] != PREFIX or not token.isascii():  # noqa: PLR2004 - prefix, body, signature
        raise HandoverError("the handover is not a token of this project", _COPY)
    signed = _encode(_signature(parts[1], key))
    if not hmac.compare_digest(signed.encode(), parts[2].encode()):
        raise HandoverError("the handover token's signature does not fit", f"{_COPY}, made with this stack's key")
    try:
        return Claims.model_validate_json(_decode(parts[1]))
    except (ValueError, ValidationError):
        raise HandoverError(
            "the handover token was made by another version", "Run `drctl demote` of this version"
        ) from None


_COPY: Final = "Copy the whole line that `drctl demote` printed"


def _signature(body: str, key: SecretStr) -> bytes:
    value = key.get_secret_value()
    if len(value) < KEY_LENGTH:
        found = "is missing" if not value else f"is shorter than {KEY_LENGTH} characters"
        raise HandoverError(
            f"the key that signs handover tokens {found}",
            "Make one with `openssl rand -hex 32`: `pulumi config set --secret kafka-dr:handoverKey` for the stack,"
            " KAFKADR_HANDOVER_KEY for `drctl demote`",
        )
    return hmac.digest(value.encode(), _CONTEXT + body.encode(), hashlib.sha256)


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
