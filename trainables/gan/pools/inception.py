"""Features of the published Inception v3, where its weights lie on this machine."""

from pathlib import Path

import numpy as np
import timm
import torch
from huggingface_hub import try_to_load_from_cache
from safetensors.torch import load_file
from torch.nn.functional import interpolate

from trainables.data.channels import with_channels
from trainables.gan.pools.fidelity import Features
from trainables.training.device import autocast, best_device, place, place_batch

MODEL = "inception_v3.tv_in1k"
"""Torchvision's weights, trained on ImageNet with values from -1 to 1, as timm names them."""
REPOSITORY = f"timm/{MODEL}"
FILE = "model.safetensors"
SIDE_PX = 299
"""Side of the images that Inception was trained on, to which crops are enlarged."""
BATCH = 8
"""Crops that go through the network at once."""


def find_inception() -> Path | None:
    """The weights in Hugging Face's cache on this machine; None if they are not there.

    Nothing is fetched: `hf download timm/inception_v3.tv_in1k` puts them there.
    """
    found = try_to_load_from_cache(REPOSITORY, FILE)
    return Path(found) if isinstance(found, str) else None


def inception_features(file: Path) -> Features:
    """The 2048 features before the classifier, on which KID is defined.

    Values are comparable within a study, and between studies of the same crop size; those in
    papers usually rest on the weights of 2015, which differ a little.

    Args:
        file: of the weights.

    Raises:
        ValueError: the file does not hold them.

    Source: Szegedy et al. 2016 (arXiv:1512.00567); KID: Bińkowski et al. 2018 (arXiv:1801.01401).
    """
    network = timm.create_model(MODEL, pretrained=False, num_classes=0)
    _load(network, file)
    device = best_device()
    place(network.eval(), device)

    def features(images: np.ndarray) -> np.ndarray:
        """float32 [N, P, P, C] to float64 [N, 2048]."""
        found = []
        for start in range(0, len(images), BATCH):
            colour = [with_channels(image, channels=3) for image in images[start : start + BATCH]]
            batch = torch.from_numpy(np.stack(colour)).permute(0, 3, 1, 2).clamp(0, 1)
            large = interpolate(batch, size=(SIDE_PX, SIDE_PX), mode="bilinear", antialias=True)
            with torch.inference_mode(), autocast(device):
                found.append(network(place_batch(2 * large - 1, device)).float().cpu())
        return torch.cat(found).numpy().astype(np.float64)

    return features


def _load(network: torch.nn.Module, file: Path) -> None:
    """Loads all weights but the classifiers', which the file holds as well."""
    try:
        missing, _ = network.load_state_dict(load_file(file), strict=False)
    except Exception as error:  # whatever is wrong with the file, its reader raises many kinds
        missing = [str(error)[:200]]
    if missing:
        raise ValueError(
            f"{file} must hold the weights of {MODEL}, but lacks or breaks {missing[0]}: delete "
            f"it, or fetch it again by `hf download {REPOSITORY}`."
        )
