"""Converts images with any number of channels to the number that their data set has."""

import numpy as np

NAMES = {1: "grey", 2: "two-channel", 3: "three-channel"}


def with_channels(image: np.ndarray, *, channels: int) -> np.ndarray:
    """Converts an image to a number of channels.

    Grey is repeated, two channels are padded with zeros. Colour becomes grey by its mean, whatever
    the stain; three channels become two by dropping the last.

    Args:
        image: [H, W, C].
        channels: number wanted.

    Returns:
        [H, W, channels] of the same dtype; float32 where a mean was taken.
    """
    own = image.shape[2]
    if own == channels:
        return image
    if channels == 1:
        return image.mean(axis=2, keepdims=True, dtype=np.float32)
    if own > channels:
        return image[:, :, :channels]
    if own == 1:
        return np.repeat(image, channels, axis=2)
    return np.pad(image, ((0, 0), (0, 0), (0, channels - own)))


def conversion(own: int, channels: int) -> str:
    """What `with_channels` does to an image, in words; "" for nothing."""
    if own == channels:
        return ""
    if channels == 1:
        how = "averaged to grey"
    elif own > channels:
        how = f"cut to the first {channels} channels"
    else:
        how = f"repeated to {channels} channels" if own == 1 else f"filled up to {channels} with 0"
    return f"{NAMES.get(own, f'{own}-channel')} images are {how}"
