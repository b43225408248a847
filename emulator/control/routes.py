"""All routes of the control surface."""

from starlette.routing import Route

from emulator.control import data, faults, levers, seed, state

routes: list[Route] = [*state.routes, *faults.routes, *seed.routes, *data.routes, *levers.routes]
