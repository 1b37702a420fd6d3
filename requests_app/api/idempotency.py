from __future__ import annotations

import re

from rest_framework.request import Request

from requests_app.api.problems import Fault
from requests_app.intake import Idempotency, body_hash

KEY = re.compile(r"[\x21-\x7e]{1,255}")


def idempotency(request: Request, body: object) -> Idempotency | None:
    """The caller's own name for this submission, from its Idempotency-Key; ``body`` is the parsed JSON."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not KEY.fullmatch(key):
        raise Fault("idempotency_key_invalid", "An Idempotency-Key is 1 to 255 visible ASCII characters.")
    return Idempotency(key=key, method=str(request.method), path=request.path, body_hash=body_hash(body))
