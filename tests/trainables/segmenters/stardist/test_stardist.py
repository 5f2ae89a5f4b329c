import dataclasses
import json
import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from trainables.segmenters.stardist.segmenter import Candidates, Stardist  # first

from trainables.segmenters.stardist import network as stardist_network  # isort: skip
from trainables.segmenters.stardist import runtime as stardist_runtime  # isort: skip

from stardist.models import StarDist2D, StarDistData2D

from tests.trainables.segmenters.contract import otherwise_seeded, simulated_sample
from tests.trainables.segmenters.stardist.stardist_trials import SHORT, SMALL, fit, model, spec
from trainables.data.trial_data import TrialData
from trainables.segmenters.stardist.adapt import adapted
from trainables.segmenters.stardist.settings import StardistSpec
from trainables.segmenters.stardist.targets import star_targets
from trainables.segmenters.unet.settings import UnetSpec
from trainables.spec.trial_spec import WeightsSpec
from trainables.training.contract import NoCheckpoints
from trainables.trial import run_trial


def dense(network: StarDist2D, image: np.ndarray) -> np.ndarray:
    """Probability and distances of an image, float32 [H / grid, W / grid, 1 + rays]."""
    probability, distances = network.predict(image, axes="YXC")
    return np.concatenate([probability[..., None], distances], axis=-1)


