"""bioimageio.core's own test of a BioImage.IO package."""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory


def check_package(package: Path) -> None:
    """Lets bioimageio.core run the network and compare its output with the test output.

    It runs on the CPU, where the test output was made, and in its own process: bioimageio.core
    loads torch and TensorFlow together.

    Raises:
        ValueError: the package fails the test; repeats what bioimageio.core says.
    """
    with TemporaryDirectory() as folder:
        summary = Path(folder) / "summary.json"
        done = subprocess.run(
            [
                *(sys.executable, "-m", "bioimageio.core", "test", package.resolve()),
                *("--devices", "cpu", "--summary", summary),
            ],
            cwd=folder,  # it unpacks TensorFlow's weights here, and leaves them behind
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            return
        said = _complaints(summary) if summary.exists() else done.stderr.strip()[-500:]
    raise ValueError(f"bioimageio.core refuses the package {package.name}: {said}")


def _complaints(summary: Path) -> str:
    found = json.loads(summary.read_text())
    return "; ".join(error["msg"] for step in found["details"] for error in step["errors"])
