"""Errors a handler raises; the shell turns them into the wire body of their API family (confluent-api.md S3.3)."""


class KafkaError(Exception):
    """An error answer of the Kafka REST family: ``{"error_code": code, "message": message}``.

    Args:
        status: HTTP status.
        code: ``error_code`` of the body, e.g. 40403.
        message: human text; must not carry secrets.
    """

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(f"{status}/{code}: {message}")
        self.status = status
        self.code = code
        self.message = message

    def body(self) -> dict[str, object]:
        """The wire body."""
        return {"error_code": self.code, "message": self.message}


class CloudError(Exception):
    """An error answer of the cloud API family: ``{"errors": [{"id", "status", "code", "detail", "source"}]}``.

    Args:
        status: HTTP status.
        code: machine code, e.g. ``resource_not_found``.
        detail: human text; must not carry secrets.
    """

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"{status}/{code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail

    def body(self) -> dict[str, object]:
        """The wire body."""
        error = {"id": f"{self.status}-{self.code}", "status": str(self.status), "code": self.code}
        return {"errors": [error | {"detail": self.detail, "source": {}}]}
