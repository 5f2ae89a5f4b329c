"""The command on the card of a Cellpose-SAM model makes the stock tool do what the model does."""

import shlex
from pathlib import Path

import numpy as np
import pytest
import torch
from cellpose.cli import get_arg_parser
from cellpose.models import CellposeModel

from study.store import Store
from study.take_home.model_card import model_card
from tests.reports.fake_study import FAMILIES, FakeStudy
from tests.trainables.segmenters.cellpose.tiny_vit import make_tiny
from trainables.data.scale import labels_to_shape
from trainables.models.model import Model
from trainables.segmenters.cellpose.decoding import CellposeInference, decode_flows
from trainables.segmenters.cellpose.flows import flows_from_labels
from trainables.segmenters.cellpose.networks import CpsamNetwork
from trainables.segmenters.cellpose.settings import CellposeSpec

CPU = torch.device("cpu")
THRESHOLDS = {"cellprob": 0.0, "flow": 0.4, "smallest_px": 30.0, "niter": 100.0}


class Decoder:
    """A perfect network for one image, with the decoding of Cellpose."""

    thresholds = THRESHOLDS

    def __init__(self, maps: np.ndarray) -> None:
        self.maps = maps

    def infer(self, image: np.ndarray) -> CellposeInference:
        assert image.shape[:2] == self.maps.shape[1:]
        return CellposeInference(self.maps)

    def decode(self, inference: CellposeInference, thresholds: dict[str, float]) -> np.ndarray:
        return decode_flows(inference, thresholds, device=CPU)


def model_at(scale: float, folder: Path) -> tuple[Model, Store, np.ndarray]:
    """A model of a study, the study, and an image of 80 x 120 working pixels.

    Its cells have 10, 7 and 5 working pixels a side: 100, 49 and 25 of them.
    """
    labels = np.zeros((80, 120), np.int32)
    for label, (side, row, column) in enumerate(((10, 40, 20), (7, 40, 60), (5, 41, 101)), start=1):
        labels[row : row + side, column : column + side] = label
    flows = 5 * flows_from_labels(labels, device=CPU)
    maps = np.concatenate([flows, 8.0 * (labels > 0)[None] - 4]).astype(np.float16)
    store = Store(FakeStudy(pictures=False).write(folder / "study"))
    result = next(
        one
        for one in store.results().values()
        if one.spec.stage == "confirm" and one.trial.arm == "cellpose"
    )
    spec, segmenter = result.trial, Decoder(maps)
    model = Model(spec=spec, segmenter=segmenter, channels=1, scale=scale)  # type: ignore[arg-type]
    image = labels_to_shape(labels, (round(80 / scale), round(120 / scale))) > 0
    return model, store, image[:, :, None].astype(np.float32)


@pytest.mark.parametrize("scale", [0.25, 1.0, 2.0])
@pytest.mark.filterwarnings("ignore:Sparse invariant checks:UserWarning")  # Cellpose's own call
def test_it_finds_the_same_cells_at_any_scale(
    scale: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FAMILIES, "cellpose", CellposeSpec(backbone="cpsam"))
    model, store, image = model_at(scale, tmp_path)
    text = model_card(model, store, exported=Path("cellpose_model"))
    command = text.split("```")[1].replace("\\\n", " ")
    options = get_arg_parser().parse_args(shlex.split(command)[1:])

    make_tiny(monkeypatch)
    CpsamNetwork().cellpose.save_model(tmp_path / "tiny")
    asked: list[float] = []
    maps = model.segmenter.infer(np.empty((80, 120, 1))).maps

    def perfect(
        net: object, images: np.ndarray, *, rsz: float | None = None, **_: object
    ) -> tuple[np.ndarray, np.ndarray]:
        asked.append(rsz or 1.0)
        return maps.transpose(1, 2, 0)[np.newaxis].astype(np.float32), np.zeros((1, 256))

    monkeypatch.setattr("cellpose.models.run_net", perfect)
    theirs, _, _ = CellposeModel(pretrained_model=str(tmp_path / "tiny")).eval(
        image,
        channel_axis=-1,
        diameter=options.diameter,
        flow_threshold=options.flow_threshold,
        cellprob_threshold=options.cellprob_threshold,
        min_size=options.min_size,
        niter=options.niter,
        resample=not options.no_resample,
    )

    assert asked == [pytest.approx(scale, rel=1e-4)]
    ours = model.predict(image)
    assert ours.max() == 2  # the third has fewer than 30 working pixels
    assert theirs.max() == 2
    assert np.mean(theirs != ours) < 0.005  # both go back to the image by nearest neighbour
