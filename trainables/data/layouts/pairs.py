"""Pairs image files with mask files by their stems; shared by the layouts that need it."""

from collections import defaultdict
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from trainables.data.files.defect import Problem
from trainables.data.files.files import is_image, read_image, read_labels
from trainables.data.opening.records import Found, Options, Record, Side


def image_files(folder: Path) -> list[Path]:
    """Files directly in a folder that look like images, in the order of their names."""
    return sorted(path for path in folder.iterdir() if is_image(path))


def pair(
    images: Iterable[tuple[str, Path]],
    masks: Iterable[tuple[str, Path]],
    *,
    root: Path,
    options: Options,
    side: Side = "",
    prefix: str = "",
) -> Found:
    """Records of images and masks of the same stem.

    Args:
        images: stem and file of each image.
        masks: stem and file of each mask, its suffix already taken off the stem.
        root: folder of the data set; nothing outside of it is read.
        options: how to read.
        side: side of the split named by the folder.
        prefix: put before each stem to make ids.

    Returns:
        Records, those without a mask without labels, and a problem for each file left out.
    """
    found = Found()
    of_image = _unique(images, root=root, kind="images", problems=found.problems)
    of_mask = _unique(masks, root=root, kind="masks", problems=found.problems)
    for stem, image in of_image.items():
        mask = of_mask.pop(stem, None)
        if mask is None:
            found.problems.append(
                Problem(
                    file=relative(image, root),
                    what="has no mask",
                    remedy="it is used as an unlabelled image unless a mask is added",
                )
            )
        found.records.append(
            record(image, mask, id=prefix + stem, short_id=stem, options=options, side=side)
        )
    for mask in of_mask.values():
        found.problems.append(
            Problem(
                file=relative(mask, root),
                what="has no image of the same name",
                remedy="add the image or remove the mask",
            )
        )
    return found


def lone_images(images: Iterable[Path], *, root: Path, options: Options, side: Side = "") -> Found:
    """Records without labels, for images that nobody expects to have a mask."""
    found = Found()
    for path in images:
        if leaves(path, root):
            found.problems.append(_link(path, root))
            continue
        name = "-".join(path.relative_to(root).with_suffix("").parts)
        found.records.append(
            record(path, None, id=name, short_id=path.stem, options=options, side=side)
        )
    return found


def record(
    image: Path,
    mask: Path | None,
    *,
    id: str,
    options: Options,
    side: Side,
    short_id: str = "",
) -> Record:
    """A record whose image and labels are plain files."""
    return Record(
        id=id,
        image=image,
        mask=mask,
        read_image=partial(read_image, image, plane=options.plane, channels=options.channels),
        read_labels=partial(read_labels, mask, components=options.components, plane=options.plane)
        if mask
        else None,
        side=side,
        short_id=short_id,
    )


def relative(path: Path, root: Path) -> str:
    """A file's path within the data set, for messages."""
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def leaves(path: Path, root: Path) -> bool:
    """Whether a path, links followed, lies outside of the data set's folder."""
    return not path.resolve().is_relative_to(root.resolve())


def _unique(
    files: Iterable[tuple[str, Path]], *, root: Path, kind: str, problems: list[Problem]
) -> dict[str, Path]:
    """File of each stem; stems with several files and links out of the folder are left out."""
    by_stem: dict[str, list[Path]] = defaultdict(list)
    for stem, path in files:
        if leaves(path, root):
            problems.append(_link(path, root))
        else:
            by_stem[stem].append(path)
    for paths in by_stem.values():
        if len(paths) > 1:
            names = " and ".join(path.name for path in paths)
            problems.extend(
                Problem(
                    file=relative(path, root),
                    what=f"is one of several {kind} of one name ({names})",
                    remedy="keep one of them",
                )
                for path in paths
            )
    return {stem: paths[0] for stem, paths in by_stem.items() if len(paths) == 1}


def _link(path: Path, root: Path) -> Problem:
    return Problem(
        file=relative(path, root),
        what="is a link to a file outside of the data set",
        remedy="copy the file in",
    )
