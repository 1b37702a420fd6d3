"""Letters within an answer: their writer is the reader, not the model."""

from __future__ import annotations

import re

SALUTATIONS = (
    "dear", "hi", "hello", "sehr geehrte[rs]?", "liebe[rs]?", "guten tag", "hallo", "ch[eè]re?s?", "bonjour", "madame", "monsieur",
    "estimad[oa]s?", "querid[oa]s?", "gentile", "egregi[oa]", "car[oaie]s?", "buongiorno", "prezad[oa]s?", "exm[oa]", "geachte",
    "beste", "lieve", "szanown[aiey]", "drog[ai]", "dzień dobry",
)  # fmt: skip
CLOSINGS = (
    "(?:kind |best |warm |with (?:kind |best )?)?regards", "sincerely", "yours", "best(?: wishes)?", "cheers", "many thanks",
    "mit (?:freundlichen|besten|herzlichen) grüßen", "(?:viele|beste|liebe|herzliche) grüße", "cordialement", "bien à vous",
    "sincères salutations", "atentamente", "(?:un )?(?:cordial )?saludos?", "cordiali saluti", "distinti saluti",
    "atenciosamente", "com os melhores cumprimentos", "cumprimentos", "met (?:vriendelijke|hartelijke) groet(?:en)?",
    "groet(?:en|jes)?", "z (?:poważaniem|wyrazami szacunku)", "pozdrawiam", "serdecznie pozdrawiam",
)  # fmt: skip
SALUTATION = re.compile(rf"\s*+(?:{'|'.join(SALUTATIONS)})\b[^,:!]{{1,60}}[,:!]?\s*", re.IGNORECASE)
CLOSING = re.compile(rf"\s*+(?:{'|'.join(CLOSINGS)})\b[^.]{{0,20}}", re.IGNORECASE)
LONGEST = 40  # lines


def without_letters(text: str) -> str:
    """Left out from a salutation that has its line to itself to the closing; without a closing it is no letter."""
    kept: list[str] = []
    letter: list[str] = []
    for line in text.split("\n"):
        if letter or SALUTATION.fullmatch(line):
            letter.append(line)
        else:
            kept.append(line)
        if len(letter) > LONGEST:
            kept.extend(letter)
            letter = []
        elif len(letter) > 1 and CLOSING.fullmatch(line):
            letter = []
    return "\n".join(kept + letter)
