from __future__ import annotations

import jsonschema
from rest_framework.test import APIClient

from requests_app.models import AIRequest


def test_prompts_say_what_to_send(api: APIClient) -> None:
    prompts = {prompt["key"]: prompt for prompt in api.get("/api/v1/prompts").json()["results"]}
    assert {"ticket_classify", "document_summary"} <= set(prompts)
    for prompt in prompts.values():
        jsonschema.validate(prompt["example"], prompt["variables"])


def test_example_of_each_available_prompt_is_accepted(api: APIClient) -> None:
    for prompt in api.get("/api/v1/prompts").json()["results"]:
        body = {"prompt_key": prompt["key"], "payload": prompt["example"]}
        assert api.post("/api/v1/requests", body).status_code == (400 if prompt["unavailable"] else 202)
    assert AIRequest.objects.count() >= 6


def test_one_prompt_lists_its_versions(api: APIClient) -> None:
    prompt = api.get("/api/v1/prompts/ticket_classify").json()
    (live,) = [version for version in prompt["versions"] if version["live"]]
    assert (live["version"], live["hash"]) == (prompt["version"], prompt["hash"])


def test_unknown_prompt_is_not_found(api: APIClient) -> None:
    assert api.get("/api/v1/prompts/nothing").status_code == 404
    assert api.get("/api/v1/prompts/a%00b").status_code == 404
