"""Writes a few small images in each layout, named and coded as the real set has them."""

import json
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from PIL import Image


@dataclass(frozen=True)
class Truth:
    """What must be read back."""

    labels: dict[str, np.ndarray]
    """By sample id; equal up to the numbering of cells."""
    images: dict[str, np.ndarray] = field(default_factory=dict)
    """[H, W, C] by sample id, where pixels are stored without loss."""
    test: frozenset[str] = frozenset()
    """Ids on the test side that the layout itself names."""
    unlabelled: frozenset[str] = frozenset()
    groups: dict[str, str] = field(default_factory=dict)


def cells(seed: int, shape: tuple[int, int] = (60, 80)) -> np.ndarray:
    """int32 [H, W]: six rectangles, two of which touch."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(shape, np.int32)
    for cell, (row, column) in enumerate([(4, 5), (4, 40), (25, 5), (25, 17), (25, 50), (45, 30)]):
        height, width = rng.integers(6, 12, 2)
        if cell == 2:
            width = 12  # reaches the next one
        labels[row : row + height, column : column + width] = cell + 1
    return labels


def picture(
    labels: np.ndarray, seed: int, *, dtype: str = "uint8", channels: int = 1
) -> np.ndarray:
    """[H, W, C]: brighter where there are cells, with noise; each channel another."""
    rng = np.random.default_rng(seed)
    top = 200 if dtype == "uint8" else 4000
    clean = np.repeat((labels > 0)[:, :, np.newaxis] * 0.6, channels, axis=2)
    noisy = clean + rng.uniform(0, 0.4, clean.shape)
    return (noisy * top).astype(dtype)


def save(path: Path, pixels: np.ndarray) -> None:
    """Writes [H, W] or [H, W, C] as PNG, TIFF, JPEG or BMP, by the extension."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = pixels[:, :, 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels
    if path.suffix in (".tif", ".tiff"):
        colour = pixels.ndim == 3
        tifffile.imwrite(path, pixels, photometric="rgb" if colour else "minisblack")
    else:
        Image.fromarray(pixels).save(path)


def folders(root: Path) -> Truth:
    """Two folders, mixed extensions and depths, Unicode and spaces in names."""
    labels = {name: cells(seed) for seed, name in enumerate(["a", "Zelle ä 1", "c.d"])}
    images = {name: picture(labels[name], 9, dtype="uint8") for name in labels}
    images["a"] = picture(labels["a"], 9, dtype="uint16")
    save(root / "images/a.tif", images["a"])
    save(root / "images/Zelle ä 1.png", images["Zelle ä 1"])
    save(root / "images/c.d.bmp", images["c.d"])
    for name in labels:
        save(root / f"masks/{name}.png", labels[name].astype(np.uint16))
    (root / "index.csv").write_text("stem,group,split\na,x,train\nZelle ä 1,x,val\nc.d,y,test\n")
    groups = {"a": "x", "Zelle ä 1": "x", "c.d": "y"}
    return Truth(labels, images, frozenset({"c.d"}), groups=groups)


def neurips(root: Path) -> Truth:
    """Training-labeled, Tuning, Testing/Public and unlabelled parts; colour and grey images."""
    labels, images = {}, {}
    for seed, (part, name, suffix) in enumerate(
        [
            ("Training-labeled", "cell_00001", "png"),
            ("Training-labeled", "cell_00002", "tiff"),
            ("Tuning", "cell_00003", "bmp"),
            ("Testing/Public", "cell_00004", "tif"),
        ]
    ):
        labels[name] = cells(seed)
        images[name] = picture(labels[name], seed, channels=1 if seed % 2 else 3)
        save(root / part / f"images/{name}.{suffix}", images[name])
        save(root / part / f"labels/{name}_label.tiff", labels[name])
    save(root / "train-unlabeled-part1/unlabeled_cell_00001.png", picture(cells(8), 8))
    unlabelled = frozenset({"unlabeled_cell_00001"})
    return Truth(labels, images, frozenset({"cell_00004"}), unlabelled)


def cellpose(root: Path) -> Truth:
    """train and test folders; masks as PNG, as _seg.npy, and the traces that Cellpose leaves."""
    labels = {name: cells(seed) for seed, name in enumerate(["000", "001", "002"])}
    images = {name: picture(labels[name], 3, channels=3) for name in labels}
    save(root / "train/000_img.png", images["000"])
    save(root / "train/000_masks.png", labels["000"].astype(np.uint16))
    tifffile.imwrite(root / "train/000_img_flows.tif", np.zeros((5, 60, 80), np.float32))
    (root / "train/models").mkdir()
    save(root / "train/001.png", images["001"])
    write_seg(root / "train/001_seg.npy", labels["001"])
    save(root / "test/002_img.png", images["002"])
    save(root / "test/002_masks.png", labels["002"].astype(np.uint16))
    return Truth(labels, images, frozenset({"002"}))


