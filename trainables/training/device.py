"""Where and in which precision torch computes: one place for every torch network."""

import contextlib
from collections.abc import Iterator

import torch


def best_device() -> torch.device:
    """The GPU that this process may use, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def place(network: torch.nn.Module, device: torch.device) -> torch.nn.Module:
    """Moves a network to a device, in the memory format that is fastest for convolutions."""
    return network.to(device).to(memory_format=torch.channels_last)


def place_batch(batch: torch.Tensor, device: torch.device) -> torch.Tensor:
    """Moves a batch [N, C, H, W] to a device, in the same memory format as the network."""
    return batch.to(device=device, memory_format=torch.channels_last, non_blocking=True)


def autocast(device: torch.device) -> torch.autocast:
    """Computes in bfloat16 where the hardware multiplies it, else in float32.

    bfloat16 has the range of float32, so losses need no scaling. Older GPUs and CPUs, which only
    emulate it, would be slower with it.
    """
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=multiplies_bfloat16(device))


def multiplies_bfloat16(device: torch.device) -> bool:
    """Whether the hardware multiplies bfloat16 itself."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.cpu.get_capabilities().get("avx512_bf16", False)


@contextlib.contextmanager
def reproducible() -> Iterator[None]:
    """Makes cuDNN choose the same convolution algorithm each time; the CPU does so anyway."""
    with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True):
        yield
