"""What could not be written although every artifact of a run was saved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from curifactory.errors import ArtifactSaveError, MissingDependencyError
from curifactory.manager import ArtifactManager


class Unwritten:
    """What could not be written at the end of a run, when its artifacts are there already.

    Parameters
    ----------
    manager : ArtifactManager
        Tells it at once.
    """

    def __init__(self, manager: ArtifactManager) -> None:
        self._manager = manager
        self._messages: list[str] = []

    def add(self, message: str) -> None:
        """Note and tell one failure."""
        self._messages.append(message)
        self._manager.events.notice(message)

    @contextmanager
    def noted(self, what: str) -> Iterator[None]:
        """Note an error; another one may be on its way, which must not be hidden."""
        try:
            yield
        except MissingDependencyError as error:
            # who did not install what it needs did not ask for it
            self._manager.events.notice(f"There is no {what}: {error}")
        except Exception as error:
            self.add(f"The {what} could not be written: {error}.")

    def refuse(self) -> None:
        """Raise if anything was noted: a script must not take the run for a whole one.

        Raises
        ------
        ArtifactSaveError
        """
        if self._messages:
            raise ArtifactSaveError(
                "All artifacts are saved, but not all that belongs to the run is written. "
                f"{' '.join(self._messages)} Mend that and run again: nothing is computed twice."
            )
