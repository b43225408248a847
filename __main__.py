"""The program of every switch: config -> settings -> the estate as last read well -> components."""

import gc
import sys

import pulumi

from stacks.problems import ConfigError
from stacks.switch.deploy import deploy

gc.set_threshold(100_000)  # at the default 700, walking what is declared takes half the time of 1,000 resources
try:
    pulumi.run(deploy)
except ConfigError as error:
    pulumi.log.error(str(error))
    sys.exit(32)  # tells the language host that the user has been told: it adds no traceback and no second error
