"""Markdown of models as safe HTML. Model output is untrusted: no raw HTML, no images, no relative links."""

from __future__ import annotations

import re
from collections.abc import Collection, MutableMapping, Sequence
from typing import Any

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from ai.rag.citing import MARK
from requests_app.pages.marks import linked

# A line as CommonMark sees it: str.splitlines() would also break at form feeds and U+2028.
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
# What cannot go on growing once an empty line follows it.
ENDED_BY_BLANK_LINE = {"paragraph_open", "heading_open", "hr"}

_sanitise = nh3.Cleaner(
    tags=TAGS,
    attributes={"a": {"href", "title"}, "ol": {"start"}},
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel="noopener nofollow ugc",
)


def _lower_headings(state: StateCore) -> None:
    """The page has its own h1 and h2."""
    for token in state.tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, int(token.tag[1]) + 2)}"


def _alt_text(_: RendererHTML, tokens: Sequence[Token], index: int, *_rest: Any) -> str:
    """An image's words without its address: a fetched picture would carry the text in its URL out of the page."""
    return escape(tokens[index].content)


def _mark(state: StateInline, silent: bool) -> bool:
    """A number that cites is no link, whatever brackets follow it."""
    found = MARK.match(state.src, state.pos)
    if found is None:
        return False
    if not silent:
        state.pending += found[0]
    state.pos = found.end()
    return True


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.core.ruler.push("lower_headings", _lower_headings)
    parser.add_render_rule("image", _alt_text)
    return parser


def _citing_parser() -> MarkdownIt:
    """Of answers from documents: a line ``[1]: https://...`` would make a link of every mark."""
    parser = _parser().disable("reference")
    parser.inline.ruler.before("link", "mark", _mark)
    return parser


_markdown = _parser()
_citing = _citing_parser()


def render(text: str) -> SafeString:
    return SafeString(_sanitise.clean(_markdown.render(text)))


def render_citing(text: str, keys: Collection[int] | None = None) -> SafeString:
    """An answer from documents. ``keys`` are the numbers of its sources; None while they are not told."""
    html = _sanitise.clean(_citing.render(text))
    return SafeString(html) if keys is None else linked(html, keys)


def split_finished(text: str) -> tuple[str, str]:
    """The blocks that later text cannot change, and the rest."""
    env: MutableMapping[str, Any] = {}
    blocks = [token for token in _markdown.parse(text, env) if token.level == 0 and token.nesting >= 0 and token.map]
    if not blocks:
        return "", text
    lines = LINE.findall(text)
    first, end = blocks[-1].map or (0, 0)
    blank_follows = any(line.isspace() and line[-1] in "\r\n" for line in lines[end:])
    if blank_follows and blocks[-1].type in ENDED_BY_BLANK_LINE:
        return text, ""
    finished = "".join(lines[:first])
    return finished, text[len(finished) :]
