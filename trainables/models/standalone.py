"""One Python file that labels images with an exported model, without this project.

It is assembled from this project's own functions, so that there is one way to normalise, scale and
decode, and both give the same labels.
"""

import ast
import importlib
import inspect
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from pprint import pformat
from typing import Any

from trainables.segmenters.take_home import LOADER_FILE, Loader

SHARED_MODULES = ("bands", "channels", "normalise", "scale")
SHARED_FUNCTIONS = ("normalised", "rescale_image", "labels_to_shape")
"""Functions of `trainables/data/` that process an image before and after any network."""

HEAD = '''\
"""Labels images with the model beside this file: one 16- or 32-bit TIFF an image.

    pip install {packages}
    python {loader} image.tif [more images] --out labels

In Python: `from predict import predict; labels = predict(image)`, with an image [H, W] or
[H, W, C] of any bit depth, as the camera gave it. For images of up to 2048 pixels a side.
"""
'''

TAIL = '''\
def predict(image: np.ndarray) -> np.ndarray:
    """Labels one image.

    Args:
        image: [H, W] or [H, W, C] of any numeric dtype, not rescaled, not normalised.

    Returns:
        int32 [H, W]; 0 is background, every other value one cell.
    """
    pixels = image[:, :, np.newaxis] if image.ndim == 2 else image
    channels = SETTINGS["channels"]
    if pixels.shape[2] > channels and (pixels == pixels[:, :, :1]).all():
        pixels = pixels[:, :, :1]
    shown = normalised(pixels, channels=channels)[:]
    labels = decode(infer(rescale_image(shown, SETTINGS["scale"])))
    return labels_to_shape(labels, image.shape[:2])


def main() -> None:
    parser = argparse.ArgumentParser(description="Labels images with the model beside this file.")
    parser.add_argument("images", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, default=Path("labels"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for file in options.images:
        is_tiff = file.suffix.lower() in (".tif", ".tiff")
        labels = predict(tifffile.imread(file) if is_tiff else np.asarray(Image.open(file)))
        if labels.max() < 2**16:
            labels = labels.astype(np.uint16)
        tifffile.imwrite(options.out / f"{file.stem}_labels.tif", labels)


if __name__ == "__main__":
    main()
'''
TAIL_IMPORTS = (
    "from __future__ import annotations",
    "import argparse",
    "from pathlib import Path",
    "import numpy as np",
    "import tifffile",
    "import torch",
    "from PIL import Image",
)


@dataclass(frozen=True, slots=True)
class _Definition:
    """A function, class or constant at the top of a module."""

    source: str = field(repr=False)
    names: frozenset[str]
    """All names that its code uses."""


def write_loader(
    loader: Loader,
    folder: Path,
    *,
    network_file: str,
    channels: int,
    scale: float,
    thresholds: dict[str, float],
) -> Path:
    """Writes the file.

    Args:
        loader: of the family.
        folder: where the exported network lies.
        network_file: its name, a TorchScript file.
        channels: of the images that the network sees.
        scale: working pixels per pixel of the image.
        thresholds: the tuned ones.
    """
    shared = tuple(f"trainables.data.{name}" for name in SHARED_MODULES)
    imports, definitions = _needed(
        (*shared, *loader.modules), roots=(*SHARED_FUNCTIONS, *loader.functions)
    )
    settings: dict[str, Any] = {"channels": channels, "scale": scale, "thresholds": thresholds}
    opening = (
        f"SETTINGS = {pformat(settings)}\n"
        f'NETWORK = torch.jit.load(Path(__file__).parent / "{network_file}").eval()'
    )
    text = "\n\n\n".join(
        [
            HEAD.format(packages=loader.packages, loader=LOADER_FILE).strip()
            + "\n\n"
            + "\n".join(_sorted_imports({*imports, *TAIL_IMPORTS})),
            opening,
            *definitions,
            loader.code.strip(),
            TAIL,
        ]
    )
    path = folder / LOADER_FILE
    path.write_text(text)
    return path


def _needed(modules: Sequence[str], *, roots: Sequence[str]) -> tuple[set[str], list[str]]:
    """Import lines and sources of everything that some functions need, in module order."""
    definitions: dict[str, _Definition] = {}
    imports: dict[str, str] = {}
    for name in modules:
        source = inspect.getsource(importlib.import_module(name))
        definitions |= _definitions(source)
        imports |= _imports(source)
    wanted, waiting = set[str](), list(roots)
    while waiting:
        name = waiting.pop()
        if name in definitions and name not in wanted:
            wanted.add(name)
            waiting += definitions[name].names
    used = {name for one in wanted for name in definitions[one].names}
    kept = dict.fromkeys(one.source for name, one in definitions.items() if name in wanted)
    return {line for name, line in imports.items() if name in used}, list(kept)


def _definitions(source: str) -> dict[str, _Definition]:
    """What a module defines, by name; a constant with the text that explains it."""
    lines, tree = source.splitlines(), ast.parse(source).body
    found: dict[str, _Definition] = {}
    for node, following in zip(tree, [*tree[1:], None], strict=True):
        names = _defined(node)
        if not names:
            continue
        explained = isinstance(following, ast.Expr) and not isinstance(
            node, ast.FunctionDef | ast.ClassDef
        )
        last = following if explained and following is not None else node
        text = "\n".join(lines[_first_line(node) - 1 : last.end_lineno])
        used = frozenset(one.id for one in ast.walk(node) if isinstance(one, ast.Name))
        found |= dict.fromkeys(names, _Definition(text, used))
    return found


def _defined(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return [node.target.id]
    if isinstance(node, ast.Assign):
        return [one.id for one in ast.walk(node.targets[0]) if isinstance(one, ast.Name)]
    return []


def _first_line(node: ast.stmt) -> int:
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(one.lineno for one in decorators)])


def _imports(source: str) -> dict[str, str]:
    """Import lines of other packages, by the name that each brings in."""
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Import):
            for one in node.names:
                line = f"import {one.name}" + (f" as {one.asname}" if one.asname else "")
                found[one.asname or one.name.split(".")[0]] = line
        elif isinstance(node, ast.ImportFrom) and not (node.module or "").startswith("trainables"):
            for one in node.names:
                line = f"from {node.module} import {one.name}"
                found[one.asname or one.name] = line + (f" as {one.asname}" if one.asname else "")
    return found


def _sorted_imports(lines: set[str]) -> list[str]:
    """Sorts `from __future__` first, as Python requires."""
    return sorted(lines, key=lambda line: ("__future__" not in line, line.startswith("from"), line))
