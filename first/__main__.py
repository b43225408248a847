"""The program of every stack: config -> settings -> plan -> components."""

import gc
import sys
from pathlib import Path

import pulumi

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from first.components import ComponentError
from first.stacks.deploy import deploy
from first.stacks.plan import make_plan
from first.stacks.settings import load
from stacks.problems import NAMESPACE, ConfigError

gc.set_threshold(100_000)  # at the default 700, walking what is declared takes half the time of 1,000 resources
try:
    deploy(make_plan(load(pulumi.Config(NAMESPACE))))
except (ConfigError, ComponentError) as error:
    pulumi.log.error(str(error))
    sys.exit(32)  # tells the language host that the user has been told: it adds no traceback and no second error
