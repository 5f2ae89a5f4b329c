"""LoRA trains little, is merged at the end, and leaves a model like any other."""

from pathlib import Path

import numpy as np
import pytest
import torch
from cellpose.models import CellposeModel

from tests.trainables.segmenters.cellpose.test_cellpose import SPEC, fit
from tests.trainables.segmenters.cellpose.tiny_vit import make_tiny
from trainables.segmenters.cellpose.lora import low_rank
from trainables.segmenters.cellpose.segmenter import Cellpose
from trainables.segmenters.made import make_segmenter
from trainables.spec.evolve import evolve
from trainables.spec.trial_spec import TrialSpec

RANK = 3
QKV = "cellpose.encoder.blocks.1.attn.qkv.weight"


@pytest.fixture(autouse=True)
def tiny_vit(monkeypatch: pytest.MonkeyPatch) -> None:
    make_tiny(monkeypatch)


def lora_spec(rank: int = RANK) -> TrialSpec:
    return evolve(SPEC, {"segmenter.backbone": "cpsam", "training.lora_rank": rank})


def weights(segmenter: Cellpose) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in segmenter._network.state_dict().items()}


def test_attention_changes_by_the_rank_and_the_rest_of_the_encoder_not_at_all() -> None:
    segmenter = Cellpose(lora_spec(), channels=1)
    before = weights(segmenter)
    fit(segmenter)
    after = weights(segmenter)
    assert after.keys() == before.keys()
    changed = {name for name in after if not torch.equal(after[name], before[name])}
    attention = {name for name in changed if ".blocks." in name}
    assert attention == {
        f"cellpose.encoder.blocks.{block}.attn.{part}.weight"
        for block in (0, 1)
        for part in ("qkv", "proj")
    }
    assert "cellpose.out.weight" in changed
    assert "cellpose.encoder.neck.0.weight" in changed
    values = np.linalg.svd((after[QKV] - before[QKV]).numpy(), compute_uv=False)
    assert values[RANK - 1] > 0
    # Merging rounds to float32: what lies beyond the rank is noise beside the weights.
    assert values[RANK:].max() < 1e-5


def test_merging_changes_no_prediction() -> None:
    segmenter = Cellpose(SPEC, channels=1)
    encoder = segmenter._network.cellpose.encoder
    image = torch.rand(1, 3, 256, 256)
    with low_rank(encoder, rank=RANK, seed=0), torch.no_grad():
        for name, parameter in encoder.named_parameters():
            if "lora_B" in name:
                parameter.normal_(std=0.1)
        adapted = segmenter._network(image)
    with torch.no_grad():
        merged = segmenter._network(image)
    assert torch.allclose(adapted, merged, atol=1e-4)
    assert not any("lora" in name for name, _ in encoder.named_modules())
    assert all(parameter.requires_grad for parameter in encoder.parameters())


def test_cellpose_opens_what_was_trained_by_lora(tmp_path: Path) -> None:
    segmenter = Cellpose(lora_spec(), channels=1)
    fit(segmenter)
    file = segmenter.export(tmp_path)
    theirs = CellposeModel(pretrained_model=str(file), use_bfloat16=False).net.state_dict()
    ours = segmenter._network.cellpose.state_dict()
    assert all(torch.equal(theirs[name], ours[name]) for name in theirs)


def test_the_seed_fixes_the_matrices() -> None:
    def trained() -> torch.Tensor:
        torch.manual_seed(int(torch.randint(1000, ())))
        segmenter = Cellpose(lora_spec(), channels=1)
        fit(segmenter)
        return weights(segmenter)[QKV]

    assert torch.equal(trained(), trained())


def test_a_network_without_attention_is_refused() -> None:
    for backbone in ("compact", "cpdino"):
        spec = evolve(lora_spec(), {"segmenter.backbone": backbone})
        with pytest.raises(ValueError, match=r"lora_rank must be 0 for .* LoRA is not made for"):
            make_segmenter(spec, channels=1)
    make_segmenter(lora_spec(), channels=1)
