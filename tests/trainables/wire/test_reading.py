"""Specs of software of before are read, and keep the ids that they were stored by."""

from trainables.segmenters.cellpose.settings import CellposeSpec
from trainables.segmenters.unet.settings import UnetSpec
from trainables.spec.flat import flatten, hash_flat
from trainables.spec.training_spec import TrainingSpec
from trainables.spec.trial_spec import DataSpec, SegmenterSettings, TrialSpec
from trainables.wire.reading import trial_spec


def spec(segmenter: SegmenterSettings, *, rank: int = 0) -> TrialSpec:
    return TrialSpec(
        stage="search",
        arm="any",
        study_seed=0,
        seed=0,
        data=DataSpec(split="s", annotation_count=2, draw=0),
        segmenter=segmenter,
        training=TrainingSpec(lora_rank=rank),
    )


def test_loras_rank_is_read_from_where_it_stood_and_the_id_stays() -> None:
    now = spec(CellposeSpec(backbone="cpsam"), rank=8)
    before = flatten(now)
    del before["training.lora_rank"]
    before["segmenter.lora_rank"] = 8
    assert trial_spec(before) == now
    assert now.id == hash_flat(before)
    assert now.id != spec(CellposeSpec(backbone="cpsam")).id


def test_what_never_had_lora_keeps_its_id_as_well() -> None:
    now = spec(UnetSpec())
    before = flatten(now)
    del before["training.lora_rank"]
    assert trial_spec(before) == now
    assert now.id == hash_flat(before)
    assert now.id != spec(UnetSpec(), rank=8).id
