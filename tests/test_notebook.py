"""The notebook of a run."""

from __future__ import annotations

import subprocess
import sys

import nbclient
import nbformat


def test_the_notebook_of_a_run_repeats_it_from_the_cache(project):
    project.write(
        "experiments/one.py",
        """
        from curifactory import ExperimentParameters, Record, stage
        from curifactory.caching import JsonCacher

        @stage(outputs=["thing"], cachers=[JsonCacher])
        def make(record):
            return {"made": 1}

        def get_params():
            return [ExperimentParameters(name="only")]

        def run(param_sets, manager):
            return make(Record(manager, param_sets[0])).state["thing"]
        """,
    )
    project.succeed("one", "--notebook")

    [path] = (project.root / "notebooks" / "experiments").iterdir()
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = "\n".join(cell.source for cell in notebook.cells)
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nprint('result', result)"],
        cwd=path.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "0 to run, 1 from cache" in done.stdout
    assert "result {'made': 1}" in done.stdout


STAGES = """\
from curifactory import ArtifactManager, ExperimentParameters, Record, stage
from curifactory.caching import JsonCacher
from curifactory.reporting import HTMLReporter, LinePlotReporter

def double(number):
    return 2 * number

@stage(outputs=["thing"], cachers=[JsonCacher])
def make(record):
    print("making")
    record.report(HTMLReporter("<p>seen <b>here</b></p>", name="note", group="texts"))
    record.report(LinePlotReporter([1, 2, 4], name="curve"))
    return double(21)

manager = ArtifactManager("cells")
record = make(Record(manager, ExperimentParameters("only")))
record.state["thing"]
"""
SHOWN = [
    "manager",
    "record",
    "manager.display_info()",
    "manager.display_all_reportables()",
    "manager.display_record_reportables(record)",
    "manager.display_group_reportables('texts')",
    "manager.display_stage_reportables('make')",
    "manager.display_reportable('curve')",
    "manager.display_reportable('nothing of this name')",
    "manager.display_stage_graph()",
]


def executed(folder, stages):
    """What each cell of a notebook shows and prints, executed by a kernel of its own."""
    cells = [nbformat.v4.new_code_cell(source) for source in [stages, *SHOWN]]
    notebook = nbformat.v4.new_notebook(cells=cells)
    nbclient.NotebookClient(notebook, resources={"metadata": {"path": str(folder)}}).execute()
    return ["".join(map(text_of, cell.outputs)) for cell in notebook.cells]


def text_of(output):
    if output.output_type == "stream":
        return output.text
    return output.data.get("text/html") or output.data["text/plain"]


def test_stages_typed_into_a_notebook_are_cached_and_what_they_reported_is_shown(tmp_path):
    (tmp_path / "curifactory_config.json").write_text('{"on_code_change": "rerun"}')
    first, second = executed(tmp_path, STAGES), executed(tmp_path, STAGES)
    assert first[0] == "making\n42"
    assert second[0] == "42"
    for shown in (first, second):
        manager, record, info, everything, of_record, group, of_stage, one, nothing, graph = shown[
            1:
        ]
        assert manager == info
        assert "cells_" in info
        assert "only" in record
        assert "make" in graph
        for whole in (everything, of_record, of_stage):
            assert "<p>seen <b>here</b></p>" in whole
            assert 'src="data:image/' in whole
        assert "seen" in group
        assert "data:image/" not in group
        assert "data:image/" in one
        assert "seen" not in one
        assert nothing == ""
    edited = executed(tmp_path, STAGES.replace("2 * number", "3 * number"))
    assert edited[0] == "making\n63"
