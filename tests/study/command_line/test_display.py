"""The display shows each arm's state, live in a terminal and as plain lines elsewhere."""

import io

from rich.console import Console

from study.command_line.display import Display
from tests.study.fakes import ended
from trainables.segmenters.unet.settings import UnetSpec
from trainables.spec.trial_spec import DataSpec, TrialSpec

SPEC = TrialSpec(
    stage="search",
    arm="unet",
    study_seed=0,
    seed=0,
    data=DataSpec(split="s", annotation_count=4, draw=0),
    segmenter=UnetSpec(),
)


def play(console: Console) -> Display:
    display = Display(console, ceiling_device_seconds=100.0)
    with display:
        display.stage_started("search", {"unet": 2, "gan": 1})
        display.trial_started(SPEC)
        display.trial_progressed(SPEC, images_seen=800, validation_f1=0.4)
        display.trial_ended(ended(SPEC, f1=0.75, seconds=30.0))
    return display


def shown(display: Display) -> str:
    console = Console(file=io.StringIO(), width=120)
    console.print(display.table())
    return console.file.getvalue()


def test_the_table_has_done_best_score_and_budget_left() -> None:
    table = shown(play(Console(file=io.StringIO())))
    row = next(line for line in table.splitlines() if "unet" in line)
    assert "1/2" in row
    assert "0.750" in row
    assert "0:00:30" in row
    assert "0:01:10" in row


def test_running_trainings_show_how_far_they_are() -> None:
    display = Display(Console(file=io.StringIO()), ceiling_device_seconds=100.0)
    display.stage_started("search", {"unet": 2})
    display.trial_started(SPEC)
    display.trial_progressed(SPEC, images_seen=SPEC.training.images_seen // 2, validation_f1=0.4)
    assert "50%" in shown(display)


def test_a_log_gets_plain_lines() -> None:
    console = Console(file=io.StringIO(), width=60)
    play(console)
    lines = console.file.getvalue().splitlines()
    assert lines[0].endswith("search: 3 trainings (2 unet, 1 gan)")
    assert f"search: unet {SPEC.id} started" in lines[1]
    assert "done in 0:00:30, validation F1 0.750" in lines[2]
    assert "left in this stage" in lines[2]
    assert "\x1b" not in console.file.getvalue()


def test_a_terminal_gets_a_live_table() -> None:
    console = Console(file=io.StringIO(), width=120, force_terminal=True)
    play(console)
    assert "\x1b[" in console.file.getvalue()
    assert "best F1" in console.file.getvalue()
