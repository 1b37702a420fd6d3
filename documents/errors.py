"""What can go wrong with a document. ``pointer`` names the field that is to blame; texts are for whoever sent it.

DocumentError
├── NoSuchDocument          there is none, or it is hidden from whoever asks
├── NotTheOwner             it can be read, and is somebody else's to change
├── FieldInvalid            a field that cannot be stored as it is
├── UnknownType             a file of a kind that is not read here
├── TooLarge                over a cap; the sentence names the setting
├── VersionConflict         somebody has stored another version meanwhile
├── TooManyDocuments        too many versions within a minute
├── BodyUnmeasured          its length is not declared
├── KeyInvalid, KeyReused   an Idempotency-Key that cannot be used, or was, with another body
└── KeyBusy                 its twin is being stored right now
ExtractionFailed            a file whose text cannot be had; see documents.extraction
"""

from __future__ import annotations

from typing import ClassVar


class DocumentError(Exception):
    code: ClassVar[str]
    wait_s: ClassVar[int | None] = None
    """After how many seconds it is worth trying again, where that helps at all."""

    def __init__(self, detail: str = "", *, pointer: str = "") -> None:
        self.pointer = pointer
        super().__init__(detail)


class NoSuchDocument(DocumentError):
    code = "not_found"


class NotTheOwner(DocumentError):
    code = "permission_denied"


class FieldInvalid(DocumentError):
    code = "invalid"


class UnknownType(DocumentError):
    code = "unsupported_media_type"


class TooLarge(DocumentError):
    code = "too_large"


class VersionConflict(DocumentError):
    code = "version_conflict"


class TooManyDocuments(DocumentError):
    code = "too_many_requests"
    wait_s = 60


class BodyUnmeasured(DocumentError):
    code = "length_required"


class KeyInvalid(DocumentError):
    code = "idempotency_key_invalid"


class KeyReused(DocumentError):
    code = "idempotency_key_reused"


class KeyBusy(DocumentError):
    code = "idempotency_key_busy"
    wait_s = 2


class ExtractionFailed(Exception):
    """The sentence is for the file's owner. Trying again without another setting helps where ``retryable`` says so."""

    def __init__(self, code: str, sentence: str, *, retryable: bool = False) -> None:
        self.code, self.sentence, self.retryable = code, sentence, retryable
        super().__init__(sentence)