def write_seg(path: Path, labels: np.ndarray) -> None:
    """What Cellpose's window saves: a pickled dict in an array."""
    content = {
        "masks": labels.astype(np.uint16),
        "outlines": np.zeros_like(labels, np.uint16),
        "colors": np.arange(18).reshape(6, 3),
        "flows": [np.zeros((2, 3), np.float32), []],
        "filename": "001.png",
        "ismanual": np.zeros(6, bool),
        "diameter": np.float64(12.5),
    }
    np.save(path, content, allow_pickle=True)  # type: ignore[arg-type]


def stardist(root: Path) -> Truth:
    """dsb2018/{train,test}/{images,masks}/<same name>.tif."""
    labels = {name: cells(seed) for seed, name in enumerate(["aa", "bb", "cc"])}
    images = {name: picture(labels[name], 5, dtype="uint16") for name in labels}
    for name, side in zip(labels, ["train", "train", "test"], strict=True):
        save(root / side / f"images/{name}.tif", images[name])
        save(root / side / f"masks/{name}.tif", labels[name].astype(np.uint16))
    return Truth(labels, images, frozenset({"cc"}))


def omnipose(root: Path) -> Truth:
    """One folder a species below train_sorted and test_sorted; the same names in both."""
    labels, images = {}, {}
    for seed, part in enumerate(["train_sorted-caulo", "train_sorted-vibrio", "test_sorted-caulo"]):
        name = f"{part}-1"
        labels[name] = cells(seed)
        images[name] = picture(labels[name], seed)
        folder = root.joinpath(*part.split("-"))
        save(folder / "1.png", images[name])
        save(folder / "1_masks.png", labels[name].astype(np.uint16))
        tifffile.imwrite(folder / "1_flows.tif", np.zeros((5, 60, 80), np.float32))
    return Truth(labels, images, frozenset({"test_sorted-caulo-1"}))


def dsb2018(root: Path) -> Truth:
    """stage1_train/<id>/{images,masks}: RGBA images, one binary mask a nucleus."""
    labels = {name: cells(seed) for seed, name in enumerate(["0a1b", "2c3d"])}
    images = {"0a1b": picture(labels["0a1b"], 4), "2c3d": picture(labels["2c3d"], 4, channels=3)}
    for name, true in labels.items():
        colour = np.broadcast_to(images[name], (*true.shape, 3))
        opaque = np.full((*true.shape, 1), 255, np.uint8)
        save(
            root / f"stage1_train/{name}/images/{name}.png",
            np.concatenate([colour, opaque], axis=2),
        )
        for cell in range(1, true.max() + 1):
            mask = (true == cell).astype(np.uint8) * 255
            save(root / f"stage1_train/{name}/masks/{cell:064x}.png", mask)
    return Truth(labels, images)


def dsb2018_test(root: Path) -> Truth:
    """stage1_test/<id>/images, whose nuclei are in stage1_solution.csv; one image is ignored."""
    labels = {name: cells(seed + 5) for seed, name in enumerate(["4e5f", "6a7b", "8c9d"])}
    rows = ["ImageId,EncodedPixels,Height,Width,Usage"]
    for name, true in labels.items():
        save(root / f"stage1_test/{name}/images/{name}.png", picture(true, 4))
        for cell in range(1, true.max() + 1):
            counts = run_lengths(true == cell)
            starts = np.cumsum([0, *counts])[1:-1:2] + 1
            runs = " ".join(f"{s} {n}" for s, n in zip(starts, counts[1::2], strict=True))
            usage = "Ignored" if name == "8c9d" else "Public"
            rows.append(f"{name},{runs},{true.shape[0]},{true.shape[1]},{usage}")
    (root / "solutions").mkdir()
    (root / "solutions/stage1_solution.csv").write_text("\n".join(rows))
    (root / "stage1_sample_submission.csv").write_text("ImageId,EncodedPixels\n8c9d,1 1\n")
    del labels["8c9d"]
    return Truth(labels, test=frozenset(labels))


def bbbc039(root: Path) -> Truth:
    """16-bit images; the nuclei, coloured so that touching ones differ, in the red channel."""
    names = ["IXMtest_A02_s1_w1051DAA7C", "IXMtest_A02_s2_w1AB", "IXMtest_B11_s1_w1CD"]
    labels = {name: cells(seed) for seed, name in enumerate(names)}
    images = {name: picture(labels[name], 6, dtype="uint16") for name in names}
    for name, true in labels.items():
        save(root / f"images/{name}.tif", images[name])
        red = np.where(true > 0, true % 2 + 1, 0).astype(np.uint8)  # values serve more than once
        other = np.zeros_like(red)
        save(root / f"masks/{name}.png", np.stack([red, other, other, other + 255], axis=2))
    for name, part in zip(["training", "validation", "test"], names, strict=True):
        (root / "metadata").mkdir(exist_ok=True)
        (root / f"metadata/{name}.txt").write_text(f"{part}.png\n")
    groups = {names[0]: "IXMtest_A02", names[1]: "IXMtest_A02", names[2]: "IXMtest_B11"}
    return Truth(labels, images, frozenset({names[2]}), groups=groups)


