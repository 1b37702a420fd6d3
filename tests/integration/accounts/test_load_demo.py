from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts.models import ApiToken, Membership, Team, User
from ai.prompts.registry import get_prompt, validate
from ai.rag.evaluation.labels import HANDBOOK, documents_beside
from config.demo_people import PEOPLE
from config.management.commands.load_demo import FILES, write_handbook
from documents import fields, library
from documents.keys import Key
from documents.models import Document
from requests_app.intake import Submission, accept, retry
from requests_app.models import AIRequest, TokenBudget


def load(*arguments: str) -> str:
    out = StringIO()
    call_command("load_demo", *(arguments or ["--people"]), stdout=out)
    return out.getvalue()


@pytest.mark.django_db
class TestLoadDemo:
    def test_everybody_may_log_in_by_name(self) -> None:
        load()
        assert all(User.objects.get(username=name).check_password(name) for name in PEOPLE)
        assert [user.username for user in User.objects.filter(is_superuser=True)] == ["admin"]

    def test_two_shared_teams_stand_beside_the_personal_ones(self) -> None:
        load()
        assert Team.objects.filter(personal_of=None).count() == 2
        assert Team.objects.exclude(personal_of=None).count() == len(PEOPLE)

    def test_second_time_changes_nothing(self) -> None:
        first = load()
        before = [kind.objects.count() for kind in (User, Team, Membership)]
        User.objects.get(username="demo").set_password("my own")
        assert load() == first
        assert [kind.objects.count() for kind in (User, Team, Membership)] == before

    def test_everybody_may_ask_the_handbook(self) -> None:
        load()
        demo, alice = (User.objects.get(username=name) for name in ("demo", "alice"))
        assert write_handbook(demo) == len(documents_beside(HANDBOOK))
        assert Document.objects.visible_to(alice).filter(title="Annual leave").count() == 1

    def test_no_more_is_written_than_the_settings_let(self, settings: Settings) -> None:
        load()
        settings.LINTEL_DOCUMENTS_PER_MINUTE = 3
        assert write_handbook(User.objects.get(username="demo")) == 3

    def test_changed_password_is_kept(self) -> None:
        load()
        demo = User.objects.get(username="demo")
        demo.set_password("my own")
        demo.save()
        load()
        assert User.objects.get(username="demo").check_password("my own")

    def test_clear_removes_all_but_strangers(self, settings: Settings) -> None:
        settings.LINTEL_EMBEDDED_MODEL_URL = "http://127.0.0.1:9/v1"
        stranger = User.objects.create_user("carol")
        load()
        demo = User.objects.get(username="demo")
        ApiToken.objects.create(demo, name="test")
        retry(accept(demo, Submission(prompt_key="ticket_classify", payload={"ticket": "x"})).request)
        key = Key(key="k", method="POST", path="/", body_hash="h")
        library.create(demo, library.Draft(content=fields.of_text("mine"), title="mine"), key)
        TokenBudget.objects.create(team=Team.objects.get(name="Support"), limit=1)
        load("--clear")
        assert list(User.objects.all()) == [stranger]
        assert not TokenBudget.objects.exists()
        assert not TokenBudget.history.exists()
        assert list(Team.objects.all()) == [stranger.personal_team]
        assert not AIRequest.objects.exists()
        assert not Document.objects.exists()

    def test_clear_of_nothing_is_no_error(self) -> None:
        assert "0 users" in load("--clear")

    def test_refused_outside_local_settings(self, settings: Settings) -> None:
        settings.LINTEL_DEMO = False
        with pytest.raises(CommandError, match="local settings"):
            load()
        assert not User.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "prompt", "variable", "count"),
    [
        ("tickets", "ticket_classify", "ticket", 10),
        ("texts", "document_summary", "document", 5),
    ],
)
def test_files_are_valid_input(kind: str, prompt: str, variable: str, count: int) -> None:
    files = sorted((FILES / kind).glob("*.txt"))
    assert len(files) == count
    for file in files:
        validate(get_prompt(prompt), {variable: file.read_text()})
