"""Numbers in square brackets of an answer as links to its sources, put into HTML that has been sanitised.

Nothing but numbers of our own goes into it. Code and the text of links are left alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from html.parser import HTMLParser

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ai.rag.citing import MARK

LEFT_ALONE = {"a", "code", "pre"}
TO_SOURCE = '<a class="mark" href="#source-{}" aria-label="{}">{}</a>'
TO_NOTHING = '<span class="mark nothing" title="{}">{}<span class="visually-hidden"> ({})</span></span>'


def linked(html: str, keys: Collection[int]) -> SafeString:
    """``keys`` are the numbers that there are; any other points to nothing, and says so."""
    writer = _Writer(keys)
    writer.feed(html)
    writer.close()
    return SafeString("".join(writer.written))


class _Writer(HTMLParser):
    """Writes what it reads as it stands, but for marks in running text."""

    def __init__(self, keys: Collection[int]) -> None:
        super().__init__(convert_charrefs=False)
        self._keys = keys
        self._within: list[str] = []
        self.written: list[str] = []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.written.append(self.get_starttag_text() or "")
        if tag in LEFT_ALONE:
            self._within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.written.append(f"</{tag}>")
        if tag in self._within:
            self._within.remove(tag)

    def handle_data(self, data: str) -> None:
        self.written.append(data if self._within else self._marked(data))

    def handle_entityref(self, name: str) -> None:
        self.written.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.written.append(f"&#{name};")

    def _marked(self, data: str) -> str:
        """Text that was escaped stays so: what stands between marks is copied."""
        return MARK.sub(lambda mark: f"[{self._numbers(mark[1])}]", data)

    def _numbers(self, numbers: str) -> SafeString:
        return format_html_join(", ", "{}", ((self._number(int(number)),) for number in numbers.split(",")))

    def _number(self, number: int) -> SafeString:
        if number in self._keys:
            return format_html(TO_SOURCE, number, _("Source %(number)d") % {"number": number}, number)
        told = _("This number points to no passage.")
        return format_html(TO_NOTHING, told, number, told)
