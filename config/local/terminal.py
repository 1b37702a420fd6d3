"""What the person at the terminal sees: one line for each event."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text

NAME_WIDTH = 9
STYLES = {"lintel": "bold", "problem": "bold red"}


class Terminal:
    """Lines of a name and a text; colours only where there is somebody to see them."""

    def __init__(self) -> None:
        self.console = Console(highlight=False, soft_wrap=True)
        self.lent = False
        self.mid_line = False

    @contextmanager
    def lending(self) -> Iterator[None]:
        """An answer grows here: what can wait lets it."""
        self.lent = True
        try:
            yield
        finally:
            self.lent = self.mid_line = False

    def say(self, text: str) -> None:
        self.event("lintel", text)

    def problem(self, text: str) -> None:
        self.event("problem", text)

    def event(self, name: str, text: str) -> None:
        self.end_line()
        self.console.print(Text(name.ljust(NAME_WIDTH), style=STYLES.get(name, "cyan")), Text(text))

    def stream(self, text: str) -> None:
        """Go on in the same line."""
        self.console.out(text, end="")
        self.mid_line = not text.endswith("\n")

    def end_line(self) -> None:
        if self.mid_line:
            self.console.print()
        self.mid_line = False

    def rule(self, title: str) -> None:
        self.console.print(Text(f"── {title} ", style="bold"))
