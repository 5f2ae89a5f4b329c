"""Which trainings may follow one another in one process."""

from study.design import ARMS
from study.plan import search_gans, search_spec
from study.presets import quick
from study.running.machines import Machines, placement, processes_serve_again
from tests.study.fakes import SPLITS

CPUS = [Machines(resources={"CPU": 2.0}, count=1)]
GPUS = [Machines(resources={"CPU": 8.0, "GPU": 1.0}, count=1)]


def test_torch_and_tensorflow_never_follow_one_another() -> None:
    of = {
        name: placement(quick(), search_spec(quick(), ARMS[name], SPLITS, {}), CPUS)
        for name in ("unet", "cellpose", "stardist")
    }
    gan = placement(quick(), search_gans(quick(), SPLITS)[0].spec, CPUS)

    assert of["unet"] == of["cellpose"] == gan
    assert of["stardist"] != of["unet"]


def test_on_a_gpu_every_training_has_a_process_of_its_own() -> None:
    assert processes_serve_again(CPUS, trainings=18)
    assert not processes_serve_again(GPUS, trainings=18)
    spec = search_spec(quick(), ARMS["unet"], SPLITS, {})
    assert placement(quick(), spec, GPUS).required_resources["GPU"] == quick().setup("unet").gpus


def test_a_process_that_keeps_memory_does_not_serve_a_long_stage() -> None:
    assert not processes_serve_again(CPUS, trainings=120)
