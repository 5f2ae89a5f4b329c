"""Images as shown on a screen."""

import numpy as np


def visible(images: np.ndarray) -> np.ndarray:
    """Percentile-normalised images in grey or colour; values beyond 0 and 1 are clipped.

    Args:
        images: float32 [..., C], C 1 to 3.

    Returns:
        uint8 [...] where there is one channel, else [..., 3]; two channels become red and green.
    """
    bytes_ = (255 * np.clip(images, 0, 1)).round().astype(np.uint8)
    channels = bytes_.shape[-1]
    if channels == 1:
        return bytes_[..., 0]
    return np.pad(bytes_, [(0, 0)] * (bytes_.ndim - 1) + [(0, 3 - channels)])
