"""The program of every stack: config -> settings -> plan -> components."""

import pulumi

from stacks.deploy import deploy
from stacks.plan import make_plan
from stacks.problems import NAMESPACE, ConfigError
from stacks.settings import load

try:
    plan = make_plan(load(pulumi.Config(NAMESPACE)))
except ConfigError as error:
    raise pulumi.RunError(str(error)) from None  # the language host prints this alone, without a traceback
deploy(plan)
