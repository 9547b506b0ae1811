"""Where the units of an audit are computed: one after the other in this process, or sharded over a Ray cluster.

A unit is a group of processes of one task for one model, the same group whatever the engine, so that the numbers are
the same too. An engine takes units and gives back their rows as they come; who calls it keeps them.
"""

import logging
import os
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import polars as pl

from pluralign.errors import ModelError
from pluralign.lm import LanguageModel
from pluralign.suite.custom import ADDED

RETRIES = 3
"""How often a unit is begun again after its worker died: a unit that kills every worker must not do so for ever."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of work whose rows are kept together.

    Attributes:
        key: names it within a run.
        model: name of the model.
        task: name of the task.
        rows: computes it.
    """

    key: str
    model: str
    task: str
    rows: Callable[[LanguageModel], pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Done:
    """A unit that was computed: its rows, and facts about the model that computed them."""

    unit: Unit
    rows: pl.DataFrame
    facts: dict[str, Any]


Load = Callable[[str], LanguageModel]
"""Gives a model by name."""
Engine = Callable[[Sequence[Unit], Load], Iterator[Done]]
"""Computes units, in any order; a model is loaded only where it has work."""


def local(units: Sequence[Unit], load: Load) -> Iterator[Done]:
    """Compute units in this process, in order; one model is held at a time."""
    worker = _Worker(load)
    for unit in units:
        rows, facts = worker.compute(unit.model, unit.rows)
        yield Done(unit, rows, facts)


def on_ray(units: Sequence[Unit], load: Load) -> Iterator[Done]:
    """Compute units on a Ray cluster: the one this process is connected to or ``RAY_ADDRESS`` names, else a local one.

    There is one worker per GPU of the cluster, or per CPU where it has none, and no more than units. Each holds one
    model at a time. A worker that dies is replaced and its unit begun again, up to three times; what is done is not
    computed again. Models and their files must be reachable by the same names from every machine.

    Raises:
        ModelError: Ray is not installed, no cluster can be reached, or four workers died of one unit.
        PluralignError: what a unit raised.
    """
    if not units:
        return
    # Before the import, which reads it: Ray tells its makers about every cluster unless told not to.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray.exceptions
        import ray.util
    except ImportError as error:
        fix = "Run `pip install 'pluralign[scale]'`."
        raise ModelError("the engine ray needs the library ray", fix=fix) from error

    with _workers(len(units), load) as workers:
        pool = ray.util.ActorPool(workers)
        results = pool.map_unordered(
            lambda worker, number: worker.numbered.remote(number, units[number].model, units[number].rows),
            list(range(len(units))),
        )
        try:
            for number, rows, facts in results:
                yield Done(units[number], rows, facts)
        except ray.exceptions.RayTaskError as error:
            raise error.cause from error
        except ray.exceptions.RayActorError as error:
            raise ModelError(
                f"a worker died and could not be replaced: {str(error).splitlines()[0]}",
                fix="It may have run out of memory: start Ray with fewer CPUs. The same command goes on from here.",
            ) from error


ENGINES: dict[str, Engine] = {"local": local, "ray": on_ray}
"""The engines by the names that users give."""


class _Worker:
    """Computes units with the model that it holds, which changes when another one is asked for."""

    def __init__(self, load: Load):
        self._load, self._name, self._model = load, None, None

    def compute(self, name: str, rows: Callable[[LanguageModel], pl.DataFrame]) -> tuple[pl.DataFrame, dict[str, Any]]:
        """Rows of a unit, and facts about the model."""
        if name != self._name or self._model is None:
            self._model = None  # the old one is let go before the new one takes its memory
            self._name, self._model = name, self._load(name)
        return rows(self._model), self._model.facts

    def numbered(
        self, number: int, name: str, rows: Callable[[LanguageModel], pl.DataFrame]
    ) -> tuple[int, pl.DataFrame, dict[str, Any]]:
        """The same, with the number of the unit."""
        return number, *self.compute(name, rows)


@contextmanager
def _workers(most: int, load: Load) -> Generator[list[Any]]:
    """Workers on the cluster, which end with the block."""
    import ray
    import ray.cloudpickle

    begun = not ray.is_initialized()
    if begun:
        try:
            ray.init(log_to_driver=False, logging_level=logging.WARNING)
        except Exception as error:  # also of no kind of its own, where a busy machine starts Ray too slowly
            raise ModelError(
                f"no Ray cluster can be reached: {str(error).splitlines()[0]}",
                fix="Check RAY_ADDRESS, or unset it; on a busy machine try again.",
            ) from error
    for name, module in sys.modules.items():
        if name.startswith(ADDED):  # a file of the user, which no worker could import
            ray.cloudpickle.register_pickle_by_value(module)
    kind = "GPU" if ray.cluster_resources().get("GPU") else "CPU"
    count = min(most, max(1, int(ray.cluster_resources().get(kind, 1))))
    share = {"num_gpus": 1} if kind == "GPU" else {"num_cpus": 1}
    kept = ray.remote(_Worker).options(max_restarts=-1, max_task_retries=RETRIES, **share)
    workers: list[Any] = [kept.remote(load) for _ in range(count)]
    try:
        yield workers
    finally:
        if begun:
            ray.shutdown()
        else:
            for worker in workers:
                ray.kill(worker)
