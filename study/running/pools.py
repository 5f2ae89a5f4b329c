"""Synthetic pools in Ray's object store: read once from the study's store, shared by trainings."""

from collections.abc import Callable
from functools import partial
from typing import Any

import ray
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from trainables.data.sample import Sample
from trainables.gan.pools.files import read_pool
from trainables.trial_inputs import TrialStore

ReadPool = Callable[[str], list[Sample]]
KEPT = 8
"""Pools held at a time; the oldest is dropped. Trials that use the same GAN run close together."""


def stored_pool(store: TrialStore, gan_id: str) -> list[Sample]:
    """The pool of a GAN, from the study's store.

    Raises:
        ValueError: the GAN has not been fitted.
    """
    folder = store.read_folder(f"gans/{gan_id}")
    if folder is None:
        raise ValueError(f"The GAN {gan_id} has not been fitted.")
    return read_pool(folder)


def shared_pools(store: TrialStore) -> ReadPool:
    """Reads pools through a shelf beside the driver, which lives while the driver keeps the result.

    If the shelf is lost, pools are read from the store directly.
    """
    here: Any = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=True)
    actor: Any = ray.remote(num_cpus=0, max_restarts=-1, scheduling_strategy=here)(_Shelf)
    return partial(_read, actor.remote(store), store)


class _Shelf:
    """Puts each pool into the object store when it is first requested."""

    def __init__(self, store: TrialStore) -> None:
        self._store = store
        self._kept: dict[str, ray.ObjectRef] = {}

    def reference(self, gan_id: str) -> tuple[ray.ObjectRef]:
        """Reference to the pool, in a tuple, as Ray would otherwise send the pool itself."""
        if gan_id not in self._kept:
            if len(self._kept) == KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[gan_id] = ray.put(stored_pool(self._store, gan_id))
        return (self._kept[gan_id],)


def _read(shelf: Any, store: TrialStore, gan_id: str) -> list[Sample]:
    try:
        (reference,) = ray.get(shelf.reference.remote(gan_id))
        pool: list[Sample] = ray.get(reference)
        return pool
    except RayError:
        return stored_pool(store, gan_id)
