"""Every layout of data sets on disk there is, and how to open one."""

from collections.abc import Callable, Mapping
from pathlib import Path

from trainables.data.layouts import (
    bbbc039,
    cellpose,
    coco,
    ctc,
    dsb2018,
    folders,
    neurips,
    nuinsseg,
    omnipose,
    stardist,
    tissuenet,
)
from trainables.data.layouts.archive import refuse_archive
from trainables.data.layouts.unlabelled import find_unlabelled
from trainables.data.opening.dataset import Dataset
from trainables.data.opening.records import Found, Options
from trainables.data.opening.scan import scan

Find = Callable[[Path, Options], Found | None]

LAYOUTS: dict[str, Find] = {
    "tissuenet": tissuenet.find,
    "livecell": coco.find,
    "ctc": ctc.find,
    "nuinsseg": nuinsseg.find,
    "dsb2018": dsb2018.find,
    "bbbc039": bbbc039.find,
    "neurips": neurips.find,
    "stardist": stardist.find,
    "omnipose": omnipose.find,
    "cellpose": cellpose.find,
    "folders": folders.find,
}
"""Finds the images of each layout, None where it is not this one; asked in this order."""


def open_dataset(
    path: Path,
    *,
    layout: str = "auto",
    channel: str = "",
    group_pattern: str = "",
    plane: int = 0,
    components: bool = False,
    unlabelled: Path | None = None,
) -> Dataset:
    """Opens a folder of annotated images, whatever its layout, and looks at each file once.

    Args:
        path: the folder, or one `.npz` of TissueNet.
        layout: a name in `LAYOUTS`, or `auto` to recognise it.
        channel: image channels to keep by number, e.g. "0" or "0,1"; TissueNet: the labels by
            name, `whole_cell` or `nuclear`; empty means all channels, and whole cells.
        group_pattern: name of a column of index.csv, or a regular expression that is searched in
            each id and whose first group (or whole match) names the group.
        plane: which plane of image stacks, 0 is the first.
        components: take each connected piece of a binary mask as one cell.
        unlabelled: another folder, whose images are added without labels.

    Returns:
        The data set; files with a defect are left out and listed in its `problems`.

    Raises:
        ValueError: there is no such folder, nothing in it is recognised, or no image of it can
            be used.
    """
    refuse_archive(path)
    if not path.is_dir() and not (path.is_file() and path.suffix == ".npz"):
        raise ValueError(f"A data set must be an existing folder, but {path} is none.")
    options = Options(channel=channel, plane=plane, components=components)
    name, found = _recognise(path, layout, options)
    if channel and not options.channels and name != "tissuenet":
        raise ValueError(
            f"channel must be image channels by number, such as 0 or 0,1, for a data set of layout "
            f"{name}, but got {channel!r}: only TissueNet has labels by name."
        )
    others = None
    if unlabelled is not None:
        others = find_unlabelled(
            unlabelled,
            options,
            beside=found,
            group_pattern=group_pattern,
            recognise=lambda folder, options: _first(folder, options, LAYOUTS)[1],
        )
    return scan(found, path=path, layout=name, group_pattern=group_pattern, unlabelled=others)


def _first(
    path: Path, options: Options, tried: Mapping[str, Find]
) -> tuple[str, Found] | tuple[str, None]:
    """The first layout that knows a folder, with what it found there."""
    for name, find in tried.items():
        found = find(path, options)
        if found is not None:
            return name, found
    return "", None


def _recognise(path: Path, layout: str, options: Options) -> tuple[str, Found]:
    if layout != "auto" and layout not in LAYOUTS:
        raise ValueError(f"layout must be one of {['auto', *LAYOUTS]}, but got {layout!r}.")
    if path.is_file():
        layout = "tissuenet"
    tried = LAYOUTS if layout == "auto" else {layout: LAYOUTS[layout]}
    name, found = _first(path, options, tried)
    if found is not None:
        return name, found
    raise ValueError(
        f"No data set of layout {layout!r} was recognised in {path}: make two folders in it, "
        f"images/ and masks/, with files of the same stems, or name one of {list(LAYOUTS)}."
    )
