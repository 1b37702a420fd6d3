"""`make bench`: every measurement, or those that are named, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys

MEASUREMENTS = {
    "accept": ["benchmarks.accept"],
    "first_token": ["benchmarks.first_token"],
    "streams": ["benchmarks.streams"],
    "long_streams": ["benchmarks.streams", "--long"],
    "live_publishing": ["benchmarks.live_publishing"],
}


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in MEASUREMENTS]
    if unknown:
        print(f"There is no measurement {', '.join(unknown)}; there are {', '.join(MEASUREMENTS)}.")
        return 2
    failed = 0
    for name in names or MEASUREMENTS:
        print(f"── {name}", flush=True)
        failed |= subprocess.run([sys.executable, "-m", *MEASUREMENTS[name]], check=False).returncode
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
