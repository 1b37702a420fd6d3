"""`make run`: up until Ctrl-C or SIGTERM."""

from config.local import samples
from config.local.first_requests import show_requests
from config.local.start import Running, started
from config.local.terminal import Terminal


def run(terminal: Terminal) -> None:
    with started(terminal) as running:
        if first_start(running):
            show_requests(running)
            samples.want(running.plan.home)
            mark_started(running)
        welcome(running)
        with samples.loading(running):
            running.supervisor.watch(until=lambda: False)


def first_start(running: Running) -> bool:
    return not (running.plan.home.root / "started-once").exists()


def mark_started(running: Running) -> None:
    (running.plan.home.root / "started-once").touch()


def welcome(running: Running) -> None:
    running.terminal.say(f"Lintel is ready at {running.url}")
    running.terminal.say(f"Sign in once as demo: {running.url}{running.sign_in_path}")
    running.terminal.say("Or log in as demo with the password demo, or as admin with admin")
    if running.plan.model:
        running.terminal.say(
            "Demonstration model: expect mistakes. For a better one set ANTHROPIC_API_KEY or OPENAI_API_KEY in .env"
        )
    running.terminal.say("Ctrl-C stops everything; make logs shows more")
