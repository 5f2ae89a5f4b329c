"""Pools shared through Ray, on a real Ray of one core."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import ray

from study.running import pools
from study.running.machines import start_ray, stop_ray
from study.running.pools import shared_pools, stored_pool
from study.store import Store
from tests.trainables.gan.cells import make_samples
from trainables.gan.pools.files import POOL, write_pool


@pytest.fixture(scope="module", autouse=True)
def started() -> Iterator[None]:
    start_ray("")
    yield
    stop_ray()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path)
    for name in ("a", "b"):
        store.write_folder(
            f"gans/{name}",
            lambda folder: write_pool(make_samples(channels=1, count=2), folder, name=POOL),
        )
    return store


@ray.remote(num_cpus=0)
def train(read: pools.ReadPool, gan_id: str) -> list[np.ndarray]:
    return [sample.image for sample in read(gan_id)]


def test_a_pool_is_read_once_and_then_shared(store: Store, tmp_path: Path) -> None:
    wanted = [sample.image for sample in stored_pool(store, "a")]
    read = shared_pools(store)
    np.testing.assert_array_equal(ray.get(train.remote(read, "a")), wanted)
    shutil.rmtree(tmp_path / "gans" / "a")
    np.testing.assert_array_equal(ray.get(train.remote(read, "a")), wanted)


def test_a_lost_shelf_costs_nothing_but_time(store: Store) -> None:
    read = shared_pools(store)
    wanted = [sample.image for sample in read("b")]
    shelf = read.args[0]
    ray.kill(shelf)
    np.testing.assert_array_equal(ray.get(train.remote(read, "b")), wanted)


def test_a_gan_that_was_not_fitted_is_named(store: Store) -> None:
    with pytest.raises(ValueError, match="The GAN c has not been fitted"):
        shared_pools(store)("c")
