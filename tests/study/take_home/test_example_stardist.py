"""The lines on the card of a StarDist model give the labels that the model gives."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trainables.segmenters.stardist.segmenter import Stardist  # first: it starts TensorFlow

from trainables.segmenters.stardist.example import stardist_example  # isort: skip

from tests.trainables.segmenters.contract import simulated_sample
from tests.trainables.segmenters.stardist.stardist_trials import fit, spec
from trainables.data.normalise import normalise
from trainables.models.model import Model


@pytest.fixture(scope="module")
def segmenter() -> Stardist:
    trained = Stardist(spec(), channels=1)
    fit(trained)
    trained.thresholds = {"prob": 0.3, "nms": 0.5}
    return trained


@pytest.mark.parametrize("scale", [1.0, 0.6, 1.7])
def test_the_lines_give_the_labels_of_the_model(
    segmenter: Stardist, scale: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = 200 * simulated_sample("other", shape=(90, 70)).image + 37  # as a microscope gives it
    model = Model(spec=spec(), segmenter=segmenter, channels=1, scale=scale)
    (tmp_path / "mine").mkdir()
    segmenter.export(tmp_path / "mine")
    monkeypatch.chdir(tmp_path / "mine")
    names: dict[str, Any] = {"image": image}
    exec("\n".join(stardist_example("mine", scale=scale)), names)
    expected = model.predict(normalise(image))
    assert expected.max() > 0
    np.testing.assert_array_equal(names["labels"], expected)
