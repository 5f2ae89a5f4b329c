"""Networks as TorchScript, which runs without the code that built them."""

import copy
import warnings
from pathlib import Path

import torch


def write_torchscript(network: torch.nn.Module, file: Path, *, channels: int, side_px: int) -> None:
    """Writes a network traced on images with the given number of channels.

    Args:
        network: float [N, C, H, W] to maps of the same height and width.
        file: to write.
        channels: C.
        side_px: H and W that it is traced with; the ViT takes no others.
    """
    plain = copy.deepcopy(network).cpu().eval()
    example = torch.zeros(1, channels, side_px, side_px)
    with torch.no_grad(), warnings.catch_warnings():
        # Deprecated in torch, but what deepImageJ, QuPath and bioimage.io open.
        warnings.simplefilter("ignore", FutureWarning)
        torch.jit.save(torch.jit.trace(plain, example), file)
