"""The ``README.md`` of a full store, for somebody who never heard of curifactory."""

from __future__ import annotations

from collections.abc import Container, Iterator

from curifactory.stores import layout
from curifactory.stores.stored_run import StoredRun

_MOST_NAMED = 50

_FILES = {
    layout.ARTIFACTS: "what the run computed or used: each artifact, and beside it a "
    "`..._metadata.json` that says where it comes from",
    layout.REPORT: "the report of the run; open `report/index.html`",
    layout.PROJECT: "the sources and the configuration, and files of the project's folder that the "
    "run used; laid out as they were",
    layout.ELSEWHERE: "files from outside of the project's folder, by their whole paths",
    layout.CODE: "the code of each stage as it was when its artifacts were made (JSON, compressed "
    "with zlib)",
    layout.PARAMETERS: "the parameter sets",
    layout.RUN_INFO: "the facts of the run",
    layout.REQUIREMENTS: "the packages, with exact versions",
    layout.CONDA: "what conda had installed",
    layout.PACKAGES: "curifactory as it ran",
    layout.ENVIRONMENT: "Python and machine",
    layout.PATCH: "what was not committed to git, for `git apply`",
    layout.MANIFEST: "every other file, with size and SHA-256",
    layout.CRATE: "the same for programs that read RO-Crates",
}


def readme(run: StoredRun, there: Container[str]) -> str:
    """The text.

    Parameters
    ----------
    there : container of str
        What lies at the top of the store.
    """
    sections = [
        f"# {run.reference}\n",
        f"A run of the experiment `{run.experiment}`, made with curifactory: everything that it "
        "computed and used, and what is needed to do it again.\n",
        "".join(_facts(run)),
        "## Do it again\n",
        _commands(run) if run.can_replay else _by_hand(run),
        "## What lies where\n",
        "".join(f"- `{name}`: {what}\n" for name, what in _FILES.items() if name in there),
    ]
    lacking = list(_lacking(run))
    if lacking:
        sections += ["## What is not in here\n", "".join(lacking)]
    return "\n".join(sections)


def _facts(run: StoredRun) -> Iterator[str]:
    facts = {
        "status": run.info["status"],
        "started": run.started.isoformat(timespec="seconds"),
        "ended": run.ended.isoformat(timespec="seconds"),
        "command": f"`{run.info['command_line']}`" if run.info.get("command_line") else None,
        "commit": run.info.get("commit"),
        "Python": run.python,
        "notes": run.info.get("notes"),
        "error": run.error,
    }
    for name, value in facts.items():
        if value:
            yield f"- {name}: {value}\n"


def _commands(run: StoredRun) -> str:
    version = ".".join(run.python.split(".")[:2])
    return f"""\
With Python {version}, in this folder:

```
python{version} -m venv ../{run.reference}-venv
../{run.reference}-venv/bin/python -m pip install -r {layout.REQUIREMENTS}
../{run.reference}-venv/bin/curifactory verify .
../{run.reference}-venv/bin/curifactory replay .
../{run.reference}-venv/bin/curifactory replay --recompute .
```

The third command compares every file with `{layout.MANIFEST}`. The fourth does the run again from
its artifacts, which computes nothing. The last one computes everything anew, in a folder that is
removed afterwards, and says of each artifact whether it is the same. None of them changes anything
in here. They execute the code in `{layout.PROJECT}/`: use them on what you would run.

If pip does not find a package, it came from an index of its own: name that with
`--extra-index-url`.
"""


def _by_hand(run: StoredRun) -> str:
    script = f" `{run.workflow}`" if run.workflow else ""
    return f"""\
**`curifactory replay` cannot do this run again**: it was that of a script or notebook{script}, and
only the script knows which stages it calls, and when. What can be done, with the packages of
`{layout.REQUIREMENTS}`:

- `curifactory verify .` compares every file with `{layout.MANIFEST}`.
- `curifactory artifacts --cache .` lists what is in here; `curifactory show FILE` says of one
  artifact what it is, and from which parameters and by which code it was made.
- The script itself, with `ArtifactManager(..., cache_path=".../{layout.ARTIFACTS}")`, loads what
  lies in here instead of computing it.

To keep a run that can be replayed: call the same stages in `run(param_sets, manager)` of a file in
`experiments/`, and run that with `experiment NAME --store-full`.
"""


def _lacking(run: StoredRun) -> Iterator[str]:
    yield from (f"- {what}\n" for what in run.missing)
    for one in run.not_held[:_MOST_NAMED]:
        yield f"- `{one.name}` of stage `{one.stage}`, record `{one.record}`: {one.why}\n"
    if len(run.not_held) > _MOST_NAMED:
        yield f"- {len(run.not_held) - _MOST_NAMED} more outputs: see `{layout.MANIFEST}`\n"
