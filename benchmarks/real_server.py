"""A real OpenAI-compatible server: the embedded model behind llama.cpp against the same model in this process.

The server lives in an environment of its own, in which it is compiled while it is installed (ten minutes or more):

    python3.11 -m venv SERVER
    SERVER/bin/pip install 'llama-cpp-python[server]==0.3.36' gguf
    python benchmarks/real_server.py --server SERVER/bin/python

One line of JSON is printed: how far log-probabilities over the wire are from those in this process, what three
read-outs say, requests of a first and a second run, and what happens when the server is killed in the middle.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import polars as pl

from pluralign.episode import Process, Target
from pluralign.errors import ModelError
from pluralign.lm import LanguageModel, load, load_tokenizer
from pluralign.lm.nano import folder
from pluralign.lm.openai import OpenAIModel
from pluralign.measure import Request, align, asking, audit
from pluralign.suite import DataRoot, get

READOUTS = {"logprob": "colon", "verbalised": "spectrum", "sampled": "spectrum"}
"""Read-outs, each with the template in which it asks."""
SIDES = ("Heads", "Tails")
FEW = asking.Asking(draws=10, repeats=2)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--server", default=sys.executable, help="the Python that has llama_cpp and gguf (this one)")
    parser.add_argument("--model", default="nano-spectrum", help="an embedded model")
    parser.add_argument("--questions", type=int, default=8)
    options = parser.parse_args()
    site = "import gguf, llama_cpp.server, sysconfig; print(sysconfig.get_path('purelib'))"
    found = subprocess.run([options.server, "-c", site], capture_output=True, text=True)
    if found.returncode:
        print(f"skipped: {options.server} has no llama-cpp-python[server] and gguf; see --server")
        return
    with tempfile.TemporaryDirectory() as place:
        os.environ["XDG_CACHE_HOME"] = f"{place}/cache"  # nothing is known from earlier runs
        convert(options.model, Path(place), found.stdout.strip())
        print(json.dumps(measure(options.server, Path(place), options.questions)))


def convert(model: str, place: Path, site: str) -> None:
    """Write the model for the server, and the transformers folder that belongs to it.

    Args:
        site: folder with the library gguf, which this environment may lack.
    """
    sys.path += [site, str(Path(__file__).resolve().parents[1])]
    from tests.servers.to_gguf import write_gguf, write_marked

    write_gguf(folder(model), place / "marked.gguf", marked=True)
    write_marked(folder(model), place / "marked")


@contextmanager
def serving(python: str, model: Path, port: int) -> Iterator[subprocess.Popen]:
    """A running server on this machine alone."""
    # Keys and values in float32 (0): with those of 16 bits log-probabilities are off by up to 0.004 per token.
    exact = ["--logits_all", "true", "--n_ctx", "1024", "--type_k", "0", "--type_v", "0"]
    threads = ["--n_threads", "1", "--n_threads_batch", "1", "--interrupt_requests", "false"]
    named = ["--model", str(model), "--model_alias", "nano", "--host", "127.0.0.1", "--port", str(port)]
    command = [python, "-m", "llama_cpp.server", *named, *exact, *threads, "--verbose", "false"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            while not answers(port):
                if process.poll() is not None:
                    sys.exit("the server ended before it answered")
                time.sleep(0.2)
            yield process
        finally:
            process.kill()


def answers(port: int) -> bool:
    """Whether something answers there."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/v1/models", timeout=5):
            return True
    except (URLError, OSError):
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def measure(python: str, place: Path, count: int) -> dict:
    """All figures.

    The server names no control tokens, so log-probabilities are read in the template colon, which has none; texts are
    drawn in the template that the model was trained with.
    """
    port = free_port()
    name, held = f"openai:nano@http://127.0.0.1:{port}/v1", []
    tokenizer = load_tokenizer(str(place / "marked"))

    def connect(name: str, template: str = "colon") -> LanguageModel:
        held.append(OpenAIModel.connect(name, template=template, tokenizer=None if template == "colon" else tokenizer))
        return held[-1]

    figures: dict = {"questions": count}
    processes = coins(count)
    local = {name: load(str(place / "marked"), template=name, device="cpu") for name in ("colon", "spectrum")}
    figures["readouts_here"], _ = readouts(local.__getitem__, processes)
    with serving(python, place / "marked.gguf", port):
        start = time.perf_counter()
        remote = connect(name)
        figures |= {"facts": remote.facts, "ignored_because": dict(held[-1].honoured.missing)}
        figures["log_probabilities"] = difference(remote, local["colon"], processes)
        figures["readouts_there"], first = readouts(partial(connect, name), processes)
        figures["first_run"] = {"seconds": round(time.perf_counter() - start, 1), **used(held)}
        held.clear()
        _, second = readouts(partial(connect, name), processes)
        figures["second_run"] = {**used(held), "same_rows": first.equals(second)}
    figures["killed"] = killed(python, place, port, name, connect, held)
    return figures


