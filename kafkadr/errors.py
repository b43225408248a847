"""What can go wrong, as the operator must tell it apart: findings, an unreachable world, a refusal."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every command of this project."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    UNREACHABLE = 3
    REFUSED = 4


class DrError(Exception):
    """A problem and what to do about it; never carries a secret.

    Args:
        problem: What was found, in one sentence without a full stop.
        remedy: What the reader should do now.
    """

    exit_code = ExitCode.FINDINGS

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}. {remedy}")
        self.problem = problem
        self.remedy = remedy


class UnreachableError(DrError):
    """The cluster, vault or store did not answer, or not in a way that can be understood."""

    exit_code = ExitCode.UNREACHABLE


class RefusedError(DrError):
    """Nothing was touched because the request must not be carried out."""

    exit_code = ExitCode.REFUSED


class ApiError(DrError):
    """The Kafka REST API answered with an error that a repeat would not cure.

    Args:
        status: HTTP status.
        code: `error_code` of the body, or the status where there is none.
        message: Message of the body, sanitised.
        where: Method and path template, for example `GET /links/{link}/mirrors`.
    """

    def __init__(self, status: int, code: int, message: str, where: str) -> None:
        super().__init__(f"{where} answered {status} ({code}): {message}", _API_REMEDY.get(status, _ANY_REMEDY))
        self.status = status
        self.code = code
        self.message = message


_ANY_REMEDY = "Read the message; nothing else was assumed"
_API_REMEDY = {
    401: "Check that the key belongs to this cluster and is not revoked",
    403: "Grant the key's service account ALTER and DESCRIBE on the cluster's links",
    404: "Check the cluster id and the link name",
}
