"""A world with two linked clusters and a caller for its Kafka REST routes, without the emulator's shell."""

from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from emulator.auth import Principal
from emulator.clock import Clock
from emulator.errors import KafkaError
from emulator.kafka.log import Record
from emulator.kafka.mirrors import Mirror
from emulator.kafka.replication import write
from emulator.kafka.routes import routes
from emulator.kafka.topics import new_topic
from emulator.settings import Settings
from emulator.world import World

PREFIX = "/k/{lkc}/kafka/v3/clusters/{cluster_id}"
EAST, WEST = "lkc-east", "lkc-west"
LINK_ACCOUNT = "sa-link"
SYNC_ALL = '{"groupFilters":[{"name":"*","patternType":"LITERAL","filterType":"INCLUDE"}]}'
MIRROR_ALL = '{"topicFilters":[{"name":"*","patternType":"LITERAL","filterType":"INCLUDE"}]}'
ALL_ACLS = (
    '{"aclFilters":[{"resourceFilter":{"resourceType":"any","patternType":"any"},'
    '"accessFilter":{"operation":"any","permissionType":"any"}}]}'
)


@dataclass
class Key:
    secret: str
    owner_id: str
    resource_id: str
    from_ms: int = 0

    def usable(self, now_ms: int) -> bool:
        return now_ms >= self.from_ms


@dataclass
class FakeCloud:
    """The cloud side, as far as the Kafka side asks it."""

    keys: dict[str, Key] = field(default_factory=dict)
    roles: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def find_key(self, key: str) -> Key | None:
        return self.keys.get(key)

    def keys_on(self, lkc: str) -> list[tuple[str, Key]]:
        return [(name, key) for name, key in self.keys.items() if key.resource_id == lkc]

    def roles_of(self, principal_id: str) -> list[tuple[str, str]]:
        return self.roles.get(principal_id, [])

    def account_numbers(self) -> dict[str, int]:
        return {"sa-1": 1001}

    def rbac_crn(self, lkc: str) -> str:
        return f"crn://confluent.cloud/organization=o/environment=env-1/cloud-cluster={lkc}"

    def truth(self) -> dict[str, object]:
        return {}

    def reset(self) -> None:
        self.keys.clear()
        self.roles.clear()


def jaas(key: str, secret: str) -> str:
    return f'org.apache.kafka.common.security.plain.PlainLoginModule required username="{key}" password="{secret}";'


class Api:
    """Calls Kafka REST as one principal; `expect` fails the test on any other status."""

    def __init__(self, client: TestClient, principal: Principal) -> None:
        self.client = client
        self.principal = principal

    def call(self, method: str, lkc: str, path: str, body: Any = None, *, expect: int = 200, **query: Any) -> Any:
        headers = {"x-principal": self.principal.id, "x-admin": str(self.principal.admin)}
        url = f"/k/{lkc}/kafka/v3/clusters/{lkc}{path}"
        content = {"content": body} if isinstance(body, str) else {"json": body} if body is not None else {}
        params = {name: str(value).lower() if isinstance(value, bool) else value for name, value in query.items()}
        answer = self.client.request(method, url, params=params, headers=headers, **content)
        assert answer.status_code == expect, answer.text
        return answer.json() if answer.content else None

    def get(self, lkc: str, path: str, *, expect: int = 200, **query: Any) -> Any:
        return self.call("GET", lkc, path, expect=expect, **query)

    def post(self, lkc: str, path: str, body: Any = None, *, expect: int = 200, **query: Any) -> Any:
        return self.call("POST", lkc, path, body, expect=expect, **query)

    def verb(self, lkc: str, link: str, verb: str, *names: str, **query: Any) -> dict[str, Any]:
        """Send a `mirrors:` verb and return its rows by topic."""
        answer = self.post(lkc, f"/links/{link}/mirrors:{verb}", {"mirror_topic_names": list(names)}, **query)
        return {row["mirror_topic_name"]: row for row in answer["data"]}


