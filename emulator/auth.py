"""Who is calling: HTTP Basic against the API keys of the world (confluent-api.md S3.1)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Principal:
    """The authenticated caller of a request, as ``request.state.principal``.

    Attributes:
        id: owner of the key, ``sa-…`` or ``u-…``.
        key: the API key's id (never its secret).
        admin: whether the owner is an organisation admin.
    """

    id: str
    key: str
    admin: bool
