"""`python -m config.local TARGET`: what the Makefile's targets do once the environment is ready."""

import sys
from collections.abc import Callable

from django.core.exceptions import ImproperlyConfigured

from config.local.crash import demo_crash
from config.local.demo import demo
from config.local.doctor import doctor
from config.local.environment import home
from config.local.errors import AlreadyRunning, LocalError
from config.local.live import live
from config.local.logs import follow
from config.local.reset import reset, stop
from config.local.run import run
from config.local.terminal import Terminal

TARGETS: dict[str, Callable[[Terminal], None]] = {
    "run": run,
    "demo": demo,
    "demo-crash": demo_crash,
    "live": live,
    "logs": lambda terminal: follow(home(), terminal),
    "stop": lambda terminal: stop(home(), terminal),
    "reset": lambda terminal: reset(home(), terminal),
    "doctor": lambda terminal: doctor(home(), terminal),
}


def main(arguments: list[str]) -> int:
    terminal = Terminal()
    if len(arguments) != 1 or arguments[0] not in TARGETS:
        terminal.problem(f"Say one of: {', '.join(TARGETS)}.")
        return 2
    try:
        TARGETS[arguments[0]](terminal)
    except AlreadyRunning as up:
        terminal.say(str(up))
        return 1
    except (LocalError, ImproperlyConfigured, OSError) as error:  # OSError: a full disk, a folder of somebody else
        terminal.problem(str(error))
        return 1
    except KeyboardInterrupt:
        return 0 if arguments[0] in ("run", "logs") else 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
