"""Bounds of the HTTP services whose clients stand on `requests` (Vault, Consul)."""

from __future__ import annotations

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

TIMEOUTS = (3.0, 15.0)
"""Seconds to connect and to wait for an answer."""

# Every verb: the writes are compare-and-set, so one that was carried out and sent again is refused and then found done.
_RETRIES = Retry(
    total=2,
    backoff_factor=0.2,
    status_forcelist=(429, 500, 502, 503, 504),
    allowed_methods=None,
    raise_on_status=False,
)


def bound(session: requests.Session) -> None:
    """Give a session two more tries of whatever fails for the moment, and one redirect (standby Vaults)."""
    session.max_redirects = 1
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=_RETRIES))
