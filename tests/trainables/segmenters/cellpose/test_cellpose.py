import dataclasses
import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from cellpose.models import CellposeModel

from tests.trainables.segmenters.cellpose.tiny_vit import make_tiny
from tests.trainables.segmenters.contract import otherwise_seeded, simulated_sample
from trainables.segmenters.cellpose.networks import CpsamNetwork, load_cpsam, network_depths
from trainables.segmenters.cellpose.segmenter import Cellpose
from trainables.segmenters.cellpose.settings import CellposeSpec
from trainables.segmenters.unet.settings import UnetSpec
from trainables.spec.randomness import Randomness
from trainables.spec.training_spec import TrainingSpec
from trainables.spec.trial_spec import DataSpec, TrialSpec, WeightsSpec
from trainables.training.contract import Extra, NoCheckpoints

SHORT = TrainingSpec(
    images_seen=2, batch_size=1, evaluations=1, crop_px=256, learning_rate=1e-3, intensity=0.0
)
SPEC = TrialSpec(
    stage="search",
    arm="cellpose",
    study_seed=1,
    seed=0,
    data=DataSpec(split="test", annotation_count=2, draw=0),
    segmenter=CellposeSpec(backbone="cpsam"),
    training=SHORT,
)
COMPACT = dataclasses.replace(
    SPEC,
    segmenter=CellposeSpec(backbone="compact"),
    training=dataclasses.replace(SHORT, crop_px=64),
)


@pytest.fixture
def tiny_vit(monkeypatch: pytest.MonkeyPatch) -> None:
    make_tiny(monkeypatch)


def fit(segmenter: Cellpose, *, channels: int = 1) -> None:
    segmenter.fit(
        [simulated_sample("training", channels=channels)],
        extra=Extra(),
        validation=[simulated_sample("validation", channels=channels)],
        randomness=Randomness((1,)),
        report=lambda progress: None,
        checkpoints=NoCheckpoints(),
    )


def weights_file(folder: Path) -> Path:
    """A file of random weights, as Cellpose saves them."""
    torch.manual_seed(3)
    file = folder / "published"
    CpsamNetwork().cellpose.save_model(file)
    return file


def test_the_study_the_draw_and_the_seed_decide_the_initial_weights(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[float] = []

    def build(*given: object, **named: object) -> torch.nn.Module:
        drawn.append(float(torch.rand(())))
        return torch.nn.Conv2d(1, 1, 1)

    monkeypatch.setattr("trainables.segmenters.cellpose.segmenter.build_network", build)
    for spec in (COMPACT, *otherwise_seeded(COMPACT), COMPACT):
        Cellpose(spec, channels=1)
    assert len(set(drawn[:4])) == 4
    assert drawn[4] == drawn[0]


@pytest.mark.usefixtures("tiny_vit")
class TestCpsam:
    def test_public_weights_are_used_from_their_file(self, tmp_path: Path) -> None:
        file = weights_file(tmp_path)
        public = WeightsSpec(kind="pretrained", origin="public", name=str(file))
        segmenter = Cellpose(dataclasses.replace(SPEC, weights=public), channels=1)
        image = simulated_sample("other", shape=(200, 300)).image
        maps = segmenter.infer(image).maps
        theirs = CellposeModel(pretrained_model=str(file), use_bfloat16=False).eval(
            np.repeat(image, 3, axis=2) * [1, 0, 0], channel_axis=-1, compute_masks=False
        )
        np.testing.assert_allclose(maps[:2], theirs[1][1], atol=0.05)
        np.testing.assert_allclose(maps[2], theirs[1][2], atol=0.05)

    def test_a_missing_public_model_is_an_error(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CELLPOSE_LOCAL_MODELS_PATH", str(tmp_path))
        public = WeightsSpec(kind="pretrained", origin="public", name="cpsam")
        segmenter = Cellpose(dataclasses.replace(SPEC, weights=public), channels=1)
        with pytest.raises(ValueError, match="no public Cellpose model 'cpsam'"):
            segmenter.infer(np.zeros((64, 64, 1), np.float32))

    def test_a_saved_model_needs_no_public_weights(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        public = WeightsSpec(kind="pretrained", origin="public", name=str(weights_file(tmp_path)))
        spec = dataclasses.replace(SPEC, weights=public)
        one = Cellpose(spec, channels=1)
        one.save(tmp_path)
        (tmp_path / "published").unlink()
        other = Cellpose(spec, channels=1)
        other.load(tmp_path)
        image = simulated_sample("other").image
        assert other.infer(image) == one.infer(image)

    @pytest.mark.parametrize("channels", [1, 2, 3])
    def test_training_changes_the_encoder_but_not_the_fixed_readout(self, channels: int) -> None:
        segmenter = Cellpose(SPEC, channels=channels)
        before = {name: value.clone() for name, value in segmenter._network.state_dict().items()}
        fit(segmenter, channels=channels)
        after = segmenter._network.state_dict()
        changed = {name for name in after if not torch.equal(after[name], before[name])}
        assert "cellpose.encoder.blocks.0.attn.qkv.weight" in changed
        assert "cellpose.out.weight" in changed
        assert "cellpose.W2" not in changed

    def test_cellpose_opens_what_is_exported(self, tmp_path: Path) -> None:
        segmenter = Cellpose(SPEC, channels=1)
        file = segmenter.export(tmp_path)
        model = CellposeModel(pretrained_model=str(file), use_bfloat16=False)
        ours = segmenter._network.cellpose.state_dict()
        for name, value in model.net.state_dict().items():
            assert torch.equal(value, ours[name])
        about = json.loads((tmp_path / "cellpose.json").read_text())
        assert about["thresholds"] == segmenter.thresholds

    def test_depths_rise_from_the_patches_to_the_readout(self) -> None:
        depths = network_depths(CpsamNetwork())
        assert depths["cellpose.encoder.patch_embed.proj.weight"] == 0
        assert depths["cellpose.encoder.pos_embed"] == 0
        first, second = (depths[f"cellpose.encoder.blocks.{n}.norm1.weight"] for n in (0, 1))
        assert 0 < first < second < 0.5
        assert 0.5 <= depths["cellpose.encoder.neck.0.weight"] < 1
        assert depths["cellpose.out.weight"] == 1
        assert "cellpose.W2" not in depths

    def test_a_file_of_something_else_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "text").write_text("no weights")
        with pytest.raises(ValueError, match="cannot be read"):
            load_cpsam(CpsamNetwork(), tmp_path / "text")
        torch.save({"W2": torch.zeros(3)}, tmp_path / "other")
        with pytest.raises(ValueError, match="has no fitting"):
            load_cpsam(CpsamNetwork(), tmp_path / "other")

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("downsample.down.res_down_0.conv.conv_0.0.weight", "Cellpose 1 to 3.*`source`"),
            ("encoder.cls_token", "CP-DINO"),
            ("stem.weight", "some other network"),
        ],
    )
    def test_a_model_of_another_kind_is_named(self, tmp_path: Path, name: str, said: str) -> None:
        torch.save({name: torch.zeros(3), "diam_mean": torch.zeros(1)}, tmp_path / "cyto3")
        with pytest.raises(ValueError, match=said) as caught:
            load_cpsam(CpsamNetwork(), tmp_path / "cyto3")
        assert "cyto3" in str(caught.value)

    def test_crops_of_another_side_are_refused(self) -> None:
        training = dataclasses.replace(SHORT, crop_px=128)
        with pytest.raises(ValueError, match="crop_px must be 256"):
            Cellpose(dataclasses.replace(SPEC, training=training), channels=1)

    def test_more_than_three_channels_are_refused(self) -> None:
        with pytest.raises(ValueError, match="at most 3 channels, but got 4"):
            Cellpose(SPEC, channels=4)


