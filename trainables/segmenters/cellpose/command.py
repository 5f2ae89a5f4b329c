"""How to make the stock `cellpose` command use an exported model as this project does."""

from collections.abc import Mapping

DIAMETER_PX = 30.0
"""The diameter to which Cellpose scales cells: it enlarges images by this over `--diameter`."""
LARGEST_SHARE = 0.4
"""Share of the image above which the command drops a cell, which no option changes; only Python's
`max_size_fraction` does."""


def cellpose_options(thresholds: Mapping[str, float], *, scale: float) -> dict[str, str]:
    """Options of `cellpose` and their values; the empty one is a switch.

    Pixels follow the flows at the working scale (`--no_resample`), as they do here, so that the
    number of steps means the same. The smallest size refers to the original image.

    Args:
        thresholds: the tuned ones, at the working scale.
        scale: working pixels per pixel of the image.
    """
    return {
        "--diameter": f"{DIAMETER_PX / scale:.4f}",
        "--flow_threshold": str(thresholds["flow"]),
        "--cellprob_threshold": str(thresholds["cellprob"]),
        "--niter": f"{thresholds['niter']:.0f}",
        "--min_size": f"{max(thresholds['smallest_px'] / scale**2, 1):.0f}",
        "--no_resample": "",
    }
