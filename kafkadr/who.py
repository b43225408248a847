"""Who is at the controls, for audit entries. The environment comes first: in CI the login is a robot's."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Mapping

from kafkadr.text import clean

NAMES = ("KAFKADR_WHO", "GITHUB_ACTOR", "GITLAB_USER_LOGIN", "BUILD_REQUESTEDFOREMAIL", "CHANGE_AUTHOR")
"""Our own, then what GitHub, GitLab, Azure DevOps and Jenkins call the person who started a run."""
_LONGEST = 128


def who(env: Mapping[str, str] = os.environ) -> str:
    """Name of the person, fit for a log; `login@host` when the environment tells none."""
    named = next((env[name] for name in NAMES if env.get(name, "").strip()), "")
    return clean((named or f"{_login()}@{socket.gethostname()}").strip(), _LONGEST)


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # A container's user need not have a name.
        return str(os.getuid())