@pytest.mark.skipif(find_spec("dinov3") is not None, reason="dinov3 is installed")
def test_cp_dino_without_its_package_is_refused_in_a_sentence() -> None:
    cpdino = dataclasses.replace(SPEC, segmenter=CellposeSpec(backbone="cpdino"))
    with pytest.raises(ValueError, match=r"cpdino needs the package dinov3.*or use the backbone"):
        Cellpose(cpdino, channels=1)


def test_compact_has_no_public_weights() -> None:
    public = WeightsSpec(kind="pretrained", origin="public", name="cpsam")
    segmenter = Cellpose(dataclasses.replace(COMPACT, weights=public), channels=1)
    with pytest.raises(ValueError, match="compact has no public weights here"):
        fit(segmenter)
    with pytest.raises(ValueError, match="compact has no public weights here"):
        segmenter.infer(simulated_sample("other").image)


def test_a_saved_compact_model_needs_the_folder_it_started_from_no_more(tmp_path: Path) -> None:
    one = Cellpose(COMPACT, channels=1)
    one.save(tmp_path)
    gone = WeightsSpec(kind="pretrained", origin="public", name=str(tmp_path / "gone"))
    other = Cellpose(dataclasses.replace(COMPACT, weights=gone), channels=1)
    other.load(tmp_path)
    image = simulated_sample("other").image
    np.testing.assert_array_equal(other.infer(image).maps, one.infer(image).maps)


def test_another_familys_spec_is_refused() -> None:
    with pytest.raises(ValueError, match="UnetSpec"):
        Cellpose(dataclasses.replace(SPEC, segmenter=UnetSpec()), channels=1)


def test_weights_of_another_number_of_channels_are_shared_among_the_new_ones(
    tmp_path: Path,
) -> None:
    grey, colour = Cellpose(COMPACT, channels=1), Cellpose(COMPACT, channels=3)
    grey.save(tmp_path)
    colour.initialise(tmp_path)
    image = simulated_sample("other").image
    # bfloat16, where the hardware has it, rounds the sum over channels to 8 bits.
    np.testing.assert_allclose(
        colour.infer(np.repeat(image, 3, axis=2)).maps, grey.infer(image).maps, atol=0.05
    )


@pytest.mark.filterwarnings("ignore:.torch.jit.load. is deprecated:FutureWarning")
@pytest.mark.filterwarnings("ignore:Sparse invariant checks:UserWarning")  # Cellpose's own call
def test_the_exported_snippet_gives_the_labels_of_the_segmenter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    segmenter = Cellpose(COMPACT, channels=1)
    segmenter.export(tmp_path)
    about = json.loads((tmp_path / "cellpose.json").read_text())
    image = simulated_sample("other", shape=(70, 90)).image
    monkeypatch.chdir(tmp_path)
    names = {"image": image}
    exec("\n".join(about["python"]), names)
    maps = segmenter.infer(image).maps
    assert names["labels"].shape == (70, 90)
    np.testing.assert_allclose(names["flow_y"], maps[0], atol=0.05)
    np.testing.assert_allclose(names["cellprob"], maps[2], atol=0.05)