def livecell(root: Path) -> Truth:
    """Polygons, run lengths, compressed run lengths; annotations as a list and as a dict."""
    names = [f"A172_Phase_{part}" for part in ("A7_1_00d00h00m_1", "A7_1_04d00h00m_3")]
    names += ["BV2_Phase_C4_2_00d00h00m_2"]
    labels = {name: cells(seed) for seed, name in enumerate(names)}
    images = {name: picture(labels[name], 2) for name in names}
    save(root / f"images/livecell_train_val_images/A172/{names[0]}.tif", images[names[0]])
    save(root / f"images/livecell_train_val_images/{names[1]}.tif", images[names[1]])
    save(root / f"images/livecell_test_images/BV2/{names[2]}.tif", images[names[2]])
    for side, held, kind in zip(
        ["train", "val", "test"], names, [polygon, runs, compressed], strict=True
    ):
        true = labels[held]
        items = [
            {"id": cell, "image_id": 7, "iscrowd": 0, "segmentation": kind(true == cell)}
            for cell in range(1, true.max() + 1)
        ]
        content = {
            "images": [{"id": 7, "file_name": f"{held}.tif", "height": 60, "width": 80}],
            "annotations": {str(item["id"]): item for item in items} if side == "val" else items,
        }
        (root / f"livecell_coco_{side}.json").write_text(json.dumps(content))
    groups = {name: name[: name.index("_", 11)] for name in names[:2]}
    return Truth(labels, images, frozenset({names[2]}), groups=groups)


def polygon(mask: np.ndarray) -> list[list[float]]:
    """The corners of a rectangle of pixels, counted from the corner of the image."""
    rows, columns = np.nonzero(mask)
    top, bottom, left, right = rows.min(), rows.max() + 1, columns.min(), columns.max() + 1
    return [[float(v) for v in (left, top, right, top, right, bottom, left, bottom)]]


def run_lengths(mask: np.ndarray) -> list[int]:
    """Lengths of runs of 0 and 1 in turn, down the columns, starting with 0."""
    flat = np.concatenate([[0], mask.ravel(order="F").astype(int)])
    borders = np.flatnonzero(np.diff(flat))
    return np.diff(np.concatenate([[0], borders, [mask.size]])).tolist()


def runs(mask: np.ndarray) -> dict[str, Any]:
    """Run lengths as COCO writes them for crowds."""
    return {"size": list(mask.shape), "counts": run_lengths(mask)}


def compressed(mask: np.ndarray) -> dict[str, Any]:
    """Run lengths as pycocotools compresses them: 5 bits a character, differences from the 4th."""
    counts = run_lengths(mask)
    text = ""
    for index, count in enumerate(counts):
        value = count - (counts[index - 2] if index > 2 else 0)
        more = True
        while more:
            code = value & 0x1F
            value >>= 5
            more = value != (-1 if code & 0x10 else 0)
            text += chr((code | 0x20 if more else code) + 48)
    return {"size": list(mask.shape), "counts": text}


def tissuenet(root: Path) -> Truth:
    """X and y with two channels each, in compressed archives; tissue names as objects."""
    labels, images = {}, {}
    for part, count in (("train", 2), ("test", 1)):
        whole = np.stack([cells(seed) for seed in range(count)])
        inner = np.where(whole > 3, whole, 0)
        x = np.stack([picture(true, 1, dtype="uint16", channels=2) for true in whole])
        x = x.astype(np.float32)
        name = f"tissuenet_v1.1_{part}"
        np.savez_compressed(
            root / f"{name}.npz",
            X=x,
            y=np.stack([whole, inner], axis=3),
            tissue_list=np.array(["breast", "gi"], dtype=object),
        )
        for index in range(count):
            labels[f"{name}-{index:05d}"] = whole[index]
            images[f"{name}-{index:05d}"] = x[index]
    return Truth(labels, images, frozenset({"tissuenet_v1.1_test-00000"}))


