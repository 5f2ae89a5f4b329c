"""The command line; heavy libraries are imported only by the command that needs them."""

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from tyro.conf import OmitArgPrefixes, Positional, subcommand

from study.options import RunOptions

MARGIN_F1 = 0.01
"""As in reports/compare.py, which is not light enough to be imported here."""


@dataclass(frozen=True, kw_only=True)
class Status:
    """Shows how far a study has come."""

    folder: Positional[Path]
    """The study's folder."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """Writes the report of a study, finished or not, and sends MLflow what it has missed.

    Given several studies, puts them side by side: rank and difference of the arms by data set.
    """

    folders: Positional[tuple[Path, ...]]
    """The study's folder, or those of several studies."""
    margin: float = MARGIN_F1
    """Differences of test F1 up to this are of no account: "no difference" means none above it."""
    out: Path = Path("comparison")
    """Where the comparison of several studies is written."""
    tracking_uri: str = ""
    """MLflow server or database; empty: the one in the study's folder."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """Tells in one screen what a data set holds, what is wrong with it, and what it allows."""

    dataset: Positional[Path]
    """Folder or file of the data set."""
    layout: str = "auto"
    """Layout on disk; `auto` recognises it."""
    channel: str = ""
    """Which labels or channels, where there are several by name."""
    group: str = ""
    """Column of index.csv, or regular expression whose first group names what stays together."""
    plane: int = 0
    """Plane of multi-page images."""
    components: bool = False
    """Take each connected piece of a binary mask as one cell."""
    unlabelled: Path | None = None
    """Folder of further images, which are used without labels."""
    detect_duplicates: bool = True
    """Look for copies and overlapping or adjoining crops of one field."""
    out: Path | None = None
    """Where to write the contact sheet (PNG); none is written without it."""


@dataclass(frozen=True, kw_only=True)
class Predict:
    """Labels images with the model that a study chose."""

    folder: Positional[Path]
    """The study's folder."""
    images: Positional[tuple[Path, ...]]
    """Images, or folders of images."""
    out: Path = Path("predicted")
    """Where the labels go: one 16- or 32-bit TIFF an image."""
    arm: str = ""
    """Take the model of this arm in place of the winner."""


@dataclass(frozen=True, kw_only=True)
class Export:
    """Writes the chosen model in its family's own format, for its own tools."""

    folder: Positional[Path]
    """The study's folder."""
    out: Path | None = None
    """Where to; a folder `export` in the study's without it."""
    arm: str = ""
    """Take the model of this arm in place of the winner."""
    bioimageio: bool = False
    """Write the BioImage.IO package of the model as well."""
    authors: tuple[str, ...] = ()
    """Names for the package; BioImage.IO takes no upload without one."""
    licence: str = ""
    """SPDX name of the package's licence, e.g. CC-BY-4.0; empty: that of the initial weights."""


@dataclass(frozen=True, kw_only=True)
class Ui:
    """Opens MLflow's own pages over a study, on this machine only (127.0.0.1)."""

    folder: Positional[Path]
    """The study's folder."""
    port: int = 5000
    """Port of the pages."""


Command = (
    Annotated[RunOptions, subcommand("run", prefix_name=False)]
    | Annotated[Status, subcommand("status", prefix_name=False)]
    | Annotated[Report, subcommand("report", prefix_name=False)]
    | Annotated[Check, subcommand("check", prefix_name=False)]
    | Annotated[Predict, subcommand("predict", prefix_name=False)]
    | Annotated[Export, subcommand("export", prefix_name=False)]
    | Annotated[Ui, subcommand("ui", prefix_name=False)]
)


def main() -> None:
    """Runs one command; what the user can mend is said in one sentence, exit status 1."""
    command = tyro.cli(
        Command,  # type: ignore[arg-type]
        prog="study",
        config=(OmitArgPrefixes,),
        description="Decides, with evidence, how to segment cells when annotations are few.",
    )
    from study import commands

    try:
        sys.exit(commands.run_command(command, shlex.join(["study", *sys.argv[1:]])))
    except (ValueError, OSError) as error:
        sys.exit(f"study: {error}")
    except KeyboardInterrupt:
        sys.exit("study: stopped. The same command goes on from here.")
