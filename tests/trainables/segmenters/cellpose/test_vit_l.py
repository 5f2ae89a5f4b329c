"""The whole ViT-L: read, trained for a step, written, and used by the stock `cellpose` command.

pytest -m large tests/trainables/segmenters/cellpose/test_vit_l.py
"""

import dataclasses
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch

from tests.trainables.segmenters.cellpose.test_cellpose import SPEC, fit
from tests.trainables.segmenters.contract import predict, simulated_sample
from trainables.segmenters.cellpose.command import cellpose_options
from trainables.segmenters.cellpose.networks import CpsamNetwork
from trainables.segmenters.cellpose.segmenter import Cellpose
from trainables.segmenters.cellpose.settings import CellposeSpec
from trainables.spec.trial_spec import WeightsSpec

FEWEST_PARAMETERS = 300_000_000


@pytest.mark.large
@pytest.mark.parametrize("lora_rank", [0, 8])
def test_cellpose_segments_with_a_vit_l_that_was_trained_here(
    tmp_path: Path, lora_rank: int, capsys: pytest.CaptureFixture[str]
) -> None:
    published = tmp_path / "published"
    torch.manual_seed(0)
    CpsamNetwork().cellpose.save_model(published)
    segmenter = Cellpose(
        dataclasses.replace(
            SPEC,
            segmenter=CellposeSpec(backbone="cpsam"),
            training=dataclasses.replace(SPEC.training, images_seen=1, lora_rank=lora_rank),
            weights=WeightsSpec(kind="pretrained", origin="public", name=str(published)),
        ),
        channels=1,
    )
    parameters = sum(one.numel() for one in segmenter._network.parameters())
    assert parameters > FEWEST_PARAMETERS

    started = time.perf_counter()
    fit(segmenter)
    seconds = time.perf_counter() - started
    model = segmenter.export(tmp_path)

    before = torch.load(published, weights_only=True, mmap=True)
    after = torch.load(model, weights_only=True, mmap=True)
    changed = [name for name in after if not torch.equal(after[name], before[name])]
    # Of the 24 blocks some are left out of a step at random (stochastic depth).
    assert sum(".attn.qkv.weight" in name for name in changed) >= 8
    assert any(".mlp." in name for name in changed) == (lora_rank == 0)

    image = simulated_sample("other", shape=(200, 180)).image[:, :, 0]
    tifffile.imwrite(tmp_path / "image.tif", image)
    options = cellpose_options(segmenter.thresholds, scale=1.0)  # as the model card has them
    subprocess.run(
        [
            *(sys.executable, "-m", "cellpose", "--image_path", tmp_path / "image.tif"),
            *("--pretrained_model", model, "--save_tif", "--no_npy"),
            *(part for pair in options.items() for part in pair if part),
        ],
        check=True,
        capture_output=True,
    )
    theirs = tifffile.imread(tmp_path / "image_cp_masks.tif")
    ours = predict(segmenter, image[:, :, None])
    assert theirs.shape == ours.shape
    # Random weights find no cells worth the name; both tools must agree on what is background.
    assert np.mean((theirs > 0) == (ours > 0)) > 0.98
    gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    with capsys.disabled():
        print(f"\nViT-L, LoRA rank {lora_rank}: {seconds:.0f} s for a step, {gib:.1f} GiB at most")
