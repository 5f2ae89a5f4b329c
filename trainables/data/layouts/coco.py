"""COCO JSON as LIVECell ships it: polygons or run lengths of each cell, images by file name."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from trainables.data.files.defect import Problem
from trainables.data.files.files import is_image, read_image
from trainables.data.layouts.coco_masks import labels_of
from trainables.data.layouts.pairs import leaves, record, relative
from trainables.data.layouts.parts import side_of
from trainables.data.opening.records import Found, Options, Record

MAX_DEPTH_PATTERNS = ("*.json", "*/*.json", "*/*/*.json")


def find(root: Path, options: Options) -> Found | None:
    """Records of the images that COCO files in the folder name; None where there is no such file.

    Images are looked for under their file name anywhere in the folder, as LIVECell's JSON files
    leave out the folders.
    """
    files = [path for pattern in MAX_DEPTH_PATTERNS for path in sorted(root.glob(pattern))]
    contents = [(path, content) for path in files if (content := _load(path)) is not None]
    if not contents:
        return None
    located: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(root.rglob("*")):
        if is_image(path):
            located[path.name].append(path)
    found = Found()
    seen: set[Path] = set()
    for path, content in contents:
        _add(found, path, content, located=located, seen=seen, root=root, options=options)
    return found


def _load(path: Path) -> dict[str, Any] | None:
    """The content of a file that is COCO, else None."""
    try:
        with path.open(encoding="utf-8") as stream:
            content = json.load(stream)
    except (OSError, ValueError):
        return None
    is_coco = isinstance(content, dict) and {"images", "annotations"} <= set(content)
    return content if is_coco else None


def _add(
    found: Found,
    file: Path,
    content: dict[str, Any],
    *,
    located: dict[str, list[Path]],
    seen: set[Path],
    root: Path,
    options: Options,
) -> None:
    cells = defaultdict(list)
    for annotation in _values(content["annotations"]):
        cells[annotation.get("image_id")].append(annotation)
    for image in _values(content["images"]):
        name = str(image.get("file_name", ""))
        path = _locate(name, located, root)
        if isinstance(path, str):
            found.problems.append(
                Problem(
                    file=relative(file, root),
                    what=f"names the image {name!r}, which {path}",
                    remedy="put one image of this name into the data set's folder",
                )
            )
        elif path not in seen:
            seen.add(path)
            found.records.append(_record(path, image, cells[image.get("id")], file, options))


def _values(items: Any) -> Iterator[dict[str, Any]]:
    """Items of a list, or of a dict by id, which is what some of LIVECell's files hold."""
    found = items.values() if isinstance(items, dict) else items
    yield from (item for item in found or () if isinstance(item, dict))


def _locate(name: str, located: dict[str, list[Path]], root: Path) -> Path | str:
    """The file of an image, or why there is none."""
    parts = PurePosixPath(name.replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts:
        return "is outside of the data set"
    places = [root / parts] if (root / parts).is_file() else located.get(parts.name, [])
    if not places:
        return "is not there"
    if len(places) > 1:
        return f"is in {len(places)} folders"
    path = places[0]
    return "is a link out of the data set" if leaves(path, root) else path


def _record(
    path: Path, image: dict[str, Any], cells: list[dict[str, Any]], file: Path, options: Options
) -> Record:
    plain = record(path, None, id=path.stem, options=options, side=side_of(Path(file.stem)))
    return replace(plain, mask=file, read_labels=partial(_read, cells, image, path))


def _read(cells: list[dict[str, Any]], image: dict[str, Any], path: Path) -> np.ndarray:
    """Labels at the size given in the COCO file, or at the image's own where it gives none."""
    height, width = image.get("height"), image.get("width")
    if not (isinstance(height, int) and isinstance(width, int)):
        height, width = read_image(path).shape[:2]
    return labels_of(cells, shape=(height, width), file=path.name)
