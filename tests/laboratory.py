"""Two places to do experiments in: a `Lab` in this process, a `Project` for real commands."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from curifactory import ArtifactManager, ExperimentParameters
from curifactory.events import Finished, Notice, Planned
from curifactory.experiment.passes import carry_out

COUNTING = """\
    import os

    def ran(stage, record):
        name = record.params.name if record.params is not None else "all"
        line = f"{stage} {name}\\n".encode()
        file = os.open(os.environ["EXECUTED"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, line)
        os.close(file)
    """

MODES = ("live", "no plan", "plan")
_SETTABLE = {
    "overwrite",
    "overwrite_stages",
    "on_input_change",
    "on_parameter_change",
    "on_cacher_change",
    "on_code_change",
    "seed",
}


@dataclass
class Params(ExperimentParameters):
    """The parameter sets of a lab."""

    size: int = 3
    factor: int = 2


class Lab:
    """Runs experiments that a test defines, in each of the engine's modes."""

    Params = Params

    def __init__(self, root: Path) -> None:
        self.root = root
        self.cache = root / "data" / "cache"
        self.events: list = []
        self._executed: Counter[str] = Counter()

    def manager(self, mode: str = "live", **options) -> ArtifactManager:
        """A new manager, as a script makes it or as an experiment does."""
        status = "LIVE" if mode == "live" else "running"
        options = {"suppress_live_log": True, "status_override": status, **options}
        settable = {key: options.pop(key) for key in _SETTABLE & options.keys()}
        manager = ArtifactManager("lab", **options)
        manager.events.observers.append(self.events.append)
        for name, value in settable.items():
            setattr(manager, name, value)
        return manager

    def run(self, run, *param_sets, mode: str = "plan", **options):
        """Call ``run(param_sets, manager)`` once, as a new process would; gives what it returns."""
        manager = self.manager(mode, **options)
        self.events.clear()
        status = "error"
        try:
            if mode == "live":
                result = run(list(param_sets), manager)
            else:
                result = carry_out(run, list(param_sets), manager, use_plan=mode == "plan")
            status = "complete"
            return result
        finally:
            if mode != "live":
                manager.finish(status)
            manager.close()

    def ran(self, record) -> None:
        """A stage function says that it was called."""
        name = record.params.name if record.params is not None else "all"
        self._executed[f"{record.manager.current_stage_name} {name}"] += 1

    def executed(self) -> dict[str, int]:
        """How often each ``"<stage> <parameter set>"`` was executed since this was last asked."""
        executed, self._executed = dict(self._executed), Counter()
        return executed

    def file(self, ending: str) -> Path:
        """The one file in the cache folder whose name ends so."""
        (found,) = self.cache.rglob(f"*{ending}")
        return found

    @property
    def notices(self) -> list[str]:
        return [event.message for event in self.events if isinstance(event, Notice)]

    @property
    def decisions(self) -> dict[str, str]:
        """What was done with each stage of each parameter set in the last run."""
        rows = [event for event in self.events if isinstance(event, Finished)]
        return {f"{row.step.stage} {row.step.record}": row.decision for row in rows}

    @property
    def planned(self) -> dict[str, str]:
        """What the last plan said about each stage of each parameter set."""
        plans = [event for event in self.events if isinstance(event, Planned)]
        rows = plans[-1].steps if plans else ()
        return {f"{row.step.stage} {row.step.record}": row.decision for row in rows}


class Project:
    """A project on disk, in which the real commands are run as a user would."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.cache = root / "data" / "cache"
        self._executed = root.parent / "executed.txt"
        self.write("curifactory_config.json", "{}")
        self.write("counting.py", COUNTING)

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
        return path

    def start(self, *arguments: str, program: str = "experiment", **environment: str):
        """Start a command and do not wait for it."""
        kept = {"CURIFACTORY_CHECK_MUTATION"}
        own = {
            key: text
            for key, text in os.environ.items()
            if key in kept or not key.startswith("CURIFACTORY_")
        }
        return subprocess.Popen(
            [str(Path(sys.executable).parent / program), *arguments],
            cwd=self.root,
            env=own | {"EXECUTED": str(self._executed), "NO_COLOR": "1"} | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def command(self, *arguments: str, program: str = "experiment", **environment: str):
        """Run a command to its end."""
        process = self.start(*arguments, program=program, **environment)
        stdout, stderr = process.communicate(timeout=120)
        return subprocess.CompletedProcess(arguments, process.returncode, stdout, stderr)

    def succeed(self, *arguments: str, program: str = "experiment", **environment: str) -> str:
        """Run a command that must succeed; gives what it printed."""
        done = self.command(*arguments, program=program, **environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def executed(self) -> dict[str, int]:
        """How often each ``"<stage> <parameter set>"`` was executed since this was last asked."""
        if not self._executed.exists():
            return {}
        lines = self._executed.read_text().splitlines()
        self._executed.unlink()
        return dict(Counter(lines))

    def file(self, ending: str) -> Path:
        """The one file in the cache folder whose name ends so."""
        (found,) = self.cache.rglob(f"*{ending}")
        return found
