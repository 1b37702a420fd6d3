"""`make live`: the acceptance flow on the real vendors whose keys are set."""

from config.local.environment import read_plan
from config.local.errors import LocalError
from config.local.start import started
from config.local.terminal import Terminal


def live(terminal: Terminal) -> None:
    if read_plan().model:
        raise LocalError(
            "There is no vendor to try: set ANTHROPIC_API_KEY, OPENAI_API_KEY or OPENROUTER_API_KEY, here or in .env."
        )
    with started(terminal) as running:
        if running.show_manage("try_vendors") != 0:
            raise LocalError("Not every vendor passed.")
