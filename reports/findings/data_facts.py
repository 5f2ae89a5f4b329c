"""What is known about the images and how they were divided, as the report shows it."""

from collections.abc import Mapping
from typing import Any

from reports.load import Study

MOST_SIZES = 6


def data_facts(study: Study) -> list[tuple[str, str]]:
    """Names and values to show, in reading order; what is unknown is left out."""
    data, split = study.dataset, study.facts.get("split", {})
    known = [
        ("folder", data.get("path")),
        ("layout", data.get("layout")),
        ("images", data.get("images")),
        ("cells", data.get("cells")),
        ("groups", data.get("groups")),
        ("median diameter", _with_unit(data.get("median_diameter_px"), "px")),
        ("pixel size", _with_unit(data.get("um_per_px"), "µm")),
        ("channels", _channels(data)),
        ("pixel types", ", ".join(map(str, data.get("dtypes", ())))),
        ("image sizes", _sizes(data.get("sizes", ()))),
        ("unlabelled images", _unlabelled(data, split)),
        ("content hash", data.get("content_hash")),
        ("split hash", split.get("hash")),
        ("annotation side", _with_unit(split.get("annotation_images"), "images")),
        ("test side", _with_unit(split.get("test_images"), "images")),
        ("test groups", split.get("test_groups")),
    ]
    return [(name, str(value)) for name, value in known if value not in (None, "")]


def _channels(data: Mapping[str, Any]) -> str:
    """Channels that networks see, and how images with others were brought to them."""
    converted = [f"{count} {how}" for how, count in data.get("conversions", {}).items()]
    return "; ".join([str(data.get("channels", "")), *converted])


def _sizes(sizes: list[str]) -> str:
    return ", ".join(sizes[:MOST_SIZES]) + (" …" if len(sizes) > MOST_SIZES else "")


def _unlabelled(data: Mapping[str, Any], split: Mapping[str, Any]) -> str:
    count = data.get("unlabelled", 0)
    usable = split.get("unlabelled", count)
    if not count:
        return ""
    tied = (
        f"; {count - usable} show or adjoin test images and are left out" if usable < count else ""
    )
    return f"{count}{tied}"


def _with_unit(value: float | None, unit: str) -> str:
    return "" if value is None else f"{value:g} {unit}"
