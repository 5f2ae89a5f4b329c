"""Published weights for the encoder of a U-Net: from a file, or by name from the library's hub."""

from pathlib import Path
from typing import Any

import torch
from huggingface_hub import hf_hub_download
from safetensors.torch import load_file
from segmentation_models_pytorch.encoders import encoders

from trainables.networks.encoder_licences import IMAGENET
from trainables.networks.networks import fit_to_channels

HUB_FILE = "model.safetensors"


def find_encoder_weights(encoder: str, name: str, *, may_download: bool = False) -> Path:
    """The file of an encoder's published weights.

    Args:
        encoder: name of an encoder of segmentation-models-pytorch.
        name: path of a file written by torch or safetensors, or `imagenet`.
        may_download: fetch what is missing; for the start of a study, never for its workers.

    Raises:
        ValueError: there are no such weights here; says how to get them.
    """
    path = Path(name).expanduser()
    if path.is_file():
        return path
    settings = encoders.get(encoder, {}).get("pretrained_settings", {}).get(name)
    if settings is None:
        raise ValueError(
            f"Weights of the encoder {encoder!r} must be a file or {IMAGENET!r}, but there is no "
            f"{name!r}: give a file of its weights, e.g. torchvision's for a resnet."
        )
    try:
        return Path(
            hf_hub_download(
                settings["repo_id"],
                filename=HUB_FILE,
                revision=settings["revision"],
                local_files_only=not may_download,
            )
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise ValueError(
            f"The {name} weights of the encoder {encoder!r} are not here and cannot be fetched "
            f"from huggingface.co/{settings['repo_id']}: fetch {HUB_FILE} there (or a torchvision "
            f"file of {encoder}) and name the file in place of {name!r}."
        ) from error


def load_encoder(encoder: torch.nn.Module, file: Path, *, channels: int) -> None:
    """Loads an encoder's weights; anything else in the file, such as a classifier, is left out.

    Args:
        encoder: of segmentation-models-pytorch.
        file: of its weights, for images of any number of channels.
        channels: of the images that the network sees; see `fit_to_channels`.

    Raises:
        ValueError: the file is of another encoder, or no file of weights.
    """
    own = encoder.state_dict()
    weights = _read(file)
    fitting = fit_to_channels(
        {name: weights[name] for name in own if name in weights}, own, channels=channels
    )
    wrong = [name for name, value in own.items() if _shape(fitting.get(name)) != value.shape]
    if wrong:
        raise ValueError(
            f"Weights of an encoder must hold all of its layers, but {file} has no fitting "
            f"{wrong[0]!r} ({len(wrong)} of {len(own)} do not fit): give one of the same encoder."
        )
    encoder.load_state_dict(fitting)


def _read(file: Path) -> dict[str, Any]:
    try:
        if file.suffix == ".safetensors":
            return load_file(file)
        return dict(torch.load(file, map_location="cpu", weights_only=True))
    except Exception as error:  # whatever is wrong with the file, its readers raise many kinds
        raise ValueError(
            f"Weights of an encoder must be a file that torch or safetensors wrote, but {file} "
            f"cannot be read as one ({' '.join(str(error).split())[:200]}): give such a file, and "
            f"copy it whole."
        ) from error


def _shape(value: Any) -> torch.Size | None:
    return value.shape if isinstance(value, torch.Tensor) else None
