"""What a trial spends: seconds on its device, and memory."""

import resource
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from trainables.results.result import Cost, Progress


class CostMeter:
    """Measures cost from the moment it is created."""

    def __init__(self) -> None:
        _forget_peak()
        self._started_at = time.time()
        self._started = time.perf_counter()
        self._fit_seconds = 0.0

    @contextmanager
    def fitting(self) -> Iterator[None]:
        """A context within which the seconds count as training."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self._fit_seconds += time.perf_counter() - started

    def cost(self, progress: Sequence[Progress] = ()) -> Cost:
        """What has been spent so far.

        Args:
            progress: of the training; where it resumed from a checkpoint, its clock knows the
                seconds spent before.
        """
        training_seconds = max(self._fit_seconds, progress[-1].device_seconds if progress else 0.0)
        elapsed = time.perf_counter() - self._started
        return Cost(
            device_seconds=elapsed - self._fit_seconds + training_seconds,
            training_seconds=training_seconds,
            started_at=self._started_at,
            ended_at=time.time(),
            peak_gib=peak_gib(),
            device=device_name(),
        )


def peak_gib() -> float:
    """Largest memory so far in GiB: of the GPU where torch uses one, else of the process."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        return float(torch.cuda.max_memory_allocated()) / 2**30
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def _forget_peak() -> None:
    """Counts memory from now on, since a process may have run other trainings before.

    Outside Linux there is no such switch, and the peak is that of the process's whole life.
    """
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def device_name() -> str:
    """Name of the GPU in use, or `cpu`; asks only the framework that is already imported."""
    torch, tensorflow = sys.modules.get("torch"), sys.modules.get("tensorflow")
    if torch is not None and torch.cuda.is_available():
        return str(torch.cuda.get_device_name())
    if tensorflow is not None:
        gpus = tensorflow.config.list_physical_devices("GPU")
        if gpus:
            details = tensorflow.config.experimental.get_device_details(gpus[0])
            return str(details.get("device_name", "gpu"))
    return "cpu"
