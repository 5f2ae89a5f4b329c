"""bioimageio.core's own test of a BioImage.IO package."""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory


def check_package(package: Path) -> None:
    """Lets bioimageio.core run the network and compare what it gives with the test output.

    On the CPU, where the test output was made, and in a process of its own: bioimageio.core loads
    torch and TensorFlow together.

    Raises:
        ValueError: it does not hold what it promises; says what bioimageio.core says.
    """
    with TemporaryDirectory() as folder:
        summary = Path(folder) / "summary.json"
        done = subprocess.run(
            [
                *(sys.executable, "-m", "bioimageio.core", "test", package.resolve()),
                *("--devices", "cpu", "--summary", summary),
            ],
            cwd=folder,  # there it unpacks TensorFlow's weights, and leaves them
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
