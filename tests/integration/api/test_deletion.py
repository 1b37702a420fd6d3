"""Deleting over HTTP."""

from __future__ import annotations

from rest_framework.test import APIClient

from accounts.models import User
from tests.integration.api.conftest import TICKET

URL = "/api/v1/requests"


def test_deleted_request_is_not_found_on_any_path(api: APIClient) -> None:
    here = api.post(URL, TICKET, format="json").json()["links"]["self"]
    assert api.delete(here).status_code == 204
    assert api.get(URL).json()["results"] == []
    paths = ("", "/cancel", "/retry")
    assert [api.get(here).status_code, *(api.post(f"{here}{path}").status_code for path in paths[1:])] == [404] * 3
    assert api.delete(here).status_code == 404


def test_restored_request_is_there_again(api: APIClient) -> None:
    here = api.post(URL, TICKET, format="json").json()["links"]["self"]
    api.delete(here)
    answer = api.post(f"{here}/restore")
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert api.get(here).status_code == 200
    assert api.post(f"{here}/restore").status_code == 404


def test_stranger_neither_deletes_nor_restores(api: APIClient, mallory: User) -> None:
    here = api.post(URL, TICKET, format="json").json()["links"]["self"]
    stranger = APIClient()
    stranger.force_authenticate(mallory)
    assert stranger.delete(here).status_code == 404
    api.delete(here)
    assert stranger.post(f"{here}/restore").status_code == 404
