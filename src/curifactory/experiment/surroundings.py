"""What a plan pass must leave as it was: random states, environment, folder, path, output."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import random
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def kept_surroundings() -> Iterator[None]:
    """Put back afterwards what user code may change around it."""
    restore_random = _random_states()
    environment, path, folder = dict(os.environ), list(sys.path), os.getcwd()
    try:
        yield
    finally:
        restore_random()
        if dict(os.environ) != environment:
            os.environ.clear()
            os.environ.update(environment)
        sys.path[:] = path
        os.chdir(folder)


@contextmanager
def silence() -> Iterator[None]:
    """Hold back what is printed, logged or warned; the run pass will say it."""
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with (
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
            warnings.catch_warnings(),
        ):
            yield
    finally:
        logging.disable(disabled)


def _random_states() -> Callable[[], None]:
    """Note the global random states of what is imported; returns what puts them back."""
    state = random.getstate()
    restore: list[Callable[[], None]] = [lambda: random.setstate(state)]
    numpy = sys.modules.get("numpy")
    if numpy is not None and hasattr(numpy, "random"):
        numpy_state = numpy.random.get_state()
        restore.append(lambda: numpy.random.set_state(numpy_state))
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "get_rng_state"):
        torch_state = torch.get_rng_state()
        restore.append(lambda: torch.set_rng_state(torch_state))

    def put_back() -> None:
        for one in restore:
            one()

    return put_back
