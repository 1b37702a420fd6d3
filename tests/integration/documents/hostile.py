"""Files that mean harm, made while the tests run: none of them is kept anywhere."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import docx
from pypdf import PdfWriter

TYPES = """<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml"
ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"""
RELATIONS = """<?xml version="1.0"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1"
Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>
</Relationships>"""
WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
SPACES = b" " * (1024 * 1024)


def harmless(text: str = "A quiet sentence.") -> bytes:
    made = docx.Document()
    made.add_paragraph(text)
    out = BytesIO()
    made.save(out)
    return out.getvalue()


def archive(parts: dict[str, bytes]) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as zipped:
        for name, data in parts.items():
            zipped.writestr(name, data)
    return out.getvalue()


def word(document: bytes, **more: bytes) -> bytes:
    """A Word document with this as its body's part."""
    parts = {"[Content_Types].xml": TYPES.encode(), "_rels/.rels": RELATIONS.encode(), "word/document.xml": document}
    return archive({**parts, **more})


def body(inner: str, before: str = "") -> bytes:
    return f'<?xml version="1.0"?>{before}<w:document {WORD}><w:body>{inner}</w:body></w:document>'.encode()


def forty_two() -> bytes:
    """Archives of archives of archives, each of which packs well."""
    data = SPACES * 4
    for _level in range(3):
        data = archive({f"{number}.zip": data for number in range(16)})
    return data


def nested_in_a_document() -> bytes:
    return word(body("<w:p><w:r><w:t>Quiet</w:t></w:r></w:p>"), **{"word/embeddings/all.zip": forty_two()})


def unpacks_to_much() -> bytes:
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as zipped, zipped.open("word/document.xml", "w") as part:
        for _megabyte in range(300):
            part.write(SPACES)
    return out.getvalue()


def billion_laughs() -> bytes:
    lines = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    return word(body("<w:p><w:r><w:t>&l9;</w:t></w:r></w:p>", f'<!DOCTYPE w [<!ENTITY l0 "lol">{lines}]>'))


def reads_a_file_of_ours() -> bytes:
    before = '<!DOCTYPE w [<!ENTITY passwords SYSTEM "file:///etc/passwd">]>'
    return word(body("<w:p><w:r><w:t>&passwords;</w:t></w:r></w:p>", before))


def deeply_nested_word() -> bytes:
    return word(body("<w:p>" * 100_000 + "</w:p>" * 100_000))


def many_parts() -> bytes:
    return word(body(""), **{f"word/{number}.bin": b"" for number in range(20_000)})


def lying_headers(size: int) -> bytes:
    """The sizes of the directory at the archive's end, which readers believe, are another."""
    data = bytearray(word(body("<w:p><w:r><w:t>Quiet</w:t></w:r></w:p>")))
    at = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, at + 24, size)
    return bytes(data)


def overlapping_parts() -> bytes:
    """Every entry of the directory points to the same packed megabytes."""
    packed = zlib.compress(SPACES * 64, 9)[2:-4]
    crc, size = zlib.crc32(SPACES * 64), len(SPACES) * 64
    name = b"word/document.xml"
    fixed = struct.pack("<5H3I2H", 20, 0, 8, 0, 0, crc, len(packed), size, len(name), 0)
    entry = b"PK\x01\x02" + struct.pack("<H", 20) + fixed + struct.pack("<3HII", 0, 0, 0, 0, 0) + name
    data, count = b"PK\x03\x04" + fixed + name + packed, 1000
    end = b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, count, count, len(entry) * count, len(data), 0)
    return data + entry * count + end


def locked_archive() -> bytes:
    data = bytearray(harmless())
    at = -1
    while (at := data.find(b"PK\x01\x02", at + 1)) != -1:
        data[at + 8] |= 1
    return bytes(data)


def pdf_of(objects: list[str], root: int = 1) -> bytes:
    """By hand: what a library would refuse to write."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n".encode("latin-1")
    start = len(out)
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}".encode()
    out += f"trailer\n<< /Size {len(objects) + 1} /Root {root} 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


def many_pages(*, says: int) -> bytes:
    kids = "".join(f"{number} 0 R " for number in range(3, 100_003))
    pages = [f"<< /Type /Pages /Count {says} /Kids [{kids}] >>"]
    return pdf_of(["<< /Type /Catalog /Pages 2 0 R >>", *pages, *["<< /Type /Page /Parent 2 0 R >>"] * 100_000])


def pages_in_a_circle() -> bytes:
    return pdf_of(["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 9 /Kids [2 0 R 2 0 R] >>"])


def packed_page() -> bytes:
    """A page's drawing that unpacks to half a gigabyte, packed twice."""
    once = zlib.compressobj(9)
    packed = b"".join(once.compress(SPACES) for _ in range(512)) + once.flush()
    stream = zlib.compress(packed, 9).decode("latin-1")
    return pdf_of([
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /MediaBox [0 0 9 9] >>",
        f"<< /Length {len(stream)} /Filter [/FlateDecode /FlateDecode] >>\nstream\n{stream}\nendstream",
    ])  # fmt: skip


