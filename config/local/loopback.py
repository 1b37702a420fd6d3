"""HTTP to our own processes: never through a proxy that the environment names for the outside."""

import urllib.request
from typing import Any

_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def open_local(request: urllib.request.Request | str, *, timeout: float) -> Any:
    return _opener.open(request, timeout=timeout)
