"""The plugin's gRPC service.

Raw rather than on ``pulumi.provider.experimental``: that has no way to say "created, but not well" (init errors), nor
"gone" in a read, and both are what the stand-in is for.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import status_pb2
from pulumi.runtime.proto.plugin_pb2 import PluginInfo
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderServicer

from emulator.standin import diffs, engine, invokes
from emulator.standin.checks import Naming, NamingMode, check
from emulator.standin.fields import Field
from emulator.standin.operation import DEFAULT_ENDPOINT, Configuration, Operation, ProviderError
from emulator.standin.resources import TABLE
from emulator.standin.schema import package_schema
from emulator.standin.transport import Rest, new_client
from emulator.standin.values import decode, encode

if TYPE_CHECKING:
    from emulator.standin.fields import Resource

VERSION = "2.87.0"
"""The version of the SDK that this table is checked against; the engine compares it."""

_T = TypeVar("_T")
_KINDS = {
    ("add", False): pb.PropertyDiff.ADD,
    ("add", True): pb.PropertyDiff.ADD_REPLACE,
    ("update", False): pb.PropertyDiff.UPDATE,
    ("update", True): pb.PropertyDiff.UPDATE_REPLACE,
    ("delete", False): pb.PropertyDiff.DELETE,
    ("delete", True): pb.PropertyDiff.DELETE_REPLACE,
}
_NAMING: dict[int, NamingMode] = {0: "propose", 1: "enforce", 2: "disable"}


def _failure(resource: str, path: str, reason: str) -> pb.CheckFailure:
    # Like the bridge: the place is told in the text. The engine prints the value of a property that is named as such,
    # and that of a cluster block holds a secret.
    return pb.CheckFailure(reason=f"{reason}. Examine values at '{resource}.{path}'." if path else reason)


def _row(urn: str) -> Resource:
    token = urn.split("::")[-2].rpartition("$")[2]
    row = TABLE.get(token)
    if row is None:
        raise ProviderError(f"the stand-in has no resource type {token}")
    return row


def _config_fields() -> dict[str, Field]:
    secret = Field(secret=True)
    return dict.fromkeys(("cloudApiKey", "cloudApiSecret", "kafkaApiKey", "kafkaApiSecret"), secret)


class Servicer(ResourceProviderServicer):
    """One configured provider. Operations run side by side on the event loop; waits never block it."""

    def __init__(self) -> None:
        self._life: engine.Life | None = None
        self._running: set[asyncio.Task[Any]] = set()
        self._cancelled = False

    def cancel_all(self) -> None:
        """End every running operation and refuse new ones; what was created stays in state with init errors.

        The real plugin ignores a cancellation. A local run must be able to stop.
        """
        self._cancelled = True
        for task in self._running:
            task.cancel()

    async def Handshake(self, request: Any, context: Any) -> NoReturn:  # noqa: N802, ARG002
        """Decline, as the bridge does: the engine then goes by the answer to Configure."""
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "no handshake")
        raise AssertionError

    async def GetPluginInfo(self, request: Any, context: Any) -> PluginInfo:  # noqa: N802, ARG002
        """Report the version."""
        return PluginInfo(version=VERSION)

    async def GetSchema(self, request: Any, context: Any) -> pb.GetSchemaResponse:  # noqa: N802, ARG002
        """Answer with the schema of the table."""
        return pb.GetSchemaResponse(schema=json.dumps(package_schema(VERSION)))

    async def Cancel(self, request: Any, context: Any) -> Empty:  # noqa: N802, ARG002
        """Stop on the engine's order."""
        self.cancel_all()
        return Empty()

    async def CheckConfig(self, request: pb.CheckRequest, context: Any) -> pb.CheckResponse:  # noqa: N802, ARG002
        """Accept any provider block; keys are marked secret."""
        return pb.CheckResponse(inputs=encode(decode(request.news), _config_fields()))

    async def DiffConfig(self, request: pb.DiffRequest, context: Any) -> pb.DiffResponse:  # noqa: N802, ARG002
        """A changed provider block is an update, never a replacement."""
        same = decode(request.olds) == decode(request.news)
        return pb.DiffResponse(changes=pb.DiffResponse.DIFF_NONE if same else pb.DiffResponse.DIFF_SOME)

    async def Configure(self, request: pb.ConfigureRequest, context: Any) -> pb.ConfigureResponse:  # noqa: N802
        """Take the provider block over; no HTTP call."""
        try:
            config = Configuration.read(decode(request.args), os.environ)
        except ProviderError as error:
            await _abort(context, str(error))
        values = config.values
        auth = (values.get("cloudApiKey", ""), values.get("cloudApiSecret", ""))
        base = values.get("endpoint", DEFAULT_ENDPOINT)
        cloud = Rest(new_client(), base, auth, config.pace, config.max_retries)
        self._life = engine.Life(config, cloud)
        return pb.ConfigureResponse(supportsPreview=True, supports_autonaming_configuration=True)

    async def Check(self, request: pb.CheckRequest, context: Any) -> pb.CheckResponse:  # noqa: N802
        """Fill in names and defaults; report what is wrong."""
        try:
            row = _row(request.urn)
        except ProviderError as error:
            await _abort(context, str(error))
        wish = request.autonaming
        naming = Naming(request.urn.split("::")[-1], request.randomSeed, _NAMING[wish.mode], wish.proposed_name)
        inputs, failures = check(row, decode(request.olds), decode(request.news), naming)
        return pb.CheckResponse(
            inputs=encode(inputs, row.fields),
            failures=[_failure(naming.name, path, reason) for path, reason in failures],
        )

    async def Diff(self, request: pb.DiffRequest, context: Any) -> pb.DiffResponse:  # noqa: N802
        """Compare state and inputs."""
        old, new = decode(request.olds), decode(request.news)
        try:
            row = _row(request.urn)
            changes = engine.changes_of(row, old, new, list(request.ignoreChanges))
        except ProviderError as error:
            await _abort(context, f"diffing {request.urn}: {error}")
        replaces = sorted({change.name for change in changes if change.replaces})
        return pb.DiffResponse(
            changes=pb.DiffResponse.DIFF_SOME if changes else pb.DiffResponse.DIFF_NONE,
            replaces=replaces,
            stables=[name for name, field in row.fields.items() if field.replace and name not in replaces],
            diffs=sorted({change.name for change in changes}),
            detailedDiff={c.path: pb.PropertyDiff(kind=_KINDS[c.kind, c.replaces]) for c in changes},
            hasDetailedDiff=True,
            deleteBeforeReplace=bool(replaces) and diffs.deletes_first(row, old, new),
        )

    async def Create(self, request: pb.CreateRequest, context: Any) -> pb.CreateResponse:  # noqa: N802
        """Create, or show the planned state in a preview."""

        async def work() -> pb.CreateResponse:
            row, inputs = _row(request.urn), decode(request.properties)
            if request.preview:
                planned = diffs.unknowns(row, diffs.wanted(row, {}, inputs))
                return pb.CreateResponse(properties=encode(planned, row.fields))
            op = await self._configured().create(row, inputs, request.urn)
            return pb.CreateResponse(id=op.id, properties=encode(op.state, row.fields))

        return await self._run(work(), request.urn, context)

    async def Update(self, request: pb.UpdateRequest, context: Any) -> pb.UpdateResponse:  # noqa: N802
        """Update, or show the planned state in a preview."""

        async def work() -> pb.UpdateResponse:
            row, old = _row(request.urn), decode(request.olds)
            new = diffs.wanted(row, old, decode(request.news), list(request.ignoreChanges))
            if request.preview:
                return pb.UpdateResponse(properties=encode(new, row.fields))
            op = await self._configured().update(row, request.id, old, new, request.urn)
            return pb.UpdateResponse(properties=encode(op.state, row.fields))

        return await self._run(work(), request.urn, context)

    async def Read(self, request: pb.ReadRequest, context: Any) -> pb.ReadResponse:  # noqa: N802
        """Refresh or import. An empty answer means "gone"."""

        async def work() -> pb.ReadResponse:
            row, state = _row(request.urn), decode(request.properties)
            op = await self._configured().read(row, request.id, state)
            if op.gone:
                return pb.ReadResponse()
            inputs = engine.inputs_after_read(row, decode(request.inputs), op.state, imported=not state)
            return pb.ReadResponse(id=op.id, properties=encode(op.state, row.fields), inputs=encode(inputs, row.fields))

        return await self._run(work(), request.urn, context)

    async def Delete(self, request: pb.DeleteRequest, context: Any) -> Empty:  # noqa: N802
        """Delete."""

        async def work() -> Empty:
            row = _row(request.urn)
            await self._configured().delete(row, request.id, decode(request.properties))
            return Empty()

        return await self._run(work(), request.urn, context)

    async def Invoke(self, request: pb.InvokeRequest, context: Any) -> pb.InvokeResponse:  # noqa: N802
        """Run a data source."""

        async def work() -> pb.InvokeResponse:
            function = invokes.FUNCTIONS.get(request.tok)
            if function is None:
                raise ProviderError(f"the stand-in has no function {request.tok}")
            life = self._configured()
            op = Operation(life.config, life.cloud, state=decode(request.args))
            async with op.stack:
                found = await function(op)
            return pb.InvokeResponse(**{"return": encode(found, invokes.SENSITIVE)})

        return await self._run(work(), request.tok, context)

    def _configured(self) -> engine.Life:
        if self._life is None:
            raise ProviderError("the provider is not configured")
        return self._life

    async def _run(self, work: Coroutine[Any, Any, _T], subject: str, context: Any) -> _T:
        """Run one operation as a task that a cancellation ends; turn its failure into what the engine expects."""
        task = asyncio.ensure_future(work)
        self._running.add(task)
        if self._cancelled:
            task.cancel()
        try:
            return await task
        except engine.PartialFailureError as error:
            await _abort_partially(context, error, _row(subject))
        except (*engine.FAILURES, asyncio.CancelledError) as error:
            await _abort(context, engine.describe(error))
        finally:
            self._running.discard(task)


async def _abort(context: Any, message: str) -> NoReturn:
    # UNKNOWN is what a plain Go error becomes.
    await context.abort(grpc.StatusCode.UNKNOWN, message)
    raise AssertionError


async def _abort_partially(context: Any, error: engine.PartialFailureError, row: Resource) -> NoReturn:
    """Fail with the detail that keeps the resource in state with init errors."""
    detail = pb.ErrorResourceInitFailed(
        id=error.resource_id, properties=encode(error.state, row.fields), reasons=[str(error)]
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error))
    status.details.add().Pack(detail)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    await _abort(context, str(error))