def small_pdf(text: str = "Quiet") -> bytes:
    drawing = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET"
    return pdf_of([
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 5 0 R >> >>"
        " >>",
        f"<< /Length {len(drawing)} >>\nstream\n{drawing}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ])  # fmt: skip


def locked_pdf() -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(9, 9)
    writer.encrypt("secret", algorithm="RC4-128")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


# What it is: its name, how it is made, and the codes with which it may end. None: it is text, and harmless.
FILES: dict[str, tuple[str, Callable[[], bytes], set[str | None]]] = {
    "nothing": ("empty.txt", bytes, {"invalid"}),
    "archives of archives": ("42.docx", forty_two, {"unsupported_media_type"}),
    "archives within a document": ("a.docx", nested_in_a_document, {None, "too_large_unpacked"}),
    "unpacks to much": ("a.docx", unpacks_to_much, {"too_large_unpacked"}),
    "overlapping parts": ("a.docx", overlapping_parts, {"too_large_unpacked", "unreadable"}),
    "billion laughs": ("a.docx", billion_laughs, {"unreadable"}),
    "reads a file of ours": ("a.docx", reads_a_file_of_ours, {"unreadable"}),
    "deeply nested document": ("a.docx", deeply_nested_word, {"too_complex"}),
    "twenty thousand parts": ("a.docx", many_parts, {"too_complex"}),
    "less than its header says": ("a.docx", lambda: lying_headers(2**31), {None, "unreadable"}),
    "more than its header says": ("a.docx", lambda: lying_headers(3), {"unreadable"}),
    "locked archive": ("a.docx", locked_archive, {"encrypted"}),
    "half a document": ("a.docx", lambda: harmless()[:9000], {"unreadable"}),
    "a sheet": ("a.docx", lambda: archive({"xl/workbook.xml": b"<x/>"}), {"unsupported_media_type"}),
    "an old document": ("a.doc", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(999), {"unsupported_media_type"}),
    "hundred thousand pages": ("a.pdf", lambda: many_pages(says=100_000), {"too_many_pages"}),
    "and says it is one": ("a.pdf", lambda: many_pages(says=1), {"too_many_pages", "too_slow", "too_complex"}),
    "pages in a circle": ("a.pdf", pages_in_a_circle, {"unreadable", "too_complex", "no_text"}),
    "a page that unpacks": ("a.pdf", packed_page, {"too_complex", "too_slow", "no_text", "unreadable"}),
    "a locked PDF": ("a.pdf", locked_pdf, {"encrypted"}),
    "half a PDF": ("a.pdf", lambda: small_pdf()[:150], {"unreadable", "no_text"}),
    "a beginning and garbage": ("a.pdf", lambda: b"%PDF-1.7\n" + bytes(range(256)) * 999, {"unreadable"}),
    "a PDF and an archive": ("a.docx", lambda: small_pdf() + archive({"word/document.xml": b"<x/>"}), {None}),
    "a picture": (
        "a.pdf",
        lambda: b"\x89PNG\r\n\x1a\n" + bytes(99),
        {"unsupported_media_type"},
    ),
    "a program": ("notes.txt", lambda: b"\x7fELF\x02\x01\x01" + bytes(999), {"unsupported_media_type"}),
    "rich text": ("a.txt", lambda: rb"{\rtf1\ansi hello}", {"unsupported_media_type"}),
    "many open elements": ("a.html", lambda: b"<html>" + b"<div>" * 200_000 + b"end", {None}),
    "comments that never end": ("a.html", lambda: b"<html>" + b"<!--" * 100_000, {"no_text", "too_slow", None}),
    "marks that never end": ("a.html", lambda: b"<html>" + b"<a " * 100_000, {"no_text", "too_slow", None}),
    "one line": ("a.txt", lambda: b"x" * 4_000_000, {"too_long"}),
    "brackets": ("a.txt", lambda: b"[" * 100_000, {None}),
    "no UTF-8": ("a.txt", lambda: b"ab \xc3\xa9 \xff\xfe cd", {None}),
}
