"""``python -m ai.providers.fake``: the fake provider as a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal

from ai.providers.fake.server import FakeProvider


async def serve(port: int) -> None:
    async with FakeProvider(port=port) as fake:
        print(fake.url, flush=True)  # noqa: T201  # the line by which a parent process learns the port
        serving = asyncio.ensure_future(fake.serve_forever())
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, serving.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await serving


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m ai.providers.fake", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one; the URL is printed either way")
    options = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(options.port))


if __name__ == "__main__":
    main()
