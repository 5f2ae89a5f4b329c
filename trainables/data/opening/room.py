"""Room for large images: threads wait while the images being examined fill the memory allowed."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Room:
    """Lets threads in as long as what they hold together stays within a limit."""

    def __init__(self, limit: int) -> None:
        """Sets the limit, in whatever is counted."""
        self._limit = limit
        self._taken = 0
        self._changed = threading.Condition()

    @contextmanager
    def take(self, amount: int) -> Iterator[None]:
        """Waits until there is room for an amount; one above the limit gets in alone."""
        with self._changed:
            self._changed.wait_for(lambda: not self._taken or self._taken + amount <= self._limit)
            self._taken += amount
        try:
            yield
        finally:
            with self._changed:
                self._taken -= amount
                self._changed.notify_all()
