"""Cellpose's ViT with 2 narrow blocks instead of 24 wide ones, for tests."""

from types import SimpleNamespace

import pytest
from segment_anything.modeling import ImageEncoderViT


def make_tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets Cellpose build its ViT small."""

    def build(checkpoint: None) -> SimpleNamespace:
        encoder = ImageEncoderViT(
            depth=2, embed_dim=32, num_heads=2, use_rel_pos=True, window_size=14
        )
        return SimpleNamespace(image_encoder=encoder)

    monkeypatch.setattr("cellpose.vit.sam_model_registry", {"vit_l": build})
