"""Planted copies are found, and nothing else is."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from tests.trainables.data.layouts.write_layouts import cells, save
from trainables.data.dividing.adjoining import Pair, adjoining, borders
from trainables.data.dividing.adjoining import _threshold as threshold
from trainables.data.dividing.duplicates import tie_duplicates
from trainables.data.dividing.landmarks import landmarks
from trainables.data.dividing.overlap import TURNS, turned, turned_positions
from trainables.data.dividing.split import merged_groups, split_dataset
from trainables.data.layouts.layouts import open_dataset

SIDE = 200


def field(seed: int, side: int = SIDE, *, kind: str = "nuclei") -> np.ndarray:
    """uint8 [side, side]: bright discs on dark ground, or texture all over; blurred, with noise."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:side, :side]
    if kind == "texture":
        image = gaussian_filter(rng.normal(size=(side, side)), 2.5)
        image = 120 + 40 * image / image.std()
    else:
        image = np.full((side, side), 12.0)
        for _ in range(side * side // 1300):
            row, column, radius, high = rng.uniform((0, 0, 5, 50), (side, side, 11, 180))
            image[(rows - row) ** 2 + (columns - column) ** 2 < radius**2] = high
        image = gaussian_filter(image, 1.2)
    noisy = image + rng.normal(0, 2, image.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def tie(images: dict[str, np.ndarray]) -> set[frozenset[str]]:
    return {frozenset(pair) for pair in tie_duplicates(list(images), read=images.__getitem__)}


def reencoded(image: np.ndarray, quality: int) -> np.ndarray:
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "JPEG", quality=quality)
    return np.asarray(Image.open(stream))


CHANGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "copy": lambda image: image.copy(),
    "a quarter": lambda image: image[37:137, 71:171],
    "most": lambda image: image[5:, 11:],
    "flipped": lambda image: image[:, ::-1],
    "turned": lambda image: np.rot90(image, 3),
    "transposed crop": lambda image: image[20:160, 50:].T,
    "brighter": lambda image: np.clip(image * 1.3 + 15, 0, 255).astype(np.uint8),
    "darker": lambda image: (image * 0.6).astype(np.uint8),
    "gamma": lambda image: (255 * (image / 255) ** 0.7).astype(np.uint8),
    "16 bit": lambda image: image.astype(np.uint16) * 257,
    "re-encoded": lambda image: reencoded(image, 70),
    "colour": lambda image: np.repeat(image[:, :, np.newaxis], 3, axis=2),
}


@pytest.mark.parametrize("kind", ["nuclei", "texture"])
def test_planted_copies_are_found_and_nothing_else(kind: str) -> None:
    images = {f"source {n}": field(n, kind=kind) for n in range(len(CHANGES) + 10)}
    planted = {}
    for number, (name, change) in enumerate(CHANGES.items()):
        planted[name] = np.ascontiguousarray(change(images[f"source {number}"]))
    expected = {frozenset({f"source {n}", name}) for n, name in enumerate(planted)}
    assert tie(images | planted) == expected


@pytest.mark.parametrize("kind", ["nuclei", "texture"])
@pytest.mark.parametrize("turn", range(TURNS))
def test_crops_that_overlap_by_a_quarter(turn: int, kind: str) -> None:
    large = field(100 + turn, 300, kind=kind)
    images = {
        "one": large[:200, :200],
        "two": turned(large[100:, 100:], turn),
        "other": field(50, kind=kind),
    }
    assert tie(images) == {frozenset({"one", "two"})}


def test_images_are_connected_through_others() -> None:
    strip = np.concatenate([field(n) for n in range(3)], axis=1)
    images = {str(start): strip[:, start : start + SIDE] for start in (0, 130, 260, 390)}
    found = tie(images)
    assert {name for pair in found for name in pair} == set(images)
    assert len(found) >= 3


