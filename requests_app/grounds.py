"""What a delivered answer rests on, as far as its asker may see it now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from ai.rag.context import Block
from requests_app import sources
from requests_app.models import AIRequest, Citation, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A number that the answer may cite. Without a ``block`` its passages are of a document that is hidden now."""

    key: int
    block: Block | None


@dataclass(frozen=True, kw_only=True)
class Grounds:
    """``nothing``: no passage was found for its question, and no model asked."""

    nothing: bool = False
    sources: tuple[Source, ...] = ()
    citations: tuple[Citation, ...] = ()

    @cached_property
    def keys(self) -> frozenset[int]:
        return frozenset(source.key for source in self.sources)

    @cached_property
    def hidden(self) -> frozenset[int]:
        """Passages under one number are of one document: all of them are seen, or none."""
        return frozenset(source.key for source in self.sources if source.block is None)

    @cached_property
    def cited(self) -> frozenset[int]:
        return frozenset(each.key for each in self.citations if each.source_id is not None)

    @property
    def unsupported(self) -> list[Citation]:
        """Those that point to nothing."""
        return [each for each in self.citations if each.source_id is None]


def grounds_of(request: AIRequest) -> Grounds:
    """Nothing of an answer that has not been delivered."""
    if request.status != Status.DONE or not sources.retrieves(request):
        return Grounds()
    return _grounds(request, Citation.objects.filter(request=request).order_by("position"))


def grounds_under_review(request: AIRequest, answer: str) -> Grounds:
    """Of a model's answer that is to be judged, also before anybody else may read it: what its asker sees of them."""
    return _grounds(request, sources.citations_in(request, answer)) if sources.retrieves(request) else Grounds()


def _grounds(request: AIRequest, citations: Iterable[Citation]) -> Grounds:
    kept = sources.keys(request)
    seen = {block.key: block for block in sources.given(request)} if kept else {}
    return Grounds(
        nothing=not kept and not request.model,
        sources=tuple(Source(key=key, block=seen.get(key)) for key in sorted(kept)),
        citations=tuple(citations),
    )