def test_torch_is_never_imported() -> None:
    code = (
        "import sys; import trainables.segmenters.stardist.segmenter; "
        "print([name for name in ('torch', 'jax') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
    assert run.stderr == ""


def test_tensorflow_is_started_as_told_to_take_gpu_memory_only_as_it_needs_it() -> None:
    code = (
        "import os, sys\n"
        "class Watch:\n"
        "    def find_spec(name, *rest):\n"
        "        if name == 'tensorflow':\n"
        "            print(os.environ.get('TF_FORCE_GPU_ALLOW_GROWTH'))\n"
        "            sys.exit()\n"
        "sys.meta_path.insert(0, Watch)\n"
        "import trainables.segmenters.stardist.segmenter"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "true"


def test_the_study_the_draw_and_the_seed_decide_the_initial_weights(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seeds: list[int] = []

    def build(*given: object, seed: int, **named: object) -> object:
        seeds.append(seed)
        return object()

    monkeypatch.setattr(stardist_network, "build", build)
    for one in (spec(), *otherwise_seeded(spec()), spec()):
        Stardist(one, channels=1)._model()
    assert len(set(seeds[:4])) == 4
    assert seeds[4] == seeds[0]


def test_targets_equal_those_of_stardist() -> None:
    labels = np.stack([simulated_sample(name, shape=(32, 32)).labels for name in "abcd"])
    labels[labels == 2] = 7
    for one in labels:
        theirs = StarDistData2D(
            [np.zeros((32, 32), np.float32)], [one], 1, 16, 1, patch_size=(32, 32), grid=(2, 2)
        )
        (probability, distances) = theirs[0][1]
        ours = star_targets(one[None], rays=16, grid=2)
        np.testing.assert_array_equal(ours[0], probability)
        np.testing.assert_array_equal(ours[1], distances)
    assert (labels < 0).any()


def test_targets_of_a_square_by_hand() -> None:
    labels = np.zeros((1, 7, 7), np.int32)
    labels[0, 1:6, 1:6] = 70_000  # more than the 16 bits that StarDist's code keeps
    labels[0, 0, 0] = -1
    probability, distances = star_targets(labels, rays=4, grid=1)
    # 5 x 5 pixels: depth 1 at the rim, 3 in the middle; rays end on the boundary, 2.5 px away.
    np.testing.assert_allclose(probability[0, 3, :, 0], [0, 1 / 3, 2 / 3, 1, 2 / 3, 1 / 3, 0])
    assert probability[0, 0, 0, 0] == -1
    assert distances[0, 0, 0, -1] == 0
    np.testing.assert_allclose(distances[0, 3, 3], [2.5, 2.5, 2.5, 2.5, 1])


@pytest.mark.filterwarnings("error")
def test_targets_of_a_crop_inside_one_cell() -> None:
    probability, distances = star_targets(np.full((1, 8, 8), 3, np.int32), rays=8, grid=1)
    assert probability.max() == 1
    assert np.isfinite(distances).all()


def test_stardist_opens_the_export(tmp_path: Path) -> None:
    segmenter = Stardist(spec(), channels=1)
    fit(segmenter)
    segmenter.thresholds = {"prob": 0.3, "nms": 0.5}
    folder = segmenter.export(tmp_path)
    opened = StarDist2D(None, name=folder.name, basedir=str(folder.parent))
    image = simulated_sample("other").image
    assert opened.thresholds._asdict() == segmenter.thresholds
    labels, _ = opened.predict_instances(image, axes="YXC")
    np.testing.assert_array_equal(
        labels, segmenter.decode(segmenter.infer(image), segmenter.thresholds)
    )


def test_tiles_leave_no_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    segmenter = Stardist(spec(), channels=1)
    image = simulated_sample("large", shape=(200, 170)).image
    whole = segmenter.infer(image)
    monkeypatch.setattr("trainables.segmenters.stardist.segmenter.TILE_PX", 96)
    tiled = segmenter.infer(image)
    order, tiled_order = np.lexsort(whole.centres.T), np.lexsort(tiled.centres.T)
    np.testing.assert_array_equal(tiled.centres[tiled_order], whole.centres[order])
    np.testing.assert_allclose(
        tiled.distances[tiled_order], whole.distances[order], rtol=1e-4, atol=1e-4
    )


def test_cells_that_are_sure_win_over_those_they_overlap() -> None:
    segmenter = Stardist(spec(), channels=1)
    candidates = Candidates(
        shape=(40, 40),
        probability=np.array([0.6, 0.9, 0.4, 0.8], np.float32),
        distances=np.full((4, 16), 6, np.float32),
        centres=np.array([[10, 10], [10, 12], [30, 10], [30, 30]]),
    )
    labels = segmenter.decode(candidates, {"prob": 0.5, "nms": 0.4})
    # The first is suppressed by the second, the third lies below the threshold.
    assert len(np.unique(labels)) == 3
    assert labels[10, 17] > 0
    assert labels[10, 5] == labels[30, 10] == 0
    assert labels[30, 30] > 0


@pytest.mark.parametrize(("have", "want"), [(1, 3), (3, 1), (2, 3), (3, 2)])
def test_weights_are_fitted_to_the_channels(have: int, want: int) -> None:
    network = model(channels=have)
    fitted = adapted(network, SMALL, channels=want, training=SHORT)
    grey = simulated_sample("other").image
    np.testing.assert_allclose(
        dense(fitted, np.repeat(grey, want, axis=2)),
        dense(network, np.repeat(grey, have, axis=2)),
        rtol=1e-3,
        atol=1e-4,
    )


def test_a_head_for_more_rays_predicts_what_the_rays_around_each_did() -> None:
    network = model()
    fitted = adapted(network, StardistSpec(rays=32), channels=1, training=SHORT)
    image = simulated_sample("other").image
    ours, theirs = dense(fitted, image), dense(network, image)
    assert ours.shape[-1] == 1 + 32
    np.testing.assert_allclose(ours[..., 0], theirs[..., 0], atol=1e-5)
    np.testing.assert_allclose(ours[..., 1::2], theirs[..., 1:], atol=1e-4)
    following = np.roll(theirs[..., 1:], -1, axis=-1)
    np.testing.assert_allclose(ours[..., 2::2], (theirs[..., 1:] + following) / 2, atol=1e-4)


def test_saved_weights_are_fitted_to_rays_and_channels_and_keep_their_architecture(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stardist_network.write(model(), tmp_path, thresholds={"prob": 0.4, "nms": 0.3})
    other = StardistSpec(rays=32, grid=1, depth=1, filters=4)
    segmenter = Stardist(spec(segmenter=other), channels=3)
    with caplog.at_level(logging.WARNING):
        segmenter.initialise(tmp_path)
    assert {name: tried[0] for name, tried in segmenter.threshold_values().items()} == {
        "prob": 0.4,
        "nms": 0.3,
    }
    assert "wins over the spec: grid 2, not 1." in caplog.text
    image = simulated_sample("other", channels=3).image
    assert segmenter.infer(image).distances.shape[1] == 32
    assert len(fit(segmenter, channels=3)) == SHORT.evaluations


def test_a_model_without_thresholds_gets_those_of_stardist_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stardist_network.write(model(), tmp_path, thresholds={"prob": 0.45, "nms": 0.3})
    (tmp_path / "thresholds.json").unlink()
    with caplog.at_level(logging.WARNING):
        read = stardist_network.read(tmp_path)
    assert read.thresholds._asdict() == {"prob": 0.5, "nms": 0.4}
    assert "has no thresholds.json" in caplog.text


@pytest.fixture
def public_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "2D_mine"
    folder.mkdir()
    stardist_network.write(model(), folder, thresholds={"prob": 0.45, "nms": 0.3})
    return folder


def test_a_public_model_from_a_folder_brings_its_thresholds_and_training_writes_no_file(
    public_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # TensorBoard's files would lie here or in the model's folder
    before = sorted(tmp_path.rglob("*"))
    weights = WeightsSpec(kind="pretrained", origin="public", name=str(public_folder))
    segmenter = Stardist(spec(weights=weights), channels=1)
    image = simulated_sample("other").image
    assert np.array_equal(
        segmenter.infer(image).probability,
        reference(public_folder, image, prob=min(segmenter.threshold_values()["prob"])),
    )
    assert segmenter.thresholds == {"prob": 0.45, "nms": 0.3}
    assert segmenter.threshold_values()["prob"][0] == 0.45
    assert segmenter.threshold_values()["nms"] == (0.3, 0.4, 0.5)
    fit(segmenter)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_zero_shot_trial_tunes_from_the_thresholds_of_its_model(public_folder: Path) -> None:
    weights = WeightsSpec(kind="pretrained", origin="public", name=str(public_folder))
    images = [simulated_sample(name) for name in ("training", "validation", "test")]
    training, validation, test = ([image] for image in images)
    result = run_trial(
        dataclasses.replace(
            spec(weights=weights, training=dataclasses.replace(SHORT, images_seen=0)),
            threshold_tries=1,
        ),
        TrialData(training=training, validation=validation, test=test),
        report=lambda progress: None,
        checkpoints=NoCheckpoints(),
    )
    assert result.thresholds == {"prob": 0.45, "nms": 0.3}
    assert len(result.test) == 1


def reference(folder: Path, image: np.ndarray, *, prob: float) -> np.ndarray:
    opened = StarDist2D(None, name=folder.name, basedir=str(folder.parent))
    return opened.predict_sparse(image, prob_thresh=prob, axes="YXC")[0]


def test_a_saved_trial_needs_its_public_model_no_more(public_folder: Path, tmp_path: Path) -> None:
    weights = WeightsSpec(kind="pretrained", origin="public", name="gone")
    segmenter = Stardist(spec(weights=weights), channels=1)
    segmenter.load(public_folder)
    assert segmenter.thresholds == {"prob": 0.45, "nms": 0.3}
    segmenter.infer(simulated_sample("other").image)


def test_a_saved_trial_keeps_candidates_down_to_its_own_threshold(tmp_path: Path) -> None:
    stardist_network.write(model(), tmp_path, thresholds={"prob": 0.05, "nms": 0.4})
    segmenter = Stardist(spec(), channels=1)
    segmenter.load(tmp_path)
    assert min(segmenter.threshold_values()["prob"]) == 0.05


@pytest.mark.parametrize("name", ["config.json", "weights_best.h5"])
def test_a_missing_file_of_a_model_is_named(public_folder: Path, name: str) -> None:
    (public_folder / name).unlink()
    with pytest.raises(ValueError, match=f"{name} is missing"):
        stardist_network.read(public_folder)


@pytest.mark.parametrize("name", ["config.json", "weights_best.h5"])
def test_a_broken_file_of_a_model_is_named(public_folder: Path, name: str) -> None:
    (public_folder / name).write_bytes(b"not what it seems")
    with pytest.raises(ValueError, match="could not be read"):
        stardist_network.read(public_folder)


def test_a_model_of_several_classes_is_refused(public_folder: Path) -> None:
    config = json.loads((public_folder / "config.json").read_text())
    several = StarDist2D(
        stardist_network.Config2D(
            n_rays=16, n_classes=2, unet_n_depth=1, unet_n_filter_base=4, axes="YXC"
        ),
        basedir=None,
    )
    assert config["n_classes"] is None
    stardist_network.write(several, public_folder, thresholds={"prob": 0.5, "nms": 0.4})
    with pytest.raises(ValueError, match="tells 2 apart"):
        stardist_network.read(public_folder)


def test_crops_must_be_halved_evenly() -> None:
    segmenter = Stardist(spec(segmenter=StardistSpec(grid=4, depth=4, filters=4)), channels=1)
    with pytest.raises(ValueError, match=r"multiple of grid \* 2 \*\* depth = 64 .* got 32"):
        fit(segmenter)


def test_another_family_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a StardistSpec, but got UnetSpec"):
        Stardist(spec(segmenter=UnetSpec()), channels=1)


def test_a_promised_gpu_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stardist_runtime.tf.config, "list_physical_devices", lambda kind: [])
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    with pytest.raises(ValueError, match=r"pip install 'cell-segmentation-study\[gpu\]'"):
        Stardist(spec(), channels=1)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    Stardist(spec(), channels=1)
