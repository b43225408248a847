"""The fault language of ``POST /_emulator/faults``."""

import re
import signal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from emulator.call import Call, anonymous

Drop = Literal["close", "rst", "after_headers"]
_RELATIVE = "/kafka/v3/clusters/{}"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FaultMatch(_Strict):
    """Which calls a fault meets; everything absent matches."""

    method: str | None = None
    path: str | None = None
    """Path template, parameter names free; Kafka REST templates may leave out ``/kafka/v3/clusters/{cluster_id}``."""
    path_regex: str | None = None
    """Searched in the raw path."""
    cluster: str | None = None
    """``lkc-…`` or ``lsrc-…``."""
    family: Literal["cloud", "kafka", "sr"] | None = None
    query: dict[str, str | None] = {}
    """Query parameters the call must have; None: must not have."""
    nth: Annotated[int, Field(ge=1)] | None = None
    """Fire from the nth matching call on (once, unless ``times`` says otherwise)."""
    times: Annotated[int, Field(ge=1)] | None = None
    """Fire this often, then never again."""
    probability: Annotated[float, Field(ge=0, le=1)] = 1.0
    seed: int = 0
    """Seed of the dice for ``probability``."""

    @field_validator("path_regex")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
        return pattern

    def meets(self, call: Call) -> bool:
        """Whether the call is one of those meant, counting and dice aside."""
        given = dict(call.query)
        return (
            self.method in {None, call.method}
            and self.cluster in {None, call.cluster}
            and self.family in {None, call.family}
            and self._meets_path(call)
            and all(given.get(name) == value for name, value in self.query.items())
        )

    def _meets_path(self, call: Call) -> bool:
        if self.path_regex is not None and not re.search(self.path_regex, call.path):
            return False
        if self.path is None:
            return True
        wanted, actual = anonymous(self.path), anonymous(call.template or call.path)
        return actual in {wanted, _RELATIVE + wanted}


class RowError(_Strict):
    """Refuse single topics inside the 200 answer of a ``mirrors:`` verb; the refused ones are not acted on."""

    names: list[str] | Literal["*"]
    code: int
    message: str


class Throttle(_Strict):
    """Token bucket, one per cluster (and one for the cloud API), on the world's clock."""

    rate: Annotated[float, Field(gt=0)]
    """Requests per second."""
    burst: Annotated[int, Field(ge=1)]


class Kill(_Strict):
    """Signal a process the test names: proves what a crash at this very call leaves behind."""

    pid: Annotated[int, Field(gt=1)]
    sig: int = signal.SIGKILL


class FaultAction(_Strict):
    """What happens. ``status``, ``hang`` and ``reset`` answer for the service; the others act on its answer."""

    status: Annotated[int, Field(ge=100, le=599)] | None = None
    headers: dict[str, str] = {}
    """Extra headers, on the injected answer or else on the real one."""
    body: Any = None
    """Text (HTML if it starts with ``<``) or JSON; None with a status gives the family's own error body."""
    latency: Annotated[float, Field(ge=0)] = 0
    """Real seconds to wait."""
    hang: bool = False
    """Accept and stay silent until the caller gives up."""
    reset: Drop | bool = False
    """Drop the connection: ``close`` (FIN), ``rst`` (true), or ``after_headers`` and half of the body."""
    row_error: RowError | None = None
    throttle: Throttle | None = None
    mutate_json: int | None = None
    """Seed; change the JSON answer in a way a client must survive."""
    max_names: Annotated[int, Field(ge=1)] | None = None
    """413 to a batch call with more mirror topic names."""
    signal: Kill | None = None


class FaultSpec(_Strict):
    """One fault.

    ``apply`` says when the action takes place: ``before`` the call has its effect (an action that answers then
    replaces the call), ``after`` its effect, or ``never`` (the call has no effect, whatever the action is).
    """

    match: FaultMatch = FaultMatch()
    action: FaultAction
    apply: Literal["before", "after", "never"] = "before"
