"""The stages of a study on a cluster of two machines, with logical GPUs and shares of them."""

import dataclasses
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import ray
from ray.cluster_utils import Cluster

from study.place import Place
from study.running.machines import machines, refuse_unmet, slots
from study.running.run import run_study
from study.store import Store
from tests.study.fakes import Notes
from tests.tiny_study import study

STUDY = dataclasses.replace(
    study(),
    arms=("unet", "unet_gan"),
    confirm_draws=1,
    setups=study().setups | {"unet": dataclasses.replace(study().setup("unet"), gpus=0.5)},
)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A head without CPUs for trials, and a worker with a GPU that is only a number."""
    two = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "num_gpus": 0})
    two.add_node(num_cpus=2, num_gpus=1)
    two.wait_for_nodes()
    yield two
    ray.shutdown()
    two.shutdown()


def test_a_study_runs_on_two_machines_with_shares_of_a_gpu(
    cluster: Cluster, tmp_path: Path
) -> None:
    place = Place(
        folder=tmp_path / "driver",
        storage=str(tmp_path / "shared"),
        address=cluster.address,
    )
    run_study(STUDY, place, listener=Notes())

    results = Store(place.storage).results().values()
    assert {result.status for result in results} == {"completed"}
    stages = Counter(result.spec.stage for result in results)
    assert stages["search"] == stages["confirm"] == 2
    assert not (tmp_path / "driver" / "results").exists()


def test_shares_of_a_gpu_decide_how_many_run_at_once(cluster: Cluster) -> None:
    ray.init(address=cluster.address)
    available = machines()
    assert slots(STUDY, available) == 2

    greedy = STUDY.with_setups(unet=dataclasses.replace(STUDY.setup("unet"), gpus=2.0))
    with pytest.raises(ValueError, match=r"wants 1 CPU and 2 GPU .* no machine has more than"):
        refuse_unmet(greedy, available)
