"""What a REST server answered, judged before anybody believes it. Pure."""

from __future__ import annotations

import json
from typing import Any, TypeVar

import httpx2
from pydantic import BaseModel, ValidationError

from kafkadr.errors import ApiError, UnreachableError
from kafkadr.text import clean

Model = TypeVar("Model", bound=BaseModel)
_DAY = 86_400.0


def retry_after(answer: httpx2.Response) -> float | None:
    """Seconds that the server asked to wait, if it did."""
    value = answer.headers.get("retry-after", "")
    # A date would need clocks that agree, and `isdigit` alone takes digits that are no ASCII.
    return min(float(value), _DAY) if value.isascii() and value.isdigit() else None


def json_object(answer: httpx2.Response, where: str, host: str) -> dict[str, Any]:
    """The body of a good answer; empty when it has none.

    Raises:
        ApiError: The server refused.
        UnreachableError: It is no JSON object, or a redirect: somebody else answered.
    """
    if httpx2.codes.is_redirect(answer.status_code):
        leads = f"a redirect to {_target(answer)}; the key was not sent there"
        raise UnreachableError(
            f"{where} at {host} answered {answer.status_code}, {leads}",
            "Name the endpoint that answers by itself, and check that no proxy answers for it",
        )
    text = answer.content.decode("utf-8", "replace")
    try:
        data = json.loads(answer.content) if answer.content else {}
    except (ValueError, RecursionError):
        data = None
    if answer.is_success and isinstance(data, dict):
        return data
    if answer.is_success:
        raise UnreachableError(
            f"{where} at {host} answered {answer.status_code} with something that is not a JSON object:"
            f" {clean(text, limit=200)}",
            "Check that the endpoint is a Kafka REST endpoint and no proxy answers for it",
        )
    body = data if isinstance(data, dict) else {}
    code = body.get("error_code")
    message = body.get("message") or text or answer.reason_phrase
    raise ApiError(
        answer.status_code, code if isinstance(code, int) else answer.status_code, clean(str(message), limit=200), where
    )


def _target(answer: httpx2.Response) -> str:
    """The host that a redirect names; not the whole address, in which there may be a token."""
    try:
        return clean(answer.request.url.join(answer.headers.get("location", "")).host)
    except httpx2.InvalidURL:
        return "nowhere"


def parse(model: type[Model], data: object, where: str) -> Model:
    """A body, or a row of it, as what it should be.

    Raises:
        UnreachableError: It is something else.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        path = ".".join(str(part) for part in first["loc"])
        raise UnreachableError(
            f"{where} answered with a body that does not fit at {clean(path)}: {first['msg']}",
            "Compare the answer with the vendor's OpenAPI; nothing was assumed from it",
        ) from None
