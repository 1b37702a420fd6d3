"""Edits of the catalogue by people: they hold, they are refused where they are wrong, and they are taken back."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from ai.models import CatalogueVersion, LLMModel, LLMProvider, ModelRoute
from ai.routing import current
from ai.routing.publish import publish

ROUTES, PROVIDERS, VERSIONS = "/admin/ai/modelroute/", "/admin/ai/llmprovider/", "/admin/ai/catalogueversion/"


@pytest.fixture
def default(db: None) -> ModelRoute:
    return ModelRoute.objects.get(action="default", quality_level=None, priority=None)


def edit(admin: Client, row: ModelRoute, tiers: str) -> Any:
    return admin.post(f"{ROUTES}{row.pk}/change/", {"tiers": tiers, "size": "middle", "enabled": "on"})


def test_an_edit_holds_and_says_who(admin: Client, default: ModelRoute) -> None:
    assert edit(admin, default, '[{"gpt-6-luna": 3, "claude-haiku-5-5": 1}]').status_code == 302
    route = current().route([], level=None, priority=None)
    assert route is not None
    assert route.tiers == ({"gpt-6-luna": 3, "claude-haiku-5-5": 1},)
    version = CatalogueVersion.objects.latest("number")
    assert version.by == "boss"
    page = admin.get(f"{VERSIONS}{version.pk}/change/").content.decode()
    assert "route default, tiers:" in page


def test_a_new_route_has_its_own_scope(admin: Client) -> None:
    form = {"action": "greet", "quality_level": "2", "priority": "", "tiers": '[{"gpt-6-luna": 1}]', "enabled": "on"}
    assert admin.post(f"{ROUTES}add/", form).status_code == 302
    assert ("greet", 2, None) in current().routes
    assert "There is a route of this action" in admin.post(f"{ROUTES}add/", form).content.decode()


@pytest.mark.parametrize("tiers", ["[]", "no json", '[{"no-such-model": 1}]', "[1]"])
def test_wrong_tiers_are_refused(admin: Client, default: ModelRoute, tiers: str) -> None:
    before = current().version
    assert edit(admin, default, tiers).status_code == 200
    assert current().version == before


def test_no_key_and_no_strange_address_is_taken(admin: Client) -> None:
    form = {"name": "evil", "kind": "openai", "enabled": "on"}
    for wrong in ({"api_key_setting": "SECRET_KEY"}, {"base_url": "https://evil.example/v1"}):
        assert admin.post(f"{PROVIDERS}add/", {**form, **wrong}).status_code == 200
    assert not LLMProvider.objects.filter(name="evil").exists()


def revert(admin: Client, *numbers: int | None) -> Any:
    form = {"action": "revert", "index": "0", "_selected_action": list(numbers), "confirmed": "yes"}
    return admin.post(VERSIONS, form)


def test_the_catalogue_goes_back_to_an_earlier_version(admin: Client, default: ModelRoute) -> None:
    before = current()
    ModelRoute.objects.create(action="greet", tiers=[{"gpt-6-luna": 1}])
    LLMModel.objects.create(name="new", provider_id="openai", context_window=9, max_output_tokens=9)
    edit(admin, default, '[{"new": 1}]')
    assert revert(admin, before.version).status_code == 302
    after = current()
    assert (after.routes, after.models, after.providers) == (before.routes, before.models, before.providers)
    assert CatalogueVersion.objects.latest("number").by == "boss"
    assert [str(change) for change in publish()] == ["changed route default (any)"]  # its mark alone
    assert current().routes == before.routes


def test_what_was_put_back_is_an_edit(admin: Client, default: ModelRoute) -> None:
    tiers = default.tiers
    edit(admin, default, '[{"gpt-6-luna": 1}]')
    edited = current()
    ModelRoute.objects.filter(pk=default.pk).update(tiers=tiers)
    publish()
    revert(admin, edited.version)
    assert [str(change) for change in publish()] == ["kept route default (any)"]
    assert current().routes == edited.routes


def test_one_version_is_chosen(admin: Client) -> None:
    numbers = list(CatalogueVersion.objects.values_list("number", flat=True)[:2])
    before = current().version
    revert(admin, *numbers)
    assert current().version == before


def test_who_may_not_change_the_rows_may_not_put_them_back(client: Client, alice: User, default: ModelRoute) -> None:
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    client.force_login(alice)
    before = current().version
    revert(client, before)
    assert current().version == before
