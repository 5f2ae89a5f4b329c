"""`study export`: the model in its family's own format, with its card."""

import sys
from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

from study.command_line.existing import existing


@dataclass(frozen=True, kw_only=True)
class Export:
    """Writes the chosen model in its family's own format, for the family's tools."""

    folder: Positional[Path]
    """The study's folder."""
    out: Path | None = None
    """Folder to write to; without it, `export` in the study's folder."""
    arm: str = ""
    """Take the model of this arm in place of the winner."""
    bioimageio: bool = False
    """Write the BioImage.IO package of the model as well."""
    authors: tuple[str, ...] = ()
    """Names of the package's authors; BioImage.IO accepts no upload without one."""
    licence: str = ""
    """SPDX name of the package's licence, e.g. CC-BY-4.0; empty: that of the initial weights."""

    def run(self, line: str) -> int:
        """Prints the path of each file as it is written; returns the exit status."""
        from study.take_home.export import PackageRequest, export_model

        package = PackageRequest(authors=self.authors, licence=self.licence)
        if self.bioimageio:
            print("bioimageio.core will run the package, which takes a while.", file=sys.stderr)
        for path in export_model(
            existing(self.folder),
            arm=self.arm,
            out=self.out or self.folder / "export",
            package=package if self.bioimageio else None,
        ):
            print(path)
        return 0
