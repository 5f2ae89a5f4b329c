"""`study predict`: instance labels as TIFF."""

import sys
from dataclasses import dataclass, field
from pathlib import Path

from tyro.conf import Positional

from study.command_line.existing import existing
from study.command_line.reading import PlaneOptions


@dataclass(frozen=True, kw_only=True)
class Predict:
    """Labels images with the model that a study chose."""

    folder: Positional[Path]
    """The study's folder."""
    images: Positional[tuple[Path, ...]]
    """Images, or folders of images."""
    out: Path = Path("predicted")
    """Folder for the labels: one 16- or 32-bit TIFF per image."""
    arm: str = ""
    """Take the model of this arm in place of the winner."""
    reading: PlaneOptions = field(default_factory=PlaneOptions)

    def run(self, line: str) -> int:
        """Prints the path of each label image as it is written; returns the exit status."""
        from study.take_home.predict import predict_with_study

        for path in predict_with_study(
            existing(self.folder),
            self.images,
            arm=self.arm,
            out=self.out,
            channel=self.reading.channel,
            plane=self.reading.plane,
            note=lambda text: print(text, file=sys.stderr),
        ):
            print(path)
        return 0