def coins(count: int) -> list[Process]:
    """Questions that so small a model answers: described coins, whose targets are the flips that the task has."""
    found = []
    for process in get("coinflip").processes(DataRoot(None), count):
        flips = [example.output for example in process.examples]
        shares = tuple(flips.count(side) / len(flips) for side in SIDES)
        found.append(replace(process, examples=(), choices=SIDES, target=Target(shares, len(flips), ordered=False)))
    return found


def difference(remote: LanguageModel, local: LanguageModel, processes: Sequence[Process]) -> dict:
    """The largest difference between log-probabilities of options (nats), and of the mass outside."""
    prompts, choices = [asking.prompt(one) for one in processes], [one.choices or () for one in processes]
    both = [model.choices(prompts, choices) for model in (remote, local)]
    pairs = [(a, b) for a, b in zip(*both, strict=True) if a is not None and b is not None]
    return {
        "options": sum(len(a.logprobs) for a, _ in pairs),
        "largest_nats": max(abs(x - y) for a, b in pairs for x, y in zip(a.logprobs, b.logprobs, strict=True)),
        "largest_outside": max(abs(a.outside - b.outside) for a, b in pairs),
    }


def readouts(model: Callable[[str], LanguageModel], processes: Sequence[Process]) -> tuple[dict, pl.DataFrame]:
    """What each read-out says: mean total variation to the population, share that could not be read, and the rows."""
    found = {
        name: align.rows(model(template), "coins", processes, readout=name, asking=FEW)
        for name, template in READOUTS.items()
    }
    figures = {
        name: {
            "total_variation": rows["total_variation"].mean(),
            "answered": rows["probabilities"].count(),
            "failed": rows["failed"].mean(),
        }
        for name, rows in found.items()
    }
    return figures, pl.concat([rows.drop("model") for rows in found.values()])


def used(models: Sequence[OpenAIModel]) -> dict:
    """Requests that were answered by the server and by the cache."""
    return {
        "requests": sum(model.usage.requests for model in models),
        "cached": sum(model.usage.cached for model in models),
    }


def killed(python: str, place: Path, port: int, name: str, connect, held: list[OpenAIModel]) -> dict:
    """The server is killed after the first unit of an audit, and the audit goes on with a new one."""
    request = Request((name,), ("urn", "weekdays_full"), template="colon", limit=16, samples=8)
    out, figures, done = place / "run", {}, []
    held.clear()
    with serving(python, place / "marked.gguf", port) as process:

        def kill(*unit: str) -> None:
            done.append(unit)
            process.kill()
            process.wait()

        start = time.perf_counter()
        try:
            audit(request, out, connect, progress=kill)
        except ModelError as error:
            figures["error"] = str(error)
        figures |= {"units_done": len(done), "seconds": round(time.perf_counter() - start, 1), **used(held)}
    held.clear()
    with serving(python, place / "marked.gguf", port):
        metrics = audit(request, out, connect)
        figures["resumed"] = used(held)
        held.clear()
        figures["anew"] = {"same_metrics": audit(request, place / "anew", connect) == metrics, **used(held)}
    return figures


if __name__ == "__main__":
    main()
