from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from requests_app.pages.markdown import render_citing

LINK = re.compile(r'<a class="mark" href="#source-(\d+)" aria-label="Source \1">')


def links(text: str, keys: set[int]) -> list[str]:
    return LINK.findall(render_citing(text, keys))


def test_mark_leads_to_its_source() -> None:
    html = render_citing("Ninety days [2].", {1, 2})
    assert html == '<p>Ninety days [<a class="mark" href="#source-2" aria-label="Source 2">2</a>].</p>\n'


@pytest.mark.parametrize("text", ["So [1][3].", "So [1, 3].", "So [1] and [3].", "**So [1]** [3]", "- So [1]\n- [3]"])
def test_several_marks_lead_to_several(text: str) -> None:
    assert links(text, {1, 3}) == ["1", "3"]


def test_mark_that_points_to_nothing_says_so() -> None:
    html = render_citing("Far [7].", {1})
    assert LINK.search(html) is None
    assert 'class="mark nothing" title="This number points to no passage."' in html
    assert '<span class="visually-hidden"> (This number points to no passage.)</span>' in html


@pytest.mark.parametrize("code", ["`row[1]`", "``a[1]``", "```\nrow[1]\n```", "~~~\nrow[1]\n~~~", "    row[1]\n"])
def test_code_stays_text(code: str) -> None:
    html = render_citing(code, {1})
    assert "[1]" in html
    assert "mark" not in html


@pytest.mark.parametrize(
    "text",
    [
        "So [1](https://evil.example/).",
        "So [1].\n\n[1]: https://evil.example/",
        "So [1][2].\n\n[2]: https://evil.example/",
        "[1]: https://evil.example/\n\nSo [1].",
        "So ![1](https://evil.example/a.png).",
    ],
)
def test_mark_cannot_be_made_another_s_link(text: str) -> None:
    for html in (render_citing(text, {1, 2}), render_citing(text)):
        assert 'href="http' not in html
        assert "<img" not in html


def test_links_keep_their_text() -> None:
    html = render_citing("See <https://example.org/[1]>.", {1})
    assert LINK.search(html) is None
    assert ">https://example.org/[1]</a>" in html


def test_no_link_is_around_a_mark() -> None:
    html = render_citing("See [page [1] of it](https://example.org/).", {1})
    assert "example.org/</a>" not in html
    assert 'href="http' not in html


def test_before_the_end_marks_are_text() -> None:
    assert render_citing("So [1].") == "<p>So [1].</p>\n"


@pytest.mark.parametrize("text", ["a < b & c [1] &amp; <b>x</b>", "<script>[1]</script>", '"[1]" \'&lt;'])
def test_what_was_escaped_stays_so(text: str) -> None:
    plain = render_citing(text)
    assert re.sub(r'<a class="mark".*?</a>', "1", render_citing(text, {1})) == plain


@given(text=st.text(alphabet="[]()12,`<>&;#\"'*_!:/ \nax", max_size=120))
def test_only_marks_are_added(text: str) -> None:
    html = render_citing(text, {1, 2})
    without = re.sub(r'<a class="mark" href="#source-\d" aria-label="Source \d">(\d)</a>', r"\1", html)
    without = re.sub(r'<span class="mark nothing" title="[^"]*">(\d+)<span.*?</span></span>', r"\1", without)
    plain = render_citing(text)
    assert re.sub(r"[ ]?,[ ]?", ",", without) == re.sub(r"[ ]?,[ ]?", ",", plain)
