"""What is noted of a planned call, so that it can be carried out elsewhere, or why it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from curifactory.code import Variable
from curifactory.planning.recipe import EDITED
from curifactory.record import Record
from curifactory.request import Request, StageDefinition, UserValue
from curifactory.running.code_facts import variables_of
from curifactory.running.elsewhere.definitions import is_importable, sent_definition
from curifactory.running.elsewhere.order import SentDefinition, SentState, Switches
from curifactory.running.elsewhere.pickling import dumps, why_not
from curifactory.running.elsewhere.staying import StaysError
from curifactory.running.step import Step
from curifactory.running.surroundings import SurroundingsWatch, cause_to_stay


class NotingSettings(Protocol):
    """What noting asks of the manager."""

    dry: bool
    dry_cache: bool
    lazy: bool
    ignore_lazy: bool
    prefix: str | None
    root: str
    seed: str

    @property
    def seeds_steps(self) -> bool: ...
    @property
    def overwrite(self) -> bool: ...
    @property
    def overwrite_stages(self) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Noted:
    """A planned call as it was made.

    Parameters
    ----------
    own : SentState
        Its record.
    others : tuple of SentState
        The records that an aggregate reads.
    input_records : tuple of Record
        What its record aggregated.
    switches : Switches
    definition : SentDefinition
    values : dict of str to bytes
        The pickled values that ``run`` gave as inputs: by input, or input and record's hash.
    arguments : bytes or None
        The pickled further arguments.
    environ : dict of str to (str or None)
        Environment variables that ``run`` had changed.
    variables : dict of (str, str) to bytes
        Globals that are not what their source says.
    """

    own: SentState
    others: tuple[SentState, ...]
    input_records: tuple[Record, ...]
    switches: Switches
    definition: SentDefinition
    values: Mapping[str, bytes] = field(default_factory=dict)
    arguments: bytes | None = None
    environ: Mapping[str, str | None] = field(default_factory=dict)
    variables: Mapping[tuple[str, str], bytes] = field(default_factory=dict)


class Noting:
    """Notes the calls of one plan pass.

    Parameters
    ----------
    settings : NotingSettings
        The manager.

    Attributes
    ----------
    surroundings : SurroundingsWatch
        Tells what ``run`` changed since the pass began.
    """

    def __init__(self, settings: NotingSettings) -> None:
        self.surroundings = SurroundingsWatch()
        self._settings = settings
        self._switches: dict[Switches, Switches] = {}
        self._definitions: dict[tuple[StageDefinition, bool, bool], SentDefinition] = {}

    def note(self, step: Step) -> Noted | str:
        """What has to be known of a call, or the cause why it must be carried out here."""
        try:
            return self._note(step)
        except StaysError as cause:
            return str(cause)

    def _note(self, step: Step) -> Noted:
        request, settings = step.request, self._settings
        if settings.dry or settings.dry_cache:
            raise StaysError("what a dry run makes stays in this process")
        now = self.surroundings.now(random_counts=not settings.seeds_steps)
        cause = cause_to_stay(now)
        if cause is not None:
            raise StaysError(cause)
        if (step.recipe.code or "").startswith(EDITED):
            raise StaysError("a file with its code was edited after it was imported")
        record = request.record
        switches = Switches(
            record.combo_hash,
            record.is_aggregate,
            settings.prefix,
            settings.overwrite,
            tuple(settings.overwrite_stages),
            settings.seed,
        )
        return Noted(
            own=_state(record),
            others=tuple(_state(other) for other in request.records),
            input_records=tuple(record.input_records),
            # one object for equal ones: an order has it once
            switches=self._switches.setdefault(switches, switches),
            definition=self._definition(request.definition),
            values=_values(step),
            arguments=_arguments(step),
            environ=dict(now.environ_changes),
            variables=_variables(step, settings.root),
        )

    def _definition(self, definition: StageDefinition) -> SentDefinition:
        called = (definition, self._settings.lazy, self._settings.ignore_lazy)
        known = self._definitions.get(called)
        if known is None or known.pickled is not None:
            # what is pickled takes along what it closes over, as it is at this call
            known = self._definitions[called] = sent_definition(*called)
        return known


def value_label(name: str, record_hash: str | None = None) -> str:
    """How a value is found that ``run`` gave as an input, perhaps in the state of a record."""
    return name if record_hash is None else f"{name}@{record_hash}"


def _state(record: Record) -> SentState:
    return SentState(tuple(record.stages), tuple(name for name, _ in record.state.raw_items()))


def _values(step: Step) -> dict[str, bytes]:
    """The values of the user among the inputs, as they are at the call."""
    found: dict[str, Any] = {}
    for name, source in step.request.inputs.items():
        if isinstance(source, UserValue):
            found[value_label(name)] = source.value
        elif isinstance(source, tuple):
            for record, held in source:
                if isinstance(held, UserValue):
                    found[value_label(name, record.get_hash())] = held.value
    if not found:
        return {}
    for name in step.recipe.inputs:
        if _is_unknown(step.request, name, step.recipe.inputs[name]):
            raise StaysError(_unknown(f"its input '{name}'"))
    return {label: _pickled(value, f"its input '{label}'") for label, value in found.items()}


def _is_unknown(request: Request, name: str, facts: Any) -> bool:
    source = request.inputs[name]
    if isinstance(source, UserValue):
        return facts.content is None
    if isinstance(source, tuple):
        contents = {hash_: one.content for hash_, one in facts.entries}
        return any(
            isinstance(held, UserValue) and contents.get(record.get_hash()) is None
            for record, held in source
        )
    return False


def _arguments(step: Step) -> bytes | None:
    request = step.request
    if not (request.arguments or request.positionals):
        return None
    for name, content in step.recipe.arguments.items():
        if content is None:
            raise StaysError(
                f"whether its argument '{name}' changes cannot be told (it has no hash)"
            )
    return _pickled((request.arguments, request.positionals), "an argument")


def _variables(step: Step, root: str) -> dict[tuple[str, str], bytes]:
    """The globals that its code names and that are not what their source says."""
    for name, content in step.recipe.variables.items():
        if content is None:
            raise StaysError(
                f"whether the variable '{name}' changes cannot be told (it has no hash)"
            )
    if not step.recipe.variables:
        return {}
    is_pickled = not is_importable(step.request.definition)
    found = {}
    for name, variable in variables_of(step.request, root).items():
        if isinstance(variable, Variable) and variable.module != "__main__":
            # also for a stage that is pickled: functions that it calls may be imported there
            place = (variable.module, variable.name)
            found[place] = _pickled(variable(), f"the variable '{name}'")
        elif not is_pickled:
            # what is pickled takes along what it closes over, and the main module's variables
            raise StaysError(f"it uses the variable '{name}', which an import would not give")
    return found


def _unknown(what: str) -> str:
    return f"whether {what} changes cannot be told (it has no hash)"


def _pickled(value: Any, what: str) -> bytes:
    try:
        return dumps(value)
    except Exception as error:
        raise StaysError(f"{what} cannot be pickled ({why_not(error)})") from None
