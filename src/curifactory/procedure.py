"""A procedure: a list of stages that parameter sets are sent through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from curifactory.errors import NoArtifactManagerError
from curifactory.manager import ArtifactManager
from curifactory.record import Record


class Procedure:
    """A list of stages under one name.

    Parameters
    ----------
    stages : sequence of callables
        Stages in the order of their calls; an aggregate may stand first.
    manager : ArtifactManager, optional
        Whose records are made; may also be given to `run`.
    name : str, optional
        For a reader.
    previous_proc : Procedure, optional
        Its records are what an aggregate at the start reads.
    records : list of Record, optional
        What an aggregate at the start reads, in place of those.

    Attributes
    ----------
    records : list of Record
        The records that `run` made.
    """

    def __init__(
        self,
        stages: Sequence[Callable[..., Record]],
        manager: ArtifactManager | None = None,
        name: str | None = None,
        previous_proc: Procedure | None = None,
        records: list[Record] | None = None,
    ) -> None:
        self.stages = list(stages)
        self.manager = manager
        self.name = name
        self.previous_proc = previous_proc
        self.records: list[Record] = []
        self._given_records = records

    def run(
        self,
        param_set: Any,
        record: Record | None = None,
        hide: bool = False,
        manager: ArtifactManager | None = None,
        records: list[Record] | None = None,
    ) -> Record:
        """Send a parameter set through the stages.

        Parameters
        ----------
        param_set : ExperimentParameters or None
            The parameters; ``None`` for an aggregate without its own.
        record : Record, optional
            Go on with this record in place of a new one.
        hide : bool
            Whether the manager's list of records leaves the new one out.
        manager : ArtifactManager, optional
            In place of the procedure's own.
        records : list of Record, optional
            What an aggregate at the start reads.

        Raises
        ------
        NoArtifactManagerError
            If neither the procedure nor this call has a manager.
        """
        manager = manager or self.manager or (record.manager if record is not None else None)
        if manager is None:
            raise NoArtifactManagerError(
                f"Procedure {self.name or [s.__name__ for s in self.stages]} has no manager: give "
                "it one when it is made, or to run(param_set, manager=...)."
            )
        if record is None:
            record = Record(manager, param_set, hide=hide)
        self.records.append(record)
        for position, stage in enumerate(self.stages):
            if position == 0 and getattr(stage, "is_aggregate", False):
                stage(record, self._records_to_read(records))
            else:
                stage(record)
        return record

    def _records_to_read(self, records: list[Record] | None) -> list[Record] | None:
        if records is not None:
            return records
        if self._given_records is not None:
            return self._given_records
        return None if self.previous_proc is None else self.previous_proc.records
