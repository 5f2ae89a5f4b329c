"""Cellpose's targets, loss, augmentation and mask dynamics, in the training loop of this project.

Cellpose's own training cannot start from scratch, drops sparse images, seeds itself, keeps the
last weights whatever their score, and has no schedules; only its parts are used here.
"""

import json
import warnings
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from trainables.data.rescaled import Image
from trainables.data.sample import Sample
from trainables.data.shelf import Shelf
from trainables.networks.blending import process_in_tiles
from trainables.networks.encoder_weights import find_encoder_weights, load_encoder
from trainables.networks.networks import load_weights
from trainables.networks.torchscript import write_torchscript
from trainables.segmenters.cellpose.backbones import VIT_TILE_PX
from trainables.segmenters.cellpose.batches import FlowSamples, draw_flow_batch, flow_loss
from trainables.segmenters.cellpose.decoding import (
    COMPACT_FLOW_VALUES,
    THRESHOLD_VALUES,
    CellposeInference,
    decode_flows,
)
from trainables.segmenters.cellpose.export import export_compact, export_cpsam
from trainables.segmenters.cellpose.networks import (
    OUTPUTS,
    CpsamNetwork,
    build_network,
    cpsam_ranges,
    infer_cpsam,
    load_cpsam,
    network_depths,
    normalise_for_cpsam,
)
from trainables.segmenters.cellpose.settings import CellposeSpec
from trainables.segmenters.cellpose.weights import NAMES, find_public_weights
from trainables.segmenters.protocol import Thresholds
from trainables.segmenters.validation import mean_f1
from trainables.spec.randomness import Randomness, fence
from trainables.spec.trial_spec import TrialSpec
from trainables.training.contract import Checkpoints, Extra, Report
from trainables.training.device import autocast, best_device, place, place_batch
from trainables.training.torch_engine import train

WEIGHTS_FILE = "network.pt"
SETTINGS_FILE = "segmenter.json"


