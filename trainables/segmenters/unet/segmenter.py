"""A U-Net that classifies background, interior and boundary of cells, decoded by watershed."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from trainables.data.rescaled import Image
from trainables.data.sample import Sample
from trainables.networks.blending import process_in_tiles
from trainables.networks.encoder_weights import find_encoder_weights, load_encoder
from trainables.networks.instances import (
    BACKGROUND,
    BOUNDARY,
    CLASSES,
    INTERIOR,
    SPLIT_UP_TO,
    class_targets,
    decode_watershed,
)
from trainables.networks.networks import build_unet, load_weights, parameter_depths
from trainables.networks.torchscript import write_torchscript
from trainables.segmenters.protocol import Thresholds
from trainables.segmenters.unet.settings import UnetSpec
from trainables.segmenters.validation import mean_f1
from trainables.spec.randomness import Randomness, fence
from trainables.spec.trial_spec import TrialSpec
from trainables.training.batches import draw_batch
from trainables.training.contract import Checkpoints, Extra, Report
from trainables.training.device import autocast, best_device, place, place_batch
from trainables.training.pixel_loss import pixel_loss
from trainables.training.torch_engine import train

WEIGHTS_FILE = "network.pt"
SETTINGS_FILE = "segmenter.json"
EXPORT_FILE = "unet.torchscript.pt"
EXPORT_SETTINGS_FILE = "unet.json"
BOUNDARY_PX = 1
"""Thickness of the boundary that is learnt, at the working scale."""


class Unet:
    """The segmenter `unet`; see `Segmenter` in protocol.py for what each method promises."""

    def __init__(self, spec: TrialSpec, *, channels: int) -> None:
        if not isinstance(spec.segmenter, UnetSpec):
            raise ValueError(f"Unet needs a UnetSpec, but got {type(spec.segmenter).__name__}.")
        self.thresholds: Thresholds = {
            name: values[0] for name, values in self.threshold_values().items()
        }
        self._spec = spec
        self._unet_spec = spec.segmenter
        self._channels = channels
        self._device = best_device()
        seeds = Randomness.of(spec)
        with fence(seeds.integer("initial weights")):
            network = build_unet(
                spec.segmenter.encoder,
                depth=spec.segmenter.depth,
                channels=channels,
                outputs=CLASSES,
                width=spec.segmenter.width,
            )
        self._network = place(network, self._device).eval()
        self._lacks_public_weights = spec.weights.origin == "public"

    def initialise(self, model: Path) -> None:
        if model.is_file():
            load_encoder(self._network.get_submodule("encoder"), model, channels=self._channels)
        else:
            weights = torch.load(model / WEIGHTS_FILE, map_location="cpu", weights_only=True)
            load_weights(self._network, weights, channels=self._channels)
        self._lacks_public_weights = False

    def fit(
        self,
        samples: Sequence[Sample],
        *,
        extra: Extra,
        validation: Sequence[Sample],
        randomness: Randomness,
        report: Report,
        checkpoints: Checkpoints,
    ) -> None:
        self._load_public_weights()
        training = self._spec.training

        def draw(rng: np.random.Generator, progress: float) -> tuple[torch.Tensor, torch.Tensor]:
            images, labels = draw_batch(
                samples, extra=extra, training=training, rng=rng, progress=progress
            )
            targets = class_targets(labels, boundary_px=BOUNDARY_PX)
            return torch.from_numpy(images.transpose(0, 3, 1, 2)), torch.from_numpy(targets)

        train(
            self._network,
            training=training,
            draw_batch=draw,
            loss=self._loss,
            depths=parameter_depths(self._network),
            evaluate=lambda: mean_f1(self, validation),
            randomness=randomness,
            report=report,
            checkpoints=checkpoints,
            device=self._device,
        )

    def infer(self, image: np.ndarray) -> np.ndarray:
        """Probabilities of interior and of foreground, float16 [2, H, W]."""
        self._load_public_weights()
        return process_in_tiles(
            image, self._probabilities, outputs=2, multiple=2**self._unet_spec.depth
        )

    def infer_tiles(self, whole: Image) -> Callable[[np.ndarray], np.ndarray]:
        return self.infer

    def decode(self, inference: np.ndarray, thresholds: Thresholds) -> np.ndarray:
        return decode_watershed(
            inference[0],
            inference[1],
            smoothing_px=thresholds["smoothing_px"],
            interior_threshold=thresholds["interior"],
            foreground_threshold=thresholds["foreground"],
            smallest_px=thresholds["smallest_px"],
        )

    def threshold_values(self) -> dict[str, tuple[float, ...]]:
        """The boundary's weight in the loss inflates the foreground: its default is above 0.5."""
        return {
            "smoothing_px": (1.0, 2.0, 3.0),
            "interior": (0.5, 0.7),
            "foreground": (0.6, 0.5),
            "smallest_px": (30.0, 60.0),
        }

    def save(self, folder: Path) -> None:
        self._load_public_weights()
        torch.save(self._network.state_dict(), folder / WEIGHTS_FILE)
        (folder / SETTINGS_FILE).write_text(json.dumps({"thresholds": self.thresholds}, indent=1))

    def load(self, folder: Path) -> None:
        weights = torch.load(folder / WEIGHTS_FILE, map_location=self._device, weights_only=True)
        self._network.load_state_dict(weights)
        self._lacks_public_weights = False
        self.thresholds = json.loads((folder / SETTINGS_FILE).read_text())["thresholds"]

    def export(self, folder: Path) -> Path:
        """Writes a TorchScript network that outputs class probabilities, and how to decode them."""
        write_torchscript(
            WithProbabilities(self._network),
            folder / EXPORT_FILE,
            channels=self._channels,
            side_px=self._spec.training.crop_px,
        )
        (folder / EXPORT_SETTINGS_FILE).write_text(json.dumps(self._export_settings(), indent=1))
        return folder / EXPORT_FILE

    @property
    def encoder(self) -> torch.nn.Module:
        """See `HasEncoder`."""
        return self._network.get_submodule("encoder")

    def foreground(self, inference: np.ndarray) -> np.ndarray:
        """See `KnowsForeground`."""
        return inference[1]

    def _load_public_weights(self) -> None:
        """Loads them only when needed: a model that is loaded to predict must do without them."""
        if self._lacks_public_weights:
            self.initialise(find_encoder_weights(self._unet_spec.encoder, self._spec.weights.name))

    def _loss(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        weights = torch.ones(CLASSES, device=logits.device)
        weights[BOUNDARY] = self._unet_spec.boundary_weight
        return pixel_loss(logits, targets, class_weights=weights)

    def _probabilities(self, image: np.ndarray) -> np.ndarray:
        """From float32 [h, w, C] to float32 [2, h, w], interior and foreground."""
        batch = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))[None]
        with torch.inference_mode(), autocast(self._device):
            logits = self._network(place_batch(batch, self._device))
        classes = logits.float().softmax(dim=1)[0].cpu().numpy()
        return np.stack([classes[INTERIOR], 1 - classes[BACKGROUND]])

    def _export_settings(self) -> dict[str, object]:
        """What somebody needs to use the exported network without this project."""
        return {
            "input": f"float32 [N, {self._channels}, H, W], H and W multiples of "
            f"{2**self._unet_spec.depth}; each channel scaled so that its 1st and 99.8th "
            f"percentiles are 0 and 1",
            "output": "probabilities float32 [N, 3, H, W]",
            "classes": {"background": BACKGROUND, "interior": INTERIOR, "boundary": BOUNDARY},
            "decoding": "`interior` is smoothed by a Gaussian of smoothing_px; its connected "
            "parts above the interior threshold are seeds, split where they come apart as the "
            f"threshold rises to {SPLIT_UP_TO}; a watershed on minus `interior` grows them over "
            "1 - `background` above the foreground threshold; cells of fewer than smallest_px "
            "pixels are dropped",
            "thresholds": self.thresholds,
        }


class WithProbabilities(torch.nn.Module):
    """A network that ends in class probabilities instead of logits."""

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.network(images).softmax(dim=1)