class Scene:
    """Two Dedicated clusters on a manual clock, and a link account that may do everything on both."""

    def __init__(self) -> None:
        self.cloud = FakeCloud()
        self.world = World(Clock("manual"), Settings())
        self.world.cloud = self.cloud
        for lkc in (EAST, WEST):
            self.world.create_cluster(lkc, "Dedicated")
            self.cloud.keys[f"KEY-{lkc}"] = Key(f"secret-{lkc}", LINK_ACCOUNT, lkc)
        admin = "CloudClusterAdmin"
        self.cloud.roles[LINK_ACCOUNT] = [(admin, self.cloud.rbac_crn(lkc)) for lkc in (EAST, WEST)]
        self.client = TestClient(application(self.world))
        self.api = self.api_of("u-admin", admin=True)

    def api_of(self, principal_id: str, *, admin: bool = False) -> Api:
        return Api(self.client, Principal(principal_id, "KEY", admin))

    def topic(self, name: str, *, partitions: int = 1, lkc: str = EAST, **configs: str) -> None:
        given: dict[str, str | None] = {key.replace("_", "."): value for key, value in configs.items()}
        self.world.kafka[lkc].topics[name] = new_topic(name, partitions, given)

    def produce(self, topic: str, records: int | list[str], *, partition: int = 0, lkc: str = EAST) -> None:
        given = records if isinstance(records, int) else [Record(value.encode()) for value in records]
        write(self.world, self.world.kafka[lkc].topic(topic), partition, given)

    def commit(self, group: str, topic: str, offset: int, *, lkc: str = EAST, partition: int = 0) -> None:
        self.world.kafka[lkc].group_made(group).offsets[topic, partition] = offset

    def offset(self, group: str, topic: str, *, lkc: str = WEST, partition: int = 0) -> int | None:
        found = self.world.kafka[lkc].groups.get(group)
        return found.offsets.get((topic, partition)) if found else None

    def configs(self, here: str, mode: str, connection: str = "OUTBOUND", **configs: str) -> dict[str, Any]:
        """Return the body of POST /links for a half on `here`."""
        there = WEST if here == EAST else EAST
        settings = {"link.mode": mode, "connection.mode": connection, "bootstrap.servers": f"{there}:9092"}
        if connection == "OUTBOUND":
            settings["sasl.jaas.config"] = jaas(f"KEY-{there}", f"secret-{there}")
            if mode != "DESTINATION":
                settings["local.sasl.jaas.config"] = jaas(f"KEY-{here}", f"secret-{here}")
        settings |= {key.replace("_", "."): value for key, value in configs.items()}
        field_of = {"DESTINATION": "source", "SOURCE": "destination", "BIDIRECTIONAL": "remote"}
        listed = [{"name": name, "value": value} for name, value in settings.items()]
        return {f"{field_of[mode]}_cluster_id": there, "configs": listed}

    def link(
        self,
        name: str = "dr",
        here: str = WEST,
        mode: str = "DESTINATION",
        connection: str = "OUTBOUND",
        **configs: str,
    ) -> None:
        self.api.post(here, "/links", self.configs(here, mode, connection, **configs), expect=204, link_name=name)

    def pair(self, name: str = "dr") -> None:
        """Make a bidirectional pair, both halves connecting."""
        for here in (WEST, EAST):
            self.link(name, here, "BIDIRECTIONAL")

    def mirror(self, topic: str, *, link: str = "dr", lkc: str = WEST) -> Mirror:
        self.api.post(lkc, f"/links/{link}/mirrors", {"source_topic_name": topic}, expect=204)
        return self.found(topic, link=link, lkc=lkc)

    def mirror_as(self, topic: str, name: str) -> Mirror:
        """Mirror `topic` under its prefixed name."""
        body = {"source_topic_name": topic, "mirror_topic_name": name}
        self.api.post(WEST, "/links/dr/mirrors", body, expect=204)
        return self.found(name)

    def found(self, name: str, *, link: str = "dr", lkc: str = WEST) -> Mirror:
        return self.world.kafka[lkc].links[link].mirrors[name]

    def status(self, name: str, *, link: str = "dr", lkc: str = WEST) -> str:
        status: str = self.api.get(lkc, f"/links/{link}/mirrors/{name}")["mirror_status"]
        return status

    def alter(self, changes: dict[str, str | None], *, link: str = "dr", lkc: str = WEST, expect: int = 204) -> None:
        data = [
            {"name": name, "value": value} if value is not None else {"name": name, "operation": "DELETE"}
            for name, value in changes.items()
        ]
        self.api.call("PUT", lkc, f"/links/{link}/configs:alter", {"data": data}, expect=expect)


def mirrored(*topics: str, records: int = 0) -> Scene:
    """Return a scene whose link mirrors these topics of one partition, all caught up."""
    scene = Scene()
    scene.link()
    for name in topics:
        scene.topic(name)
        scene.produce(name, records)
        scene.mirror(name)
    scene.world.tick()
    return scene


def application(world: World) -> Starlette:
    """The routes behind a header that says who calls: the real shell has keys, here only rights matter."""

    async def as_principal(request: Request, call_next: RequestResponseEndpoint) -> Response:
        world.tick()
        admin = request.headers["x-admin"] == "True"
        request.state.principal = Principal(request.headers["x-principal"], "KEY", admin)
        return await call_next(request)

    async def refused(_request: Request, error: Exception) -> Response:
        assert isinstance(error, KafkaError)
        return JSONResponse(error.body(), error.status)

    flat = [
        Route(PREFIX + route.path.rstrip("/"), route.endpoint, methods=sorted(route.methods or ())) for route in routes
    ]
    app = Starlette(
        routes=flat,
        middleware=[Middleware(BaseHTTPMiddleware, dispatch=as_principal)],
        exception_handlers={KafkaError: refused},
    )
    app.state.world, app.state.public_url = world, "http://emulator"
    return app