def nuinsseg(root: Path) -> Truth:
    """One folder an organ; a vague area that holds background and part of a nucleus."""
    labels, images = {}, {}
    for seed, organ in enumerate(["human bladder", "mouse liver"]):
        name = f"{organ.replace(' ', '_')}_01"
        true = cells(seed)
        images[name] = picture(true, seed, channels=3)
        save(root / organ / f"tissue images/{name}.png", images[name])
        save(root / organ / f"label masks modify/{name}.tif", true.astype(np.uint16))
        for other in ("label masks", "distance maps", "mask binary"):
            save(root / organ / f"{other}/{name}.tif", np.roll(true, 3).astype(np.uint16))
        vague = np.zeros(true.shape, np.uint8)
        vague[:8, :10] = 255
        save(root / organ / f"vague areas/mask binary/{name}.png", vague)
        labels[name] = np.where((vague > 0) & (true == 0), -1, true)
    return Truth(labels, images)


def ctc(root: Path) -> Truth:
    """Two sequences; a gold mask of all cells, one of some cells, and frames without any."""
    labels, images = {}, {}
    for seed, sequence in enumerate(["01", "02"]):
        true = cells(seed)
        for frame in range(3):
            name = f"{sequence}-t{frame:03d}"
            images[name] = picture(true, frame, dtype="uint16")
            save(root / sequence / f"t{frame:03d}.tif", images[name])
            save(root / f"{sequence}_GT/TRA/man_track{frame:03d}.tif", true.astype(np.uint16))
            silver = np.roll(true, 3).astype(np.uint16)
            save(root / f"{sequence}_ST/SEG/man_seg{frame:03d}.tif", silver)
        save(root / f"{sequence}_GT/SEG/man_seg000.tif", true.astype(np.uint16))
        some = np.where(true < 3, true, 0)
        save(root / f"{sequence}_GT/SEG/man_seg001.tif", some.astype(np.uint16))
        labels |= {
            f"{sequence}-t000": true,
            f"{sequence}-t001": np.where(some == 0, -1, some),
        }
    images = {name: image for name, image in images.items() if name in labels}
    groups = {name: name[:2] for name in labels}
    return Truth(labels, images, unlabelled=frozenset({"01-t002", "02-t002"}), groups=groups)


def ctc_volumes(root: Path) -> Truth:
    """A sequence of volumes with gold masks of single slices, one with masks of whole volumes."""
    labels, images = {}, {}
    volume = np.stack([cells(seed) for seed in range(4)]).astype(np.uint16)
    pixels = np.stack([picture(true, 1, dtype="uint16")[:, :, 0] for true in volume])
    for sequence in ("01", "02"):
        for frame in range(2):
            save_volume(root / sequence / f"t{frame:03d}.tif", pixels)
            save_volume(root / f"{sequence}_GT/TRA/man_track{frame:03d}.tif", volume)
    for plane in (1, 3):
        save(root / f"01_GT/SEG/man_seg_001_{plane:03d}.tif", volume[plane])
        name = f"t001-z{plane:03d}"
        labels[name] = np.where(volume[plane] > 0, volume[plane].astype(np.int32), -1)
        images[name] = pixels[plane][:, :, np.newaxis]
    save_volume(root / "02_GT/SEG/man_seg000.tif", volume)
    labels["02-t000"] = volume[2].astype(np.int32)
    images["02-t000"] = pixels[2][:, :, np.newaxis]
    return Truth(labels, images, unlabelled=frozenset({"01-t000", "t001"}))


def save_volume(path: Path, volume: np.ndarray) -> None:
    """Writes [Z, H, W] as pages of a TIFF."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, volume, photometric="minisblack", metadata={"axes": "ZYX"})


WRITERS: dict[str, Callable[[Path], Truth]] = {
    "folders": folders,
    "neurips": neurips,
    "cellpose": cellpose,
    "stardist": stardist,
    "omnipose": omnipose,
    "dsb2018": dsb2018,
    "bbbc039": bbbc039,
    "livecell": livecell,
    "tissuenet": tissuenet,
    "nuinsseg": nuinsseg,
    "ctc": ctc,
}
"""A writer for each layout that is read."""


class Malicious:
    """Unpickled carelessly, it creates a file."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.target,))


def write_malicious_seg(path: Path, *, target: Path) -> None:
    """A _seg.npy whose pickle calls a function."""
    with path.open("wb") as stream:
        np.lib.format.write_array_header_1_0(
            stream, {"descr": "|O", "fortran_order": False, "shape": ()}
        )
        pickle.dump(np.array({"masks": Malicious(target)}, dtype=object), stream)


def same_cells(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two label images hold the same cells under whatever numbers."""
    if one.shape != other.shape or ((one < 0) != (other < 0)).any():
        return False
    pairs = set(zip(one.ravel().tolist(), other.ravel().tolist(), strict=True))
    return all((a == 0) == (b == 0) for a, b in pairs) and len(pairs) == len(
        {a for a, _ in pairs}
    ) == len({b for _, b in pairs})


def all_layouts(root: Path) -> Iterator[tuple[str, Path, Truth]]:
    """Every layout, written below a folder."""
    for name, write in WRITERS.items():
        folder = root / name
        folder.mkdir()
        yield name, folder, write(folder)
