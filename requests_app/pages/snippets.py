"""What a page shows, as a program would ask for it: a shell command and a Python script without dependencies."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pprint import pformat
from typing import Any

from ai.types import JSON
from requests_app.models import AIRequest

CURL = """\
auth="Authorization: Bearer $LINTEL_TOKEN"
there=$(curl -sS -o /dev/null -w '%header{{location}}' {host}/api/v1/requests \\
  -H "$auth" -H 'Content-Type: application/json' -d @- <<'END'
{body}
END
)
curl -sSN -H "$auth" "{host}$there/events"
"""

CALL = """\
import json
import os
import time
import urllib.request


def call(path, body=None):
    headers = {{"Authorization": "Bearer " + os.environ["LINTEL_TOKEN"], "Content-Type": "application/json"}}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request("{host}" + path, data, headers)) as response:
        return json.load(response)


"""

PYTHON = (
    CALL
    + """\
request = call("/api/v1/requests", {body})
while request["status"] in ("pending", "processing"):
    time.sleep(1)
    request = call(request["links"]["self"])
print(request["result"] or request["error"])
"""
)

SEARCH_CURL = """\
auth="Authorization: Bearer $LINTEL_TOKEN"
there=$(curl -sS -o /dev/null -w '%header{{location}}' {host}/api/v1/searches \\
  -H "$auth" -H 'Content-Type: application/json' -d @- <<'END'
{body}
END
)
curl -sSN -o /dev/null -H "$auth" "{host}/api/v1/requests/${{there##*/}}/events"  # until it has ended
curl -sS -H "$auth" "{host}$there"
"""

SEARCH_PYTHON = (
    CALL
    + """\
search = call("/api/v1/searches", {body})
while search["status"] in ("pending", "processing"):
    time.sleep(0.5)
    search = call(search["links"]["self"])
if search["error"]:
    print(search["error"])
for passage in search["passages"]:
    print(passage["rank"], round(passage["score"], 2), passage["title"], passage["text"], sep="\\n", end="\\n\\n")
"""
)

LIST_CURL = """\
curl -sS -H "Authorization: Bearer $LINTEL_TOKEN" '{host}/api/v1/requests{query}'
"""

LIST_PYTHON = """\
import json
import os
import urllib.request

url = "{host}/api/v1/requests{query}"
while url:
    call = urllib.request.Request(url, headers={{"Authorization": "Bearer " + os.environ["LINTEL_TOKEN"]}})
    with urllib.request.urlopen(call) as response:
        page = json.load(response)
    for request in page["results"]:
        print(request["id"], request["status"], request["cost_usd"])
    url = page["next"] and "{host}" + page["next"]
"""

USAGE_CURL = """\
curl -sS -H "Authorization: Bearer $LINTEL_TOKEN" '{host}/api/v1/usage?{query}'
"""

USAGE_PYTHON = """\
import json
import os
import urllib.request

url = "{host}/api/v1/usage?{query}"
call = urllib.request.Request(url, headers={{"Authorization": "Bearer " + os.environ["LINTEL_TOKEN"]}})
with urllib.request.urlopen(call) as response:
    usage = json.load(response)
for row in usage["results"]:
    print(row)
print("total", usage["total"]["cost_usd"])
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    id: str
    label: str
    code: str


def snippets_of(request: AIRequest, *, host: str) -> list[Snippet]:
    body: dict[str, Any] = {"prompt_key": request.prompt_key, "payload": request.payload}
    as_json = json.dumps(body, indent=2, ensure_ascii=False)
    as_python = pformat(body, width=100, sort_dicts=False)
    return [
        Snippet(id="snippet-curl", label="curl", code=CURL.format(host=host, body=as_json)),
        Snippet(id="snippet-python", label="Python", code=PYTHON.format(host=host, body=as_python)),
    ]


def search_snippets(body: JSON, *, host: str) -> list[Snippet]:
    as_json = json.dumps(body, indent=2, ensure_ascii=False)
    as_python = pformat(body, width=100, sort_dicts=False)
    return [
        Snippet(id="snippet-curl", label="curl", code=SEARCH_CURL.format(host=host, body=as_json)),
        Snippet(id="snippet-python", label="Python", code=SEARCH_PYTHON.format(host=host, body=as_python)),
    ]


def list_snippets(query: str, *, host: str) -> list[Snippet]:
    """The list under the same filters; an encoded query holds neither quotes nor backslashes."""
    where = {"host": host, "query": f"?{query}" if query else ""}
    return [
        Snippet(id="snippet-curl", label="curl", code=LIST_CURL.format(**where)),
        Snippet(id="snippet-python", label="Python", code=LIST_PYTHON.format(**where)),
    ]


def usage_snippets(query: str, *, host: str) -> list[Snippet]:
    where = {"host": host, "query": query}
    return [
        Snippet(id="snippet-curl", label="curl", code=USAGE_CURL.format(**where)),
        Snippet(id="snippet-python", label="Python", code=USAGE_PYTHON.format(**where)),
    ]
