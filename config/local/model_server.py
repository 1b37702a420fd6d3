"""The model server's process: `python -m config.local.model_server WEIGHTS PORT`, until it is told to stop."""

import os
import signal
import sys

import xllamacpp

CONTEXT_TOKENS = 8192  # all that SmolLM2 was trained for
SLOTS = 4
HTTP_THREADS = 64  # one for each open stream, the waiting ones too, and some for the health check
NAME = "smollm2-135m-instruct"  # what it answers to, as in the catalogue
NICENESS = 5  # it takes every core it gets: pages and workers go first


def serve(weights: str, port: int) -> None:
    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)  # before any thread exists, so that only sigwait sees them
    os.nice(NICENESS)
    server = xllamacpp.Server(parameters(weights, port))
    print(f"serving {weights} on {server.listening_address}", flush=True)
    signal.sigwait(signals)
    os._exit(0)  # open streams would keep an orderly end waiting; there is nothing to save


def parameters(weights: str, port: int) -> xllamacpp.CommonParams:
    """One context for each slot. Keys and values at 8 bits take 350 MB less and cost no measurable speed."""
    chosen = xllamacpp.CommonParams()
    chosen.model.path = weights
    chosen.model_alias = {NAME}
    chosen.hostnames = ["127.0.0.1"]
    chosen.port = port
    chosen.n_parallel = SLOTS
    chosen.n_ctx = SLOTS * CONTEXT_TOKENS
    chosen.cache_type_k = chosen.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_Q8_0
    chosen.cache_ram_mib = 0  # by default it may grow to 8 GB
    chosen.sampling.penalty_repeat = 1.1  # without it half of its summaries go round in circles, with it one in ten
    chosen.sampling.penalty_last_n = 256
    chosen.n_threads_http = HTTP_THREADS
    chosen.n_gpu_layers = 0
    chosen.ui = False
    chosen.cors_origins = "http://127.0.0.1"  # no page from elsewhere may use it
    return chosen


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
