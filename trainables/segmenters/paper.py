"""A paper to cite."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Paper:
    """A paper, as a report and a BioImage.IO package cite it."""

    short: str
    """Authors, year and title in a few words."""
    full: str
    """As a methods section lists it."""
    doi: str
