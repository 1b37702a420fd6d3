"""What becomes of files that mean no harm."""

from __future__ import annotations

from io import BytesIO

import docx
import pytest
from docx.oxml import parse_xml

from documents import fields, kinds
from documents.errors import ExtractionFailed
from documents.extraction.extract import extract
from documents.extraction.limits import Limits
from tests.integration.documents.hostile import WORD, small_pdf

LIMITS = Limits(pages=3, characters=1000, ratio=100, memory=512 * 1024 * 1024, seconds=10)


def text_of(data: bytes) -> str:
    return extract(data, fields.of_file("a", data).content_type, limits=LIMITS)


def page(inner: str) -> str:
    return text_of(f"<!doctype html><html><head><title>T</title></head><body>{inner}</body></html>".encode())


def saved(made: docx.document.Document) -> bytes:
    out = BytesIO()
    made.save(out)
    return out.getvalue()


def test_word_becomes_markdown() -> None:
    made = docx.Document()
    made.add_heading("Harbour", 1)
    made.add_heading("Cranes", 3)
    made.add_paragraph("They lift.")
    made.add_paragraph("red", style="List Bullet")
    table = made.add_table(2, 2)
    for cell, words in zip(table._cells, ["Name", "Load", "A|B", "9"], strict=True):
        cell.text = words
    assert text_of(saved(made)).split("\n\n") == [
        "# Harbour", "### Cranes", "They lift.", "- red", "| Name | Load |\n| --- | --- |\n| A\\|B | 9 |",
    ]  # fmt: skip


def test_word_keeps_what_was_inserted_and_drops_what_was_deleted() -> None:
    made = docx.Document()
    new = f"<w:ins {WORD}><w:r><w:t>new</w:t></w:r></w:ins>"
    old = f"<w:del {WORD}><w:r><w:delText>old</w:delText></w:r></w:del>"
    made.add_paragraph("is ")._p.extend([parse_xml(old), parse_xml(new)])
    control = f"<w:sdt {WORD}><w:sdtContent><w:p><w:r><w:t>filled in</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    made.element.body.insert(0, parse_xml(control))
    assert text_of(saved(made)) == "filled in\n\nis new"


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        ("<h2>A\n b</h2><p>x<br>y</p>", "## A b\n\nx\ny"),
        ("<script>evil()</script><style>p {}</style>fine", "fine"),
        ("<div hidden>no<div>no</div>no</div>yes", "yes"),
        ("<span style='display: none'>no</span>yes", "yes"),
        ("<ul><li>one<li>two</ul>", "- one\n\n- two"),
        ("<pre>a\n  b</pre>", "```\na\n  b\n```"),
        ("a &#0; &lt;b&gt; &#xD800;", "a \ufffd <b> \ufffd"),
        ("<table><tr><th>h<th>i<tr><td>1<td>2</table>", "h | i\n\n1 | 2"),
    ],
)
def test_page_becomes_what_its_reader_sees(inner: str, text: str) -> None:
    assert page(inner) == text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Grüße €".encode(), "Grüße €"),
        ("Grüße".encode("latin-1"), "Grüße"),
        ("\ufeffGrüße".encode(), "Grüße"),
        ("Grüße".encode("utf-16"), "Grüße"),
        ("Grüße ".encode() + b"\xff", "Grüße \ufffd"),
        ("a\ud800b".encode("utf-16", "surrogatepass"), "a\ufffdb"),
        (b"a\r\nb\rc", "a\nb\nc"),
        ("<html><meta charset=shift_jis>港".encode("shift_jis"), "港"),
    ],
)
def test_bytes_become_text_by_the_rule(data: bytes, text: str) -> None:
    assert text_of(data) == text


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"just words", kinds.TEXT),
        (b"# Title\n\nwords", kinds.MARKDOWN),
        (b"see [this](http://example.org)", kinds.MARKDOWN),
        (b"\n<!-- c --><!DOCTYPE HTML><p>", kinds.HTML),
        (b"a < b and <html>", kinds.TEXT),
        (small_pdf(), kinds.PDF),
    ],
)
def test_type_is_found_by_content(data: bytes, kind: str) -> None:
    assert kinds.content_type_of(data) == kind


def test_pages_are_counted_while_they_are_read() -> None:
    told: list[tuple[int, int]] = []
    extract(small_pdf(), kinds.PDF, limits=LIMITS, progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 1)]


def test_cap_is_named() -> None:
    with pytest.raises(ExtractionFailed, match="LINTEL_DOCUMENT_CHARACTERS"):
        text_of(b"x" * 1001)
