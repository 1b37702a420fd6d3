"""Users, teams and tokens in the admin, and what every other admin of ours is made of."""

from accounts.admin.people import PersonAdmin
from accounts.admin.teams import MembershipAdmin, TeamAdmin
from accounts.admin.tokens import ApiTokenAdmin

__all__ = ["ApiTokenAdmin", "MembershipAdmin", "PersonAdmin", "TeamAdmin"]
