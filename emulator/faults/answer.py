"""A handler's answer held back, so that a fault can change or withhold it."""

import json
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Message, Send


@dataclass
class Answer:
    """Collects what a handler sends; pass ``take`` to it as ``send``."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    async def take(self, message: Message) -> None:
        """Keep a message of the handler."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message.get("headers", []))
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")

    def json(self) -> Any:
        """The decoded body, or None when it is empty or no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def replace(self, body: bytes, content_type: str | None = None) -> None:
        """Set another body."""
        dropped = {b"content-length"} | ({b"content-type"} if content_type else set())
        self.headers = [(name, value) for name, value in self.headers if name.lower() not in dropped]
        self.headers.append((b"content-length", str(len(body)).encode()))
        if content_type:
            self.headers.append((b"content-type", content_type.encode()))
        self.body = body

    async def send_to(self, send: Send) -> None:
        """Send the whole answer."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body})

    async def send_half_to(self, send: Send) -> None:
        """Send the headers, which promise the whole body, and half of the body."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body[: len(self.body) // 2], "more_body": True})