def test_adjoining_crops_are_tied() -> None:
    # Each field is cut into a top and a bottom half, and the second also into left and right.
    images = {}
    for number in range(6):
        large = field(200 + number, 256)
        images |= {f"{number} top": large[:128], f"{number} bottom": large[128:]}
    found = tie(images)
    assert found
    assert all(len({name[0] for name in pair}) == 1 for pair in found)
    assert len(found) >= 5


def test_upright_and_level_borders_adjoin() -> None:
    large = field(7, 512)
    tiles = [large[:256, :256], large[:256, 256:], large[256:, :256], large[256:, 256:]]
    found = adjoining([borders(tile) for tile in tiles])
    assert {tuple(sorted(pair)) for pair in found} <= {(0, 1), (0, 2), (1, 3), (2, 3)}
    groups = merged_groups({str(n): str(n) for n in range(4)}, [(str(a), str(b)) for a, b in found])
    assert set(groups.values()) == {"0"}


def test_pairs_that_chance_explains_are_left_alone() -> None:
    def pairs(*concordances: float) -> list[Pair]:
        return [Pair(value, number, number + 1) for number, value in enumerate(concordances)]

    above = [0.98 + 0.001 * step for step in range(7)]
    assert threshold(pairs(0.993, 0.95), pairs(0.991, 0.94)) == np.inf
    assert threshold(pairs(*above, 0.95), pairs(0.97, 0.94)) == 0.98
    assert threshold(pairs(0.95), []) == 0.95
    assert threshold([], pairs(0.95)) == np.inf


def test_images_without_structure_are_left_alone() -> None:
    rng = np.random.default_rng(0)
    images = {
        "black": np.zeros((100, 100), np.uint8),
        "white": np.full((100, 100), 255, np.uint8),
        "tiny": np.zeros((5, 7), np.uint8),
        "noise": rng.integers(0, 9, (100, 100), dtype=np.uint8),
        "other noise": rng.integers(0, 9, (100, 100), dtype=np.uint8),
    }
    assert tie(images) == set()
    assert tie({}) == set()


@pytest.mark.parametrize("turn", range(TURNS))
def test_descriptors_do_not_change_with_flips_and_turns(turn: int) -> None:
    image = field(3)[:150]
    one, other = landmarks(image), landmarks(np.ascontiguousarray(turned(image, turn)))
    shapes = np.tile(one.shape, (len(one.positions), 1))
    moved = turned_positions(one.positions, shapes, turn)
    places = {tuple(place): index for index, place in enumerate(other.positions.tolist())}
    shared = [(places[tuple(place)], index) for index, place in enumerate(moved.tolist())]
    assert len(shared) == len(other.positions) > 5
    for theirs, ours in shared:
        np.testing.assert_allclose(one.descriptors[ours], other.descriptors[theirs], atol=1e-3)


def test_unlabelled_images_tied_to_test_images_are_kept_out(tmp_path: Path) -> None:
    for number in range(6):
        save(tmp_path / f"images/{number}.png", field(number))
        save(tmp_path / f"masks/{number}.png", cells(number, (SIDE, SIDE)).astype(np.uint16))
        crop = field(number)[40:160, 30:]
        save(tmp_path / f"unlabelled/crop of {number}.png", crop)
    split = split_dataset(open_dataset(tmp_path), seed=0, max_test_images=2)
    assert len(split.test_ids) == 2
    assert split.unlabelled_ids == tuple(f"crop of {number}" for number in split.annotation_ids)


def test_real_neighbours_of_one_field(shared_data: Path) -> None:
    dataset = open_dataset(shared_data / "usiigaci_phase")
    split = split_dataset(dataset, seed=0, max_test_images=100)
    # These were seen to overlap by about a tenth, looking at both images.
    for one, other in (("set07", "set08"), ("set30", "set31"), ("set36", "set37")):
        assert split.groups[one] == split.groups[other]
    assert split.tied < 12
