"""What Cellpose's and StarDist's own trainers need to train our networks.

Neither torch nor TensorFlow is imported before it is wanted: the two must not meet in one process.
"""

from typing import Any

import numpy as np


def as_cellpose_model(network: Any) -> Any:
    """A compact network as `cellpose.train.train_seg` wants one; trained in place."""
    import torch
    from cellpose.vit import BaseModel

    class Compact(BaseModel):
        """Gives flows and cell probability, and no styles."""

        def __init__(self) -> None:
            super().__init__()
            self.backbone = "compact"
            self.network = network

        def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, None]:
            return self.network(images), None

    return Compact()


def augment_as_stardist(image: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """As StarDist's own examples augment: flips, turns, brightness and noise."""
    turns = np.random.randint(4)
    image, labels = np.rot90(image, turns), np.rot90(labels, turns)
    if np.random.randint(2):
        image, labels = image[::-1], labels[::-1]
    image = image * np.random.uniform(0.6, 2) + np.random.uniform(-0.2, 0.2)
    return image + 0.02 * np.random.normal(size=image.shape), labels
