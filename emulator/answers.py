"""Answers the shell gives itself, in the body shape of the API family that was called."""

from starlette.responses import HTMLResponse, JSONResponse, Response

from emulator.call import Family
from emulator.errors import CloudError, KafkaError

# the vendor documents 429 of Kafka REST as a text/html page of its web server, without headers (confluent-api.md S8.6)
_TOO_MANY_HTML = (
    "<html><head><title>Error 429</title></head><body><h2>HTTP ERROR 429 Too Many Requests</h2></body></html>"
)


def error_response(error: KafkaError | CloudError) -> Response:
    """Wire form of an error; 401 asks for Basic."""
    headers = {"WWW-Authenticate": 'Basic realm="emulator"'} if error.status == 401 else None  # noqa: PLR2004
    return JSONResponse(error.body(), error.status, headers)


def family_error(family: Family, status: int, message: str, code: int | None = None) -> Response:
    """An error in the shape of ``family``; ``code`` is Kafka's error_code (the status when None)."""
    if family in {"kafka", "sr"}:
        return error_response(KafkaError(status, code or status, message))
    return error_response(CloudError(status, str(status), message))


def too_many_requests(family: Family, retry_after_s: int) -> Response:
    """429: an HTML page without headers from Kafka REST, JSON with Retry-After from the cloud API."""
    if family == "kafka":
        return HTMLResponse(_TOO_MANY_HTML, 429)
    response = family_error(family, 429, "Too Many Requests")
    response.headers["Retry-After"] = str(retry_after_s)
    response.headers["X-RateLimit-Reset"] = str(retry_after_s)
    response.headers["X-RateLimit-Remaining"] = "0"
    return response
