"""How fast tasks become tokens: all present train tasks, drawn and encoded, with an empty cache and then from it.

Against it stands a plain loop that tokenises every segment on its own, as a straightforward implementation does. It is
too slow for all episodes, so it gets a sample: one in so many of each task, drawn at random; rates are compared, and
nothing is extrapolated. On the sample our encoder is timed as well, in the same process with one thread.
"""

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ["TOKENIZERS_PARALLELISM"] = "false"

from pluralign.encode import Encoder
from pluralign.encode_cache import encode_tasks
from pluralign.errors import ModelError
from pluralign.suite import DataRoot, Task, find_root, select
from pluralign.template import Segment, resolve


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-root", type=Path, help="folder of source data")
    parser.add_argument("--workers", type=int, help="processes that encode (one per processor)")
    parser.add_argument("--every", type=int, default=100, help="one in so many episodes goes to the plain loop")
    parser.add_argument("--tasks", nargs="*", help="these tasks only")
    arguments = parser.parse_args()

    root = DataRoot(find_root(arguments.data_root))
    tokenizer, name = load_tokenizer()
    tasks = [task for task in select(arguments.tasks, kind="steer", split="train") if task.present(root)]
    workers = arguments.workers or os.cpu_count()
    print(f"{len(tasks)} present train tasks, tokenizer {name}, {workers} processes")
    with tempfile.TemporaryDirectory() as cache:
        os.environ["XDG_CACHE_HOME"] = cache
        rate, episodes = timed("drawn and encoded", tasks, root, tokenizer, workers)
        timed("read from the cache", tasks, root, tokenizer, workers)
    sample = {task: -(-count // arguments.every) for task, count in zip(tasks, episodes, strict=True)}
    slow, same = compare(sample, root, tokenizer)
    print(f"ratio to the plain loop: {rate / slow:.1f} with {workers} processes and the drawing, all episodes;")
    print(f"  {same / slow:.1f} in one thread, without the drawing, same episodes")


def load_tokenizer() -> tuple[Any, str]:
    """The tokenizer of the embedded model; a tiny one of the tests while that is not there."""
    from transformers import AutoTokenizer

    from pluralign.lm import nano

    try:
        return AutoTokenizer.from_pretrained(nano.folder("nano-base")), "nano"
    except ModelError:
        import sys

        sys.path.append(str(Path(__file__).resolve().parents[1]))
        from tests.tiny import qwen_like

        return qwen_like(), "tiny (420 tokens; the embedded model is not in this checkout)"


def timed(
    label: str, tasks: Sequence[Task], root: DataRoot, tokenizer: Any, workers: int | None
) -> tuple[float, list[int]]:
    """Encode all tasks, holding one at a time, and print how it went; tokens per second, and episodes of each task."""
    episodes, tokens = [], 0
    start = time.perf_counter()
    for _, encoded in encode_tasks(tasks, root, tokenizer, "spectrum", workers=workers):
        episodes.append(len(encoded))
        tokens += sum(len(one.ids) for one in encoded)
    seconds = time.perf_counter() - start
    here, worker = (
        resource.getrusage(who).ru_maxrss / 2**20 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(
        f"{label}: {seconds:.1f} s, {sum(episodes):,} episodes, {tokens:,} tokens, {tokens / seconds:,.0f} tokens/s,"
        f" peak memory {here:.2f} GiB here and {worker:.2f} GiB in the largest worker",
        flush=True,
    )
    return tokens / seconds, episodes


def compare(sample: dict[Task, int], root: DataRoot, tokenizer: Any) -> tuple[float, float]:
    """Tokens per second of the plain loop and of our encoder on as many episodes of each task as ``sample`` says."""
    template, encoder = resolve(tokenizer, "spectrum"), Encoder(tokenizer)
    seconds, tokens, count = [0.0, 0.0], [0, 0], 0
    for task, limit in sample.items():
        episodes = list(task.episodes(root, limit=limit))
        count += len(episodes)
        start = time.perf_counter()
        tokens[0] += sum(plain(template.episode(episode), tokenizer) for episode in episodes)
        middle = time.perf_counter()
        tokens[1] += sum(len(one.ids) for one in encoder.episodes(template, episodes))
        seconds[0] += middle - start
        seconds[1] += time.perf_counter() - middle
    rates = tokens[0] / seconds[0], tokens[1] / seconds[1]
    for label, n, s, rate in zip(("plain loop", "our encoder"), tokens, seconds, rates, strict=True):
        print(f"{label} on {count:,} of the episodes: {n:,} tokens in {s:.1f} s, {rate:,.0f} tokens/s")
    return rates


def plain(segments: Sequence[Segment], tokenizer: Any) -> int:
    """Tokens of an episode, every segment on its own, with a mask beside the ids."""
    ids: list[int] = []
    scored: list[bool] = []
    for segment in segments:
        some = tokenizer(segment.text, add_special_tokens=False)["input_ids"]
        ids += some
        scored += [segment.scored] * len(some)
    return len(ids)


if __name__ == "__main__":
    main()
