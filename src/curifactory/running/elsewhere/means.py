"""What a run is given to carry out steps elsewhere, and whether it is enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from curifactory.errors import ConfigurationError
from curifactory.running.executors.protocol import Executor, Work
from curifactory.settings import nearest


@dataclass(frozen=True, slots=True)
class Means:
    """What is needed to carry out steps elsewhere.

    Parameters
    ----------
    open_executor : callable
        Gives the executor; called when there is something to send.
    work : callable
        What a worker does with an order.
    describe_manager : callable
        Gives the facts from which a worker makes its manager.
    versions : dict of str to str
        Versions that should be the same in all processes.
    limits : dict of str to float
        How much there is of each resource.
    fail_fast : bool
        Whether the first failure ends the run.
    """

    open_executor: Callable[[], Executor]
    work: Work
    describe_manager: Callable[[], bytes]
    versions: Mapping[str, str]
    limits: Mapping[str, float] = field(default_factory=dict)
    fail_fast: bool = False

    def check_needs(self, needs: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
        """Refuse what could never run, and tell of limits for what nothing needs.

        Parameters
        ----------
        needs : dict of str to dict
            By stage, how much of each resource it needs.

        Raises
        ------
        ConfigurationError
            If one needs more of something than there is.
        """
        known = {tag for needed in needs.values() for tag in needed}
        for tag in self.limits.keys() - known:
            yield f"No stage needs the resource '{tag}'.{nearest(tag, known)}"
        for stage, needed in needs.items():
            for tag, much in needed.items():
                if much > self.limits.get(tag, much):
                    raise ConfigurationError(
                        f"Stage '{stage}' needs {much:g} of '{tag}', and there is "
                        f"{self.limits[tag]:g} (--resource {tag}={self.limits[tag]:g})."
                    )
