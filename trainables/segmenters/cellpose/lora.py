"""LoRA: trains only small matrices beside the frozen ones of a transformer's attention."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from peft import LoraConfig
from peft.tuners.lora import LoraModel

from trainables.spec.randomness import fence

TARGETS = r"blocks\.\d+\.attn\.(qkv|proj)"
"""The attention layers of Segment Anything's image encoder, and so of Cellpose-SAM's."""


@contextmanager
def low_rank(encoder: torch.nn.Module, *, rank: int, seed: int) -> Iterator[None]:
    """A context within which an encoder's attention is trained by LoRA alone.

    Inside it, everything in the encoder but its neck and the new matrices is frozen; the matrices
    initially change nothing. At the end they are merged: the encoder has its own layers again,
    with new weights, and can be saved and exported as if all of it had been trained.

    Args:
        encoder: with blocks of `attn.qkv` and `attn.proj`, and a `neck`.
        rank: of the matrices; 4 to 32 for a ViT-L.
        seed: fixes the new matrices.

    Source: Hu et al. 2021 (arXiv:2106.09685), through the library peft.
    """
    # Alpha as large as the rank: the product of the two matrices is added as it is.
    config = LoraConfig(
        r=rank, lora_alpha=rank, lora_dropout=0.0, target_modules=TARGETS, bias="none"
    )
    with fence(seed):
        adapted = LoraModel(encoder, config, "default")
    encoder.neck.requires_grad_(True)
    try:
        yield
    finally:
        adapted.merge_and_unload()
        encoder.requires_grad_(True)
