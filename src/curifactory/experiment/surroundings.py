"""What a plan pass must leave as it was: random states, environment, folder, path, output."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from curifactory.running import generators
from curifactory.running.surroundings import environ_put_back


@contextmanager
def kept_surroundings() -> Iterator[None]:
    """Put back afterwards what user code may change around it."""
    random_states, path, folder = generators.states(), list(sys.path), os.getcwd()
    try:
        with environ_put_back():
            yield
    finally:
        generators.put_back(random_states)
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
