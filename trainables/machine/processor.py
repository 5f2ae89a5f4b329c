"""What this machine's processor can do, found without a framework: torch may not be installed."""

from pathlib import Path


def multiplies_bfloat16(flags: str) -> bool:
    """Whether a processor multiplies bfloat16 itself; others only emulate it, which is slower.

    Args:
        flags: from `processor_flags`.
    """
    return "avx512_bf16" in flags.split()


def processor_flags() -> str:
    """What Linux reports about the processor, flags included; "" elsewhere."""
    about = Path("/proc/cpuinfo")
    return about.read_text() if about.exists() else ""
