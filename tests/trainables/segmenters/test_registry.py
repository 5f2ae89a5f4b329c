import subprocess
import sys
from typing import get_args

from trainables.segmenters.families import SEGMENTERS
from trainables.spec.trial_spec import SegmenterSpec


def test_every_family_that_a_spec_may_name_can_be_made():
    assert set(SEGMENTERS) == {kind().kind for kind in get_args(SegmenterSpec)}


def test_naming_the_families_imports_none_of_their_libraries():
    code = (
        "import sys, trainables.segmenters; "
        "print([name for name in ('torch', 'tensorflow', 'cellpose') if name in sys.modules])"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert output.strip() == "[]"
