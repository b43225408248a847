"""``python -m emulator``: a local Confluent Cloud on loopback, until it is told to stop."""

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from emulator.app import create_app, new_world
from emulator.cloud.bodies import readable
from emulator.cloud.store import DEFAULT_CLOUD_KEY, DEFAULT_CLOUD_SECRET, CloudStore
from emulator.control.seed import WorldDoc, seed
from emulator.errors import CloudError, KafkaError
from emulator.kafka.broker import BrokerMissingError
from emulator.kafka.brokers.plane import BrokersPlane
from emulator.server import EmulatorServer

_STOP = frozenset({signal.SIGINT, signal.SIGTERM})


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="emulator", description="A local Confluent Cloud for tests and demos.")
    parser.add_argument("--host", default="127.0.0.1", help="loopback address to bind (default %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to bind; 0, the default, takes a free one")
    parser.add_argument("--public-url", help="base URL in answers, when callers reach the emulator by another one")
    parser.add_argument("--cloud-api-key", default=DEFAULT_CLOUD_KEY, help="Cloud API key of the organisation's admin")
    parser.add_argument("--cloud-api-secret", default=DEFAULT_CLOUD_SECRET, help="its secret")
    parser.add_argument(
        "--data-plane",
        choices=("memory", "kafka"),
        default="memory",
        help="records in memory, or in real Kafka brokers (default %(default)s)",
    )
    parser.add_argument("--seed", type=Path, metavar="FILE", help="JSON document as for POST /_emulator/world")
    parser.add_argument("--json", action="store_true", help="print the ready line as JSON")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; exit code 2 when the arguments (None: the command line) or the seed are wrong."""
    options = _options(arguments)
    try:
        world = new_world(BrokersPlane() if options.data_plane == "kafka" else None)
    except BrokerMissingError as error:
        sys.stderr.write(f"emulator: {error}\n")
        return 2
    if isinstance(world.cloud, CloudStore):
        world.cloud.use_bootstrap_key(options.cloud_api_key, options.cloud_api_secret)
    try:
        if options.seed:
            seed(world, WorldDoc.model_validate_json(options.seed.read_bytes()))
        server = EmulatorServer(create_app(world, options.public_url), options.host, options.port)
    except ValidationError as error:  # its own text would quote the values, secrets among them
        sys.stderr.write(f"emulator: {options.seed}: {readable(error)}\n")
        return 2
    except (OSError, ValueError, CloudError, KafkaError) as error:
        sys.stderr.write(f"emulator: {error}\n")
        return 2
    # Blocked and waited for, before the server's thread inherits the mask. A handler that sets an Event can meet itself
    # in the Event's own lock when a second signal follows at once, and then the process never ends.
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job starts with SIGINT ignored
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP)
    with server:
        ready = json.dumps({"url": server.url, "pid": os.getpid()}) if options.json else f"ready at {server.url}"
        sys.stdout.write(f"{ready}\n")
        sys.stdout.flush()
        signal.sigwait(_STOP)
    return 0


if __name__ == "__main__":
    sys.exit(main())
