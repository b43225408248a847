"""The program of every estate: config -> settings -> components -> the document `dr`."""

import sys
from pathlib import Path

import pulumi

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stacks.estate.deploy import deploy
from stacks.problems import ConfigError

try:
    pulumi.run(deploy)
except ConfigError as error:
    pulumi.log.error(str(error))
    sys.exit(32)  # tells the language host that the user has been told: it adds no traceback and no second error
