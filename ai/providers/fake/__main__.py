"""``python -m ai.providers.fake``: the fake provider as a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal

from ai.providers.fake.faults import Chance
from ai.providers.fake.scripts import Scripts
from ai.providers.fake.server import FakeProvider


async def serve(port: int, scripts: Scripts) -> None:
    stop = asyncio.Event()
    async with FakeProvider(port=port, scripts=scripts) as fake:
        print(fake.url, flush=True)  # noqa: T201  # the line by which a parent process learns the port
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        await stop.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m ai.providers.fake", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one; the URL is printed either way")
    parser.add_argument("--seed", type=int, help="let calls fail at random, the same calls for the same seed")
    parser.add_argument("--fault-rate", type=float, default=0.3, help="how many of them, with a seed (default: 0.3)")
    options = parser.parse_args()
    chance = None if options.seed is None else Chance(seed=options.seed, fault_rate=options.fault_rate)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(options.port, Scripts(chance=chance)))


if __name__ == "__main__":
    main()
