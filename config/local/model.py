"""The embedded language model: llama.cpp's server with the demonstration weights, speaking OpenAI's protocol."""

import sys
from pathlib import Path

from config.local.child import Command
from config.local.home import Home
from config.local.loopback import open_local
from config.local.service import Service

WEIGHTS_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"


class Model(Service):
    """A demonstration model: it proves every path and makes mistakes."""

    name = "model"
    patience = 120.0
    passing_signs = ("Address already in use", "couldn't bind")

    def __init__(self, home: Home, weights: Path) -> None:
        super().__init__(home)
        self.weights = weights

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def prepare(self) -> None:
        return

    def command(self, port: int) -> Command:
        arguments = [sys.executable, "-m", "config.local.model_server", str(self.weights), str(port)]
        return Command(name=self.name, arguments=arguments, grace=3.0)

    def answers(self, port: int) -> bool:
        try:
            with open_local(f"http://127.0.0.1:{port}/health", timeout=3) as response:
                return bool(response.status == 200)
        except OSError:
            return False