class Cellpose:
    """The segmenter `cellpose`; see `Segmenter` in protocol.py for what each method promises."""

    def __init__(self, spec: TrialSpec, *, channels: int) -> None:
        if not isinstance(spec.segmenter, CellposeSpec):
            raise ValueError(
                f"Cellpose needs a CellposeSpec, but got {type(spec.segmenter).__name__}."
            )
        _check(spec, spec.segmenter)
        self._spec = spec
        self._cellpose_spec = spec.segmenter
        self.thresholds: Thresholds = {
            name: values[0] for name, values in self.threshold_values().items()
        }
        self._channels = channels
        self._device = best_device()
        seeds = Randomness.of(spec)
        with fence(seeds.integer("initial weights")):
            network = build_network(
                spec.segmenter.backbone, encoder=spec.segmenter.encoder, channels=channels
            )
        self._network = place(network, self._device).eval()
        self._lacks_public_weights = spec.weights.origin == "public"

    def initialise(self, model: Path) -> None:
        if model.is_file() and isinstance(self._network, CpsamNetwork):
            load_cpsam(self._network, model)
        elif model.is_file():
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
        shelf = Shelf()
        real, pool = (
            FlowSamples(self._adapt(some, shelf), device=self._device, shelf=shelf)
            for some in (samples, extra.pool)
        )
        with self._low_rank(randomness):
            train(
                self._network,
                training=training,
                draw_batch=lambda rng, progress: draw_flow_batch(
                    real, pool=pool, extra=extra, training=training, rng=rng, progress=progress
                ),
                loss=flow_loss,
                depths=network_depths(self._network),
                evaluate=lambda: mean_f1(self, validation),
                randomness=randomness,
                report=report,
                checkpoints=checkpoints,
                device=self._device,
            )

    def infer(self, image: np.ndarray) -> CellposeInference:
        self._load_public_weights()
        if isinstance(self._network, CpsamNetwork):
            return self._infer_cpsam(normalise_for_cpsam(image))
        return CellposeInference(
            process_in_tiles(image, self._maps, outputs=OUTPUTS, multiple=self._multiple_px)
        )

    def infer_tiles(self, whole: Image) -> Callable[[np.ndarray], CellposeInference]:
        if not isinstance(self._network, CpsamNetwork):
            return self.infer
        self._load_public_weights()
        ranges = cpsam_ranges(whole)
        return lambda tile: self._infer_cpsam(normalise_for_cpsam(tile, ranges=ranges))

    def decode(self, inference: CellposeInference, thresholds: Thresholds) -> np.ndarray:
        return decode_flows(inference, thresholds, device=self._device)

    def threshold_values(self) -> dict[str, tuple[float, ...]]:
        rough = {} if self._cellpose_spec.network.is_vit else {"flow": COMPACT_FLOW_VALUES}
        return THRESHOLD_VALUES | rough

    def save(self, folder: Path) -> None:
        self._load_public_weights()
        torch.save(self._network.state_dict(), folder / WEIGHTS_FILE)
        (folder / SETTINGS_FILE).write_text(json.dumps({"thresholds": self.thresholds}, indent=1))

    def load(self, folder: Path) -> None:
        weights = torch.load(folder / WEIGHTS_FILE, map_location=self._device, weights_only=True)
        self._network.load_state_dict(weights)
        self._lacks_public_weights = False
        saved = json.loads((folder / SETTINGS_FILE).read_text())["thresholds"]
        self.thresholds = self.thresholds | saved  # old models lack niter, which had its default

    def export(self, folder: Path) -> Path:
        """Writes a model file that Cellpose opens, or TorchScript and a snippet."""
        if isinstance(self._network, CpsamNetwork):
            return export_cpsam(self._network, folder, thresholds=self.thresholds)
        return export_compact(
            self._network,
            folder,
            channels=self._channels,
            multiple_px=self._multiple_px,
            thresholds=self.thresholds,
        )

    def write_vit(self, file: Path) -> None:
        """Writes the ViT as TorchScript, for tools other than Cellpose; it takes one tile size."""
        with warnings.catch_warnings():
            # These concern decisions by the size of the image, which never changes.
            warnings.simplefilter("ignore", torch.jit.TracerWarning)
            write_torchscript(self._network, file, channels=self._channels, side_px=VIT_TILE_PX)

    @property
    def _multiple_px(self) -> int:
        """Number that an image's sides must be multiples of, for all networks but the ViT."""
        return 2**self._cellpose_spec.network.halvings

    def _low_rank(self, randomness: Randomness) -> AbstractContextManager[None]:
        """A context within which LoRA is trained, if the spec asks for it."""
        rank = self._spec.training.lora_rank
        if not rank or not isinstance(self._network, CpsamNetwork):
            return nullcontext()
        from trainables.segmenters.cellpose.lora import low_rank  # imports transformers

        encoder = self._network.cellpose.encoder
        return low_rank(encoder, rank=rank, seed=randomness.integer("lora"))

    def _load_public_weights(self) -> None:
        """Loads them only when needed: a model that is loaded to predict must do without them."""
        if not self._lacks_public_weights:
            return
        name = self._spec.weights.name
        if isinstance(self._network, CpsamNetwork):
            self.initialise(find_public_weights(name))
            return
        if name in NAMES:
            raise ValueError(
                f"The backbone {self._cellpose_spec.backbone} has no public weights here, but got "
                f"{name!r}: use the backbone cpsam, `imagenet` for the encoder alone, or `source` "
                f"weights trained here."
            )
        self.initialise(find_encoder_weights(self._cellpose_spec.encoder, name))

    def _adapt(self, samples: Sequence[Sample], shelf: Shelf) -> Sequence[Sample]:
        """The samples, normalised as the network expects."""
        if not isinstance(self._network, CpsamNetwork):
            return samples
        return [
            replace(sample, image=shelf.keep(normalise_for_cpsam(sample.image)))
            for sample in samples
        ]

    def _infer_cpsam(self, image: np.ndarray) -> CellposeInference:
        """The image float32 [H, W, C], normalised as the ViT expects."""
        assert isinstance(self._network, CpsamNetwork)
        with torch.inference_mode(), autocast(self._device):
            return CellposeInference(infer_cpsam(self._network, image).astype(np.float16))

    def _maps(self, image: np.ndarray) -> np.ndarray:
        """From float32 [h, w, C] to float32 [3, h, w]."""
        batch = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))[None]
        with torch.inference_mode(), autocast(self._device):
            maps = self._network(place_batch(batch, self._device))
        return maps[0].float().cpu().numpy()


def _check(spec: TrialSpec, settings: CellposeSpec) -> None:
    """Refuses what the backbone cannot do before anything is built."""
    if settings.network.is_vit and spec.training.crop_px != VIT_TILE_PX:
        raise ValueError(
            f"crop_px must be {VIT_TILE_PX} for Cellpose's own ViTs, the side of the tiles that "
            f"they see images in, but got {spec.training.crop_px}."
        )
