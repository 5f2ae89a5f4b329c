"""Where a trial ran: versions, commit and machine, kept with every result."""

import functools
import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

PACKAGES = (
    "ray",
    "optuna",
    "mlflow",
    "torch",
    "tensorflow",
    "segmentation-models-pytorch",
    "numpy",
    "scipy",
    "scikit-image",
)
"""Packages whose versions can change a number, whatever is trained."""


@functools.cache
def environment(packages: tuple[str, ...]) -> dict[str, str]:
    """Versions of Python and of the packages, the commit of this code, and the machine.

    Args:
        packages: those of the families, besides the ones that all trainings need.
    """
    versions = {name: _version(name) for name in (*PACKAGES, *packages)}
    return versions | {
        "python": platform.python_version(),
        "commit": _commit(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": str(os.cpu_count()),
    }


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "absent"


def _commit() -> str:
    """The commit of this code; `+changes` where files differ from it."""
    here = Path(__file__).parent
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty=+changes", "--abbrev=12", "--exclude=*"],
            cwd=here,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return described.stdout.strip()
