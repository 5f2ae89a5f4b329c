"""Where every random number comes from: generators named by their purpose.

A trial's randomness is fixed by its spec alone, never by the order in which things happen, so
a trial that is interrupted and resumed draws the same numbers as one that never stopped.
"""

import contextlib
import hashlib
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from trainables.spec.trial_spec import Spec


@dataclass(frozen=True, slots=True)
class Randomness:
    """Random generators of one trial, derived by name from its seeds."""

    key: tuple[int | str, ...]
    """What fixes all streams, e.g. (study seed, draw, seed)."""

    @classmethod
    def of(cls, spec: Spec) -> "Randomness":
        """The generators of the training, or of the GAN fit, that a spec describes."""
        return cls((spec.study_seed, spec.data.draw, spec.seed))

    def integer(self, *purpose: int | str) -> int:
        """A seed in [0, 2**32) for a library that wants an integer; fixed by key and purpose."""
        text = "/".join(map(str, (*self.key, *purpose)))
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")

    def generator(self, *purpose: int | str) -> np.random.Generator:
        """A fresh generator for one purpose, e.g. ("batch", 120); the same each time."""
        return np.random.default_rng(self.integer(*purpose))


@contextlib.contextmanager
def fence(seed: int) -> Iterator[None]:
    """Seeds the global generators of Python, numpy and torch, and restores their state afterwards.

    For code of other libraries that draws from, or re-seeds, global state. Torch is touched
    only where it is already imported.
    """
    python_state, numpy_state = random.getstate(), np.random.get_state()
    torch = sys.modules.get("torch")
    torch_state = torch.get_rng_state() if torch else None
    random.seed(seed)
    np.random.seed(seed)
    if torch:
        torch.manual_seed(seed)
    try:
        yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)
        if torch and torch_state is not None:
            torch.set_rng_state(torch_state)
