"""The forms of the Documents pages. What may stand in a field is decided by documents.fields."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from accounts.models import Team, User
from documents import fields
from documents.contents import Content
from documents.library import Changes, Draft
from documents.models import LONGEST_TITLE, LONGEST_URL, Document, Visibility


class AboutForm(forms.Form):
    title = forms.CharField(max_length=LONGEST_TITLE, required=False)
    source_url = forms.CharField(max_length=LONGEST_URL, required=False)
    visibility = forms.ChoiceField(choices=Visibility.choices, initial=Visibility.PRIVATE)
    team = forms.ModelChoiceField(Team.objects.none(), empty_label=None, required=False)

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team = self.fields["team"]
        assert isinstance(team, forms.ModelChoiceField)  # noqa: S101 - for the type checker
        team.queryset = Team.objects.paying_for(user).order_by("personal_of", "name")
        team.initial = user.personal_team_id


class NewForm(AboutForm):
    """A file, or else a text."""

    file = forms.FileField(required=False, allow_empty_file=True)
    text = forms.CharField(required=False, strip=False, widget=forms.Textarea)

    def draft(self) -> Draft:
        given = self.cleaned_data
        sent = given["file"]
        content = read(sent) if sent else fields.of_text(given["text"])
        names = ("title", "source_url", "visibility", "team")
        return Draft(content=content, **{name: given[name] for name in names})


class EditForm(AboutForm):
    """``text`` is there where people typed it."""

    text = forms.CharField(required=False, strip=False, widget=forms.Textarea)
    base = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    @classmethod
    def of(cls, user: User, document: Document, text: str | None) -> EditForm:
        names = ("title", "source_url", "visibility", "team")
        return cls(
            user, initial={**{name: getattr(document, name) for name in names}, "text": text, "base": document.version}
        )

    def changes(self, *, typed: bool) -> Changes:
        given = self.cleaned_data
        about = {name: given[name] for name in ("title", "source_url", "visibility")}
        if given["team"] is not None:
            about["team"] = given["team"]
        content = fields.of_text(given["text"]) if typed else None
        return Changes(fields=about, content=content, base=given["base"])


class UploadForm(forms.Form):
    file = forms.FileField(allow_empty_file=True)


def read(file: UploadedFile[bytes]) -> Content:
    """Refused by its size before it is read."""
    fields.check_size(file.size or 0, "/file")
    return fields.of_file(file.name or "", file.read())
