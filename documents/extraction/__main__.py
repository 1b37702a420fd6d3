"""The child: bytes on stdin, lines of JSON on stdout, the last of which is the text or why there is none."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from importlib import import_module

from documents import kinds
from documents.errors import ExtractionFailed
from documents.extraction.limits import Limits
from documents.extraction.pieces import say

Parser = Callable[[bytes, Limits], str]

# By name: what is not needed is not loaded.
PARSERS = {
    kinds.TEXT: "documents.extraction.text",
    kinds.MARKDOWN: "documents.extraction.text",
    kinds.HTML: "documents.extraction.html",
    kinds.PDF: "documents.extraction.pdf",
    kinds.DOCX: "documents.extraction.word",
}


def main(content_type: str, argument: str) -> None:
    limits = Limits.of_argument(argument)
    limits.hold_this_process()
    logging.disable()
    try:
        parse: Parser = import_module(PARSERS[content_type]).parse
        text = parse(sys.stdin.buffer.read(), limits)
    except ExtractionFailed as failed:
        say(failed=failed.code, sentence=failed.sentence)
    except (MemoryError, RecursionError):
        say(failed="too_complex", sentence="Reading it takes more memory than is given (LINTEL_EXTRACTION_MEMORY_MB).")
    except Exception:  # of a parser that a stranger's file has confused; whatever it was, it is the file's failure
        say(failed="unreadable", sentence="It is damaged, or not what it begins as.")
    else:
        say(text=text)


if __name__ == "__main__":
    main(*sys.argv[1:])
