"""A changed setting is compared with the trainings that were scored, however many were lost."""

import json

import pytest

from reports.findings.ablation import ablation_effects
from reports.load import load_study, trials
from tests.reports.fake_study import FakeStudy


def test_failed_confirm_training_costs_its_draw_and_not_the_effect(tmp_path):
    folder = FakeStudy(ablate=True, pictures=False).write(tmp_path / "study")
    lost = trials(load_study(folder), stage="confirm", arm="cellpose")[0]
    path = folder / "results" / f"{lost.trial_id}.json"
    raw = json.loads(path.read_text()) | {"status": "failed", "reason": "out of memory", "test": []}
    path.write_text(json.dumps(raw))
    effects = ablation_effects(load_study(folder))
    found = {(one.arm, one.setting): one for one in effects}
    assert len(found) == 5 * 2  # five arms, a schedule and a learning rate each
    # Three draws, one of them without its partner.
    assert found["cellpose", "training.schedule"].trainings == 2
    assert found["unet", "training.schedule"].trainings == 3
    assert found["cellpose", "training.schedule"].effect.estimate == pytest.approx(-0.1, abs=0.03)
