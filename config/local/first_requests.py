"""The requests that a first start shows: a real ticket and a real file, answered while one watches."""

from config.local.home import REPOSITORY
from config.local.start import Running

EXAMPLES = REPOSITORY / "config" / "demo"
REQUESTS = (
    ("ticket_classify", "ticket", EXAMPLES / "tickets" / "01.txt"),
    ("document_summary", "document", EXAMPLES / "texts" / "lighthouse.txt"),
)


def show_requests(running: Running) -> None:
    for prompt, variable, file in REQUESTS:
        running.terminal.rule(f"{prompt} of {file.relative_to(REPOSITORY)}")
        if running.show_manage("ask", prompt, "-f", f"{variable}={file}") != 0:
            running.terminal.problem(f"This {prompt} request did not end well; make logs tells more.")
