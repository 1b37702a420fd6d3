"""Teams and their members. What may be done is decided in accounts.teams, under the team's lock."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import teams as changes
from accounts.forms import MemberForm, RoleForm, TeamForm
from accounts.models import Membership
from accounts.page_request import PageRequest
from accounts.teams import NobodyToAdd, NotAMember, NotAnOwner, TeamRefused

P = ParamSpec("P")


def changing(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """A change of one team: posted, refused in a sentence. Whoever comes by link is led to the team's page."""

    @never_cache
    @login_required
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        http, pk = cast("PageRequest", args[0]), kwargs["pk"]
        if http.method != "POST":
            return redirect("team", pk)
        try:
            return view(*args, **kwargs)
        except NotAMember:
            raise Http404 from None
        except NotAnOwner as refusal:
            raise PermissionDenied(str(refusal)) from None
        except TeamRefused as refusal:
            messages.error(http, str(refusal))
            return redirect("team", pk)

    return guarded


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def teams(http: PageRequest) -> HttpResponse:
    form = TeamForm(http.POST or None)
    if http.method == "POST" and form.is_valid():
        return redirect("team", changes.create(http.user, name=form.cleaned_data["name"]).pk)
    mine = http.user.memberships.select_related("team").annotate(people=Count("team__memberships"))
    context = {"form": form, "memberships": mine.order_by("team__personal_of", "team__name", "team")}
    return render(http, "accounts/teams.html", context, status=400 if form.errors else 200)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD"])
def team(http: PageRequest, pk: UUID) -> HttpResponse:
    return _page(http, pk)


@changing
def rename(http: PageRequest, pk: UUID) -> HttpResponse:
    form = TeamForm(http.POST)
    if not form.is_valid():
        return _page(http, pk, name_form=form)
    changes.rename(http.user, pk, name=form.cleaned_data["name"])
    messages.success(http, _("The team is renamed."))
    return redirect("team", pk)


@changing
def add_member(http: PageRequest, pk: UUID) -> HttpResponse:
    form = MemberForm(http.POST)
    if not form.is_valid():
        return _page(http, pk, member_form=form)
    try:
        added = changes.add(http.user, pk, **form.cleaned_data)
    except NobodyToAdd as refusal:
        form.add_error("username", str(refusal))
        return _page(http, pk, member_form=form)
    messages.success(http, _("%(name)s is now in this team.") % {"name": added.user})
    return redirect("team", pk)


@changing
def set_role(http: PageRequest, pk: UUID, user_id: UUID) -> HttpResponse:
    form = RoleForm(http.POST)
    if not form.is_valid():
        raise TeamRefused(_("There is no such role."))
    changed = changes.set_role(http.user, pk, user_id, role=form.cleaned_data["role"])
    messages.success(http, _("%(name)s is now %(role)s.") % {"name": changed.user, "role": changed.get_role_display()})
    return redirect("team", pk)


@changing
def remove_member(http: PageRequest, pk: UUID, user_id: UUID) -> HttpResponse:
    removed = changes.remove(http.user, pk, user_id)
    messages.success(http, _("%(name)s is no longer in this team.") % {"name": removed.user})
    return redirect("team", pk)


@changing
def leave(http: PageRequest, pk: UUID) -> HttpResponse:
    changes.leave(http.user, pk)
    messages.success(http, _("You have left the team."))
    return redirect("teams")


def _page(http: PageRequest, pk: UUID, **forms: Any) -> HttpResponse:
    """``forms`` are those that were refused: they keep what was typed."""
    mine = get_object_or_404(Membership.objects.select_related("team"), team=pk, user=http.user)
    members = mine.team.memberships.select_related("user").order_by("-role", "user__username")
    context = {
        "team": mine.team,
        "mine": mine,
        "may_change": mine.role == Membership.Role.OWNER and not mine.team.personal,
        "members": members,
        "name_form": TeamForm(instance=mine.team),
        "member_form": MemberForm(),
        **forms,
    }
    return render(http, "accounts/team.html", context, status=400 if forms else 200)
