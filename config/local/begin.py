"""The first step of every make target, on whatever Python is there: `python3 -m config.local.begin TARGET`.

Standard library only, and readable by Pythons that are too old, so that they get a sentence and not a traceback.
"""

import sys

if sys.version_info < (3, 8):  # noqa: UP036  whichever Python is there may run this
    sys.exit("lintel: this Python is too old; put CPython 3.11, 3.12 or 3.13 on the PATH.")

from config.local.setup import main

if __name__ == "__main__":
    main(sys.argv[1:])
