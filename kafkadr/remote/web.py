"""Bounds of the HTTP services whose clients stand on `requests` (Vault, Consul), and where their tokens may go."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from kafkadr.text import clean

TIMEOUTS = (3.0, 15.0)
"""Seconds to connect and to wait for an answer."""

# Every verb: the writes are compare-and-set, so one that was carried out and sent again is refused and then found done.
# What `Retry-After` asks for is obeyed for 2 s at most: the library's own bound is 6 hours for each try.
_RETRIES = Retry(
    total=2,
    backoff_factor=0.2,
    status_forcelist=(429, 500, 502, 503, 504),
    allowed_methods=None,
    raise_on_status=False,
    retry_after_max=2,
)


STRANGE = (AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What the clients, and who takes their answers apart, raise at an answer of another shape than the service's."""


class RedirectError(requests.RequestException):
    """The service sends us elsewhere. The token and the body would go along, to whatever host that is."""


def bound(session: requests.Session, origin: str) -> None:
    """Give a session two more tries of whatever fails for the moment, and keep what it sends with its service.

    Args:
        session: Of one service.
        origin: Where that is, `https://host:port`.
    """
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=_RETRIES))
    # Plain HTTP is for this machine alone: a proxy of the environment would carry the token to another one.
    session.trust_env = origin.startswith("https:")
    # The library forgets Authorization on its way to another host; X-Vault-Token, X-Consul-Token and the body it sends.
    session.hooks["response"].append(_refuse_redirect)


def _refuse_redirect(answer: requests.Response, **_: Any) -> None:
    if 300 <= answer.status_code < 400:  # noqa: PLR2004 - the redirects
        try:
            host = urlsplit(urljoin(answer.url, answer.headers.get("location", ""))).hostname
        except ValueError:
            host = None
        answer.close()  # nobody else gets it
        raise RedirectError(f"answered {answer.status_code}, a redirect to {clean(host or 'nowhere')}")
