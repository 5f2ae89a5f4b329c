"""What is known about the images and how they were divided, as the report shows it."""

import math
from collections.abc import Sequence

from reports.facts import DatasetFacts, SplitFacts
from reports.load import Study

MOST_SIZES = 6


def data_facts(study: Study) -> list[tuple[str, str]]:
    """Names and values to show, in reading order; what is unknown is left out."""
    data, split = study.dataset, study.facts.split
    known = [
        ("folder", data.path),
        ("layout", data.layout),
        ("images", data.images),
        ("cells", data.cells),
        ("groups", data.groups),
        ("median diameter", _with_unit(data.median_diameter_px, "px")),
        ("pixel size", _with_unit(data.um_per_px, "µm")),
        ("channels", _channels(data)),
        ("pixel types", ", ".join(data.dtypes)),
        ("image sizes", _sizes(data.sizes)),
        ("unlabelled images", _unlabelled(data, split)),
        ("content hash", data.content_hash),
        ("split hash", split.hash),
        ("annotation side", _with_unit(split.annotation_images, "images")),
        ("test side", _with_unit(split.test_images, "images")),
        ("test groups", split.test_groups),
    ]
    return [(name, str(value)) for name, value in known if value != ""]


def _channels(data: DatasetFacts) -> str:
    """Channels that networks see, and how images with others were converted to them."""
    converted = [f"{count} {how}" for how, count in data.conversions.items()]
    return "; ".join([str(data.channels), *converted])


def _sizes(sizes: Sequence[str]) -> str:
    return ", ".join(sizes[:MOST_SIZES]) + (" …" if len(sizes) > MOST_SIZES else "")


def _unlabelled(data: DatasetFacts, split: SplitFacts) -> str:
    if not data.unlabelled:
        return ""
    tied = data.unlabelled - split.unlabelled
    left_out = f"; {tied} show or adjoin test images and are left out" if tied > 0 else ""
    return f"{data.unlabelled}{left_out}"


def _with_unit(value: float, unit: str) -> str:
    return "" if math.isnan(value) else f"{value:g} {unit}"
