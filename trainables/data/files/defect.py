"""What is wrong with a file, and what to do about it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """A file that was left out, or used in another way than its place suggests."""

    file: str
    """Path within the data set."""
    what: str
    """What is wrong, as a clause without a full stop: `is empty (0 bytes)`."""
    remedy: str
    """What to do, as a clause without a full stop: `download it again`."""

    def __str__(self) -> str:
        return f"{self.file} {self.what}: {self.remedy}."


class DefectError(ValueError):
    """A file that cannot be used, in one sentence: the file, what is wrong, what to do."""

    def __init__(self, file: object, *, what: str, remedy: str) -> None:
        super().__init__(f"{file} {what}: {remedy}.")
        self.what = what
        self.remedy = remedy
