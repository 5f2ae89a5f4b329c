"""How long `study status` and the report take on a large study.

    python -m tests.benchmarks.report_scale --trials 5000 --images 200

Writes invented results (no number in them was measured), then times each step in a process of its
own, with its peak memory. The aim is 5,000 trials of 200 test images: report in 60 s and 2 GiB,
status in 2 s, on 2 cores.

On 2 cores with 5,755 results (369 MiB): status 1.4 s, report 44 s, reading included, with a peak of
0.66 GiB. The invented study takes 4 minutes to write.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.reports.fake_study import ARMS, HYBRIDS, FakeStudy

STEPS = {
    "status": "from rich.console import Console\n"
    "from study.command_line.status_screen import status_table\n"
    "Console(file=open('/dev/null', 'w')).print(status_table(folder))",
    "read": "from reports.load import load_study; load_study(folder)",
    "report": "from reports.page.render import write_report; write_report(folder)",
}


def main() -> None:
    """Writes the study and prints a line for each step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=500)
    parser.add_argument("--images", type=int, default=200)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as yard:
        folder = Path(yard) / "study"
        arms, counts = ARMS + HYBRIDS, (2, 5, 10)
        draws = max(2, wanted.trials // (len(arms) * len(counts)))
        FakeStudy(
            arms=arms,
            annotation_counts=counts,
            draws=tuple(range(1, draws + 1)),
            images=wanted.images,
            pictures=False,
            sizes=True,
        ).write(folder)
        files = list((folder / "results").iterdir())
        total = sum(path.stat().st_size for path in files)
        print(f"{len(files)} results, {total / 2**20:.0f} MiB")
        for name, code in STEPS.items():
            print(f"{name}: {_timed(code, folder)}")


def _timed(code: str, folder: Path) -> str:
    """Seconds by the clock and of the processor, and the largest memory of the children so far."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    line = f"from pathlib import Path; folder = Path({str(folder)!r}); {code}"
    subprocess.run([sys.executable, "-c", line], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    seconds = time.perf_counter() - start
    return f"{seconds:.1f} s, {spent:.1f} s of processor, peak {after.ru_maxrss / 2**20:.2f} GiB"


if __name__ == "__main__":
    main()
