"""What the processor of this machine can do, asked of no framework: torch may not be here."""

from pathlib import Path


def multiplies_bfloat16(flags: str) -> bool:
    """Whether a processor multiplies bfloat16 itself; others only emulate it, which is slower.

    Args:
        flags: what `processor_flags` says.
    """
    return "avx512_bf16" in flags.split()


def processor_flags() -> str:
    """What Linux says of the processor; nothing elsewhere."""
    about = Path("/proc/cpuinfo")
    return about.read_text() if about.exists() else ""
