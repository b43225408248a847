"""All routes of the cloud API."""

from starlette.routing import Route

from emulator.cloud import apikeys, cmk, iam, org, quotas, srcm

routes: list[Route] = [
    *org.routes,
    *cmk.routes,
    *iam.routes,
    *apikeys.routes,
    *quotas.routes,
    *srcm.routes,
]
