"""What clients send and see. Fields are typed strictly: a number is not quietly read as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Team
from accounts.strict import StrictText, StrictUUID
from documents import contents, fields, reading
from documents.contents import Content
from documents.library import Changes, Draft
from documents.models import LONGEST_TITLE, LONGEST_URL, Document, DocumentVersion, Visibility

LINKS = {
    "type": "object",
    "description": "Where to go from here; what would be refused is absent.",
    "additionalProperties": {"type": "string"},
    "required": ["self"],
}


class Number(serializers.IntegerField):
    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool | float):
            self.fail("invalid")
        return super().to_internal_value(data)


class KnownFields(serializers.Serializer[Any]):
    """A misspelt field is refused: silently it would do nothing."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = set(data) - set(self.fields) if isinstance(data, Mapping) else set()
        if unknown:
            raise serializers.ValidationError({name: ["is not a field of a document"] for name in sorted(unknown)})
        return super().to_internal_value(data)

    def validate_team(self, team_id: UUID | None) -> Team | None:
        if team_id is None:
            return None
        team = Team.objects.paying_for(self.context["request"].user).filter(pk=team_id).first()
        if team is None:
            raise serializers.ValidationError("is none of your teams")
        return team


class About(KnownFields):
    """What is said of a document."""

    title = StrictText(max_length=LONGEST_TITLE, required=False)
    source_url = StrictText(max_length=LONGEST_URL, required=False, allow_blank=True)
    visibility = serializers.ChoiceField(choices=Visibility.choices, required=False)
    team = StrictUUID(required=False, allow_null=True, help_text="One of your teams; without one, your own.")


class DocumentText(About):
    title = StrictText(max_length=LONGEST_TITLE)
    text = StrictText(trim_whitespace=False, help_text="Markdown.")

    def draft(self) -> Draft:
        given = dict(self.validated_data)
        return Draft(content=fields.of_text(given.pop("text")), **given)


class DocumentUpload(About):
    """Multipart. Without a title the file's name is it."""

    file = serializers.FileField(allow_empty_file=True)

    def draft(self) -> Draft:
        given = dict(self.validated_data)
        return Draft(content=uploaded(given.pop("file")), **given)


class DocumentEdit(About):
    text = StrictText(trim_whitespace=False, required=False, help_text="Markdown; stored as a new version.")
    base_version = Number(min_value=1, required=False, help_text="What you changed; refused with 409 if it is old.")

    def changes(self) -> Changes:
        given = dict(self.validated_data)
        text, base = given.pop("text", None), given.pop("base_version", None)
        if given.get("team", True) is None:
            given["team"] = self.context["request"].user.personal_team
        return Changes(fields=given, content=None if text is None else fields.of_text(text), base=base)


class VersionUpload(KnownFields):
    file = serializers.FileField(allow_empty_file=True)
    base_version = Number(min_value=1, required=False, help_text="What you changed; refused with 409 if it is old.")

    def changes(self) -> Changes:
        given = self.validated_data
        return Changes(content=uploaded(given["file"]), base=given.get("base_version"))


class VersionSummary(serializers.Serializer[DocumentVersion]):
    number = serializers.IntegerField(read_only=True)
    kind = serializers.ChoiceField(choices=DocumentVersion.Kind.choices, read_only=True)
    filename = serializers.CharField(read_only=True)
    content_type = serializers.CharField(read_only=True)
    size = serializers.IntegerField(read_only=True)
    sha256 = serializers.CharField(read_only=True)
    restored_from = serializers.IntegerField(read_only=True, allow_null=True)
    created = serializers.DateTimeField(read_only=True)
    links = serializers.SerializerMethodField()

    @extend_schema_field(LINKS)
    def get_links(self, version: DocumentVersion) -> dict[str, str]:
        place = {"pk": version.document_id, "number": version.number}
        names = {"self": "api-document-version", "content": "api-document-content"}
        return {name: reverse(route, kwargs=place) for name, route in names.items()}


class VersionDetail(VersionSummary):
    text = serializers.SerializerMethodField(help_text="As it was extracted; null as long as it was not.")

    @extend_schema_field({"type": ["string", "null"]})
    def get_text(self, version: DocumentVersion) -> str | None:
        return reading.known(version)


class DocumentDetail(serializers.Serializer[Document]):
    """A document with its current version."""

    id = serializers.UUIDField(read_only=True)
    title = serializers.CharField(read_only=True)
    source_url = serializers.CharField(read_only=True)
    visibility = serializers.ChoiceField(choices=Visibility.choices, read_only=True)
    owner = serializers.CharField(source="owner.username", read_only=True)
    mine = serializers.SerializerMethodField(help_text="Whether you may change it.")
    team = serializers.UUIDField(source="team_id", read_only=True)
    created = serializers.DateTimeField(read_only=True)
    updated = serializers.DateTimeField(read_only=True)
    version = serializers.SerializerMethodField()
    links = serializers.SerializerMethodField()

    def get_mine(self, document: Document) -> bool:
        return bool(document.owner_id == self.context["user"].pk)

    @extend_schema_field(VersionSummary)
    def get_version(self, document: Document) -> dict[str, Any]:
        return dict(VersionSummary(self.context["versions"][document.pk]).data)

    @extend_schema_field(LINKS)
    def get_links(self, document: Document) -> dict[str, str]:
        names = {"self": "api-document", "versions": "api-document-versions"}
        return {name: reverse(route, args=[document.pk]) for name, route in names.items()}


class DocumentPage(serializers.Serializer[Any]):
    results = DocumentDetail(many=True, read_only=True)
    next = serializers.CharField(read_only=True, allow_null=True, help_text="Where the next page is; null at the end.")


class VersionPage(serializers.Serializer[Any]):
    results = VersionSummary(many=True, read_only=True)
    next = serializers.CharField(read_only=True, allow_null=True, help_text="Where the next page is; null at the end.")


def shown(user: Any, *documents: Document) -> list[dict[str, Any]]:
    """With the versions of all of them in one query."""
    context = {"user": user, "versions": contents.current_of(documents)}
    return [dict(DocumentDetail(document, context=context).data) for document in documents]


def uploaded(file: Any) -> Content:
    """Refused by its size before it is read."""
    fields.check_size(file.size, "/file")
    return fields.of_file(file.name or "", file.read())
