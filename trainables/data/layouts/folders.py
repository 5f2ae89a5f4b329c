"""Two folders, `images/` and `masks/`, with files of the same stems; also below `train`, `test`."""

from pathlib import Path

from trainables.data.files.files import is_image
from trainables.data.layouts.pairs import image_files, lone_images, pair
from trainables.data.layouts.parts import Part, merge, parts, subfolders, unlabelled_folders
from trainables.data.opening.records import Found, Options

IMAGE_FOLDERS = ("images", "image", "imgs", "img", "raw")
MASK_FOLDERS = ("masks", "mask", "labels", "label", "gt", "ground_truth", "annotations")
MASK_ENDINGS = ("_cp_masks", "_labels", "_masks", "_label", "_mask", "_gt")


def find(root: Path, options: Options) -> Found | None:
    """Records of folder pairs, at the root or in parts below it; None where there is no pair."""
    found = [
        _records(part, folders, root, options)
        for part in parts(root, lambda folder: folder_pair(folder) is not None)
        if (folders := folder_pair(part.folder))
    ]
    return merge([*found, unlabelled(root, options)]) if found else None


def unlabelled(root: Path, options: Options) -> Found:
    """Records without labels, of the images in folders named as unlabelled."""
    images = [
        path
        for folder in unlabelled_folders(root)
        for path in sorted(folder.rglob("*"))
        if is_image(path)
    ]
    return lone_images(images, root=root, options=options)


def folder_pair(folder: Path) -> tuple[Path, Path] | None:
    """The folders of images and of masks in a folder, or None where one is missing."""
    names = {child.name.lower(): child for child in subfolders(folder)}
    images = next((names[name] for name in IMAGE_FOLDERS if name in names), None)
    masks = next((names[name] for name in MASK_FOLDERS if name in names), None)
    return (images, masks) if images and masks else None


def _records(part: Part, folders: tuple[Path, Path], root: Path, options: Options) -> Found:
    images, masks = map(image_files, folders)
    stems = {path.stem for path in images}
    return pair(
        [(path.stem, path) for path in images],
        [(_image_stem(path.stem, stems), path) for path in masks],
        root=root,
        options=options,
        side=part.side,
        prefix=part.prefix,
    )


def _image_stem(mask_stem: str, image_stems: set[str]) -> str:
    """Stem of the image that a mask belongs to: its own, or its own without `_label` and such."""
    if mask_stem in image_stems:
        return mask_stem
    for ending in MASK_ENDINGS:
        if mask_stem.endswith(ending):
            return mask_stem.removesuffix(ending)
    return mask_stem
