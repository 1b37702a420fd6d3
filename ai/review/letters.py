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
LETTER = re.compile(
    rf"^[ \t]*+(?:{'|'.join(SALUTATIONS)})\b[^\n,:!]{{1,60}}[,:!]?[ \t]*\n"
    rf"(?:[^\n]*+\n){{1,40}}?"
    rf"[ \t]*+(?:{'|'.join(CLOSINGS)})\b[^\n.]{{0,20}}$",
    re.MULTILINE | re.IGNORECASE,
)
