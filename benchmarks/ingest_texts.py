"""Text that is not ours: the reference manual of Python, which every CPython carries for its `help()`."""

from __future__ import annotations

import random
from pydoc_data.topics import topics

GAP = "\n\n"


def manual(count: int | None = None) -> dict[str, str]:
    """Its topics by name; the first so many."""
    return {name: topics[name].strip() for name in sorted(topics)[:count]}


def long_text(characters: int | None = None) -> str:
    """Its topics one after the other, as one document; the beginning of it."""
    return GAP.join(manual().values())[:characters]


def edited(text: str, chance: random.Random) -> str:
    """Another word in the middle of a paragraph of some length, somewhere."""
    paragraphs = text.split(GAP)
    number = chance.choice([n for n, paragraph in enumerate(paragraphs) if len(paragraph) > 200])
    words = paragraphs[number].split(" ")
    words[len(words) // 2] += f" edition{chance.randrange(10**6)}"
    return GAP.join([*paragraphs[:number], " ".join(words), *paragraphs[number + 1 :]])
