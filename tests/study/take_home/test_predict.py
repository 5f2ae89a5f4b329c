"""New images are read as those of the study were, and brought to the model's channels."""

from pathlib import Path

import numpy as np
import tifffile

from study.take_home.predict import predict_images
from tests.trainables.data.layouts.write_layouts import save, save_volume
from trainables.data.opening.records import Options


class Threshold:
    """Stands for a trained model of grey images: bright pixels are one cell."""

    channels = 1

    def predict(self, image: object) -> np.ndarray:
        pixels = np.asarray(image[:, :])
        assert pixels.shape[2] == self.channels
        return (pixels[:, :, 0] > 0.5).astype(np.int32)


def test_plane_and_channels_are_those_of_the_study(tmp_path: Path) -> None:
    volume = np.zeros((3, 40, 50), np.uint16)
    volume[1, 5:9, 5:9], volume[2, 20:30, 20:30] = 900, 900
    save_volume(tmp_path / "new/volume.tif", volume)
    options = Options(plane=2)
    (path,) = predict_images(Threshold(), [tmp_path / "new"], out=tmp_path / "out", options=options)
    assert (tifffile.imread(path) == (volume[2] > 0)).all()

    colour = np.zeros((40, 50, 3), np.uint8)
    colour[5:9, 5:9, 1], colour[20:30, 20:30, 2] = 200, 200
    save(tmp_path / "colour.png", colour)
    notes: list[str] = []
    (path,) = predict_images(
        Threshold(),
        [tmp_path / "colour.png"],
        out=tmp_path / "out",
        options=Options(channel="2"),
        note=notes.append,
    )
    assert (tifffile.imread(path) == (colour[:, :, 2] > 0)).all()
    assert not notes


def test_colour_is_made_grey_and_told(tmp_path: Path) -> None:
    colour = np.zeros((40, 50, 3), np.uint8)
    colour[5:9, 5:9, 1], colour[20:30, 20:30, 2] = 200, 200
    save(tmp_path / "colour.png", colour)
    notes: list[str] = []
    (path,) = predict_images(
        Threshold(), [tmp_path / "colour.png"], out=tmp_path / "out", note=notes.append
    )
    assert (tifffile.imread(path) == colour.any(axis=2)).all()
    (note,) = notes
    assert note.endswith("colour.png: three-channel images are averaged to grey")
