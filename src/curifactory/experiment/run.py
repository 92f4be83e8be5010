"""``run_experiment``: the one way in, from Python and from the command line."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from curifactory.errors import ConfigurationError
from curifactory.experiment.call import described_call
from curifactory.experiment.elsewhere import use_elsewhere
from curifactory.experiment.found import Selected, cache_folder, found, tell_if_new
from curifactory.experiment.passes import carry_out, plan
from curifactory.experiment.show import show_hashes, show_map, show_params, show_paths
from curifactory.experiment.unwritten import Unwritten
from curifactory.experiment.whole_run import whole_run
from curifactory.finding import ParameterSelection
from curifactory.manager import ArtifactManager
from curifactory.notebook import write_run_notebook
from curifactory.params import ensure_hash
from curifactory.running.executors.named import executor_of
from curifactory.runs.logs import run_log
from curifactory.settings import OnChange, Seed, load_settings


def run_experiment(
    experiment_name: str,
    param_files: Sequence[str] | str | None = None,
    *,
    overwrite_override: bool | None = None,
    cache_dir_override: str | os.PathLike[str] | None = None,
    mngr: ArtifactManager | None = None,
    log: bool = False,
    log_debug: bool = False,
    dry: bool = False,
    dry_cache: bool = False,
    store_full: bool = False,
    log_errors: bool = False,
    prefix: str | None = None,
    build_docker: bool = False,
    build_notebook: bool = False,
    run_string: str | None = None,
    stage_overwrites: Sequence[str] | None = None,
    param_set_names: Sequence[str] | None = None,
    param_set_indices: Any = None,
    global_param_set_indices: Any = None,
    parallel: int | None = None,
    executor: Any = None,
    resources: Mapping[str, float] | None = None,
    fail_fast: bool = False,
    lazy: bool = False,
    ignore_lazy: bool = False,
    report: bool = True,
    no_dag: bool = False,
    map_only: bool = False,
    hashes_only: bool = False,
    paths_only: bool = False,
    print_params: bool | str = False,
    no_color: bool = False,
    quiet: bool = False,
    progress: bool = False,
    plain: bool = False,
    notes: str | None = None,
    all_loggers: bool = False,
    check_mutation: bool = False,
    on_code_change: OnChange | None = None,
    seed: Seed | None = None,
) -> tuple[Any, ArtifactManager | None]:
    """Run an experiment: plan, compute what is missing, load the rest from the cache.

    Parameters
    ----------
    experiment_name : str
        Name of a module in the experiments package that has ``run(param_sets, manager)``.
    param_files : sequence of str, optional
        Names of modules with ``get_params()``; without any, the experiment's own is used.
    overwrite_override : bool, optional
        Run every stage anew.
    cache_dir_override : str, optional
        Another cache folder; may be a full store's folder.
    mngr : ArtifactManager, optional
        Use this manager in place of a new one.
    log, log_debug, all_loggers : bool
        Write a log; with debug messages; with those of libraries.
    dry, dry_cache : bool
        Write nothing at all, or nothing into the cache.
    store_full : bool
        Keep a full store of the run.
    log_errors : bool
        Write the traceback of a failure into the log, too.
    prefix : str, optional
        First part of artifact names in place of the experiment's name.
    build_notebook : bool
        Write a notebook that repeats the run live.
    build_docker : bool
        Not available yet: an error.
    parallel : int, optional
        Carry out steps in so many processes on this machine.
    executor : str or object, optional
        Carry out steps with this: ``"dask://HOST:PORT"``, ``"processes"``, ``"dask"``, a
        ``distributed.Client``, or a ``concurrent.futures`` executor that has processes.
    resources : dict of str to number, optional
        How much there is of what stages need, such as ``{"gpu": 2}``.
    fail_fast : bool
        End the run at the first failure, instead of carrying out what does not depend on it.
    run_string : str, optional
        The command that started the run, for the record.
    stage_overwrites : sequence of str, optional
        Stages to run anew, with all that depends on them.
    param_set_names : sequence of str, optional
        Only parameter sets of these names.
    param_set_indices, global_param_set_indices : optional
        Only parameter sets at these positions, such as ``"0-2"``: in each file, or over all.
    lazy, ignore_lazy : bool
        Treat every output as lazy, or none.
    report : bool
        Write a report.
    no_dag : bool
        Decide stage by stage, without a plan.
    map_only, hashes_only, paths_only, print_params
        Only print the plan, the hashes, the artifacts' paths, or the parameters; no file changes.
    no_color, quiet, progress, plain : bool
        How to print.
    notes : str, optional
        Kept with the run.
    check_mutation : bool
        Watch stages for changing their inputs in place, whatever the configuration says.
    on_code_change : str, optional
        What happens to artifacts whose code changed since, in place of what is configured.
    seed : str, optional
        ``"step"`` seeds the global random generators before each stage, ``"off"`` does not, in
        place of what is configured.

    Returns
    -------
    tuple of (object, ArtifactManager or None)
        Whatever ``run`` returned, and the manager (``None`` if only hashes or parameters were
        printed).

    Raises
    ------
    Exception
        What the experiment raised, after the run's status, log and report say so.
    ExperimentNotFoundError, ParameterFileNotFoundError, ParameterSetError
        If experiment or parameter sets cannot be found or used.
    """
    opens = executor_of(executor, parallel, load_settings().settings.executor)
    wanted = Selected(param_files, param_set_names, param_set_indices, global_param_set_indices)
    with found(experiment_name, wanted) as (experiment, modules, selection):
        if hashes_only:
            show_hashes(selection.sets)
            return None, None
        if print_params:
            show_params(selection.sets, print_params)
            return None, None
        only_shows = map_only or paths_only
        cache_path = cache_folder(cache_dir_override)
        is_there = os.path.isdir(cache_path or "")
        manager = mngr or ArtifactManager(
            experiment.name,
            store_full=store_full and not only_shows,
            dry=dry or only_shows,
            dry_cache=dry_cache,
            prefix=prefix,
            run_line=run_string or "",
            lazy=lazy,
            ignore_lazy=ignore_lazy,
            notes=notes,
            cache_path=cache_path,
            status_override="running",
        )
        _choose(manager, overwrite_override, stage_overwrites, check_mutation, on_code_change, seed)
        _note_parameters(manager, modules, selection)
        manager.call = described_call(
            experiment.name, manager.parameter_files, wanted, manager, no_dag
        )
        manager.experiment_file = experiment.module.__file__
        if only_shows:
            tell_if_new(cache_path, is_there, manager.events)
            plan(experiment.module.run, selection.sets, manager)
            show_map(manager) if map_only else show_paths(manager)
            return None, manager
        manager.events.add(_console(quiet, log_debug, plain, no_color, progress))
        tell_if_new(cache_path, is_there, manager.events)
        _refuse_docker(build_docker)
        use_elsewhere(manager, opens, resources, fail_fast, has_plan=not no_dag)
        log_path = manager.log_path if log and not manager.dry else None
        unwritten = Unwritten(manager)
        with (
            run_log(log_path, log_debug, all_loggers, unwritten.add),
            whole_run(manager, selection, report, log_errors, unwritten),
        ):
            result = carry_out(experiment.module.run, selection.sets, manager, not no_dag)
            if build_notebook and not manager.dry:
                write_run_notebook(manager)
        unwritten.refuse()
        return result, manager


def _choose(
    manager: ArtifactManager,
    overwrite: bool | None,
    overwrite_stages: Sequence[str] | None,
    check_mutation: bool,
    on_code_change: OnChange | None,
    seed: Seed | None,
) -> None:
    if overwrite:
        manager.overwrite = True
    if overwrite_stages:
        manager.overwrite_stages = list(overwrite_stages)
    manager.check_mutation |= check_mutation
    if on_code_change is not None:
        manager.on_code_change = on_code_change
    if seed is not None:
        manager.seed = seed


def _note_parameters(
    manager: ArtifactManager, modules: Sequence[Any], selection: ParameterSelection
) -> None:
    manager.parameter_files = [module.name for module in modules]
    manager.param_file_param_sets = {
        file: [(params.name, str(ensure_hash(params))) for params in sets]
        for file, sets in selection.files.items()
    }


def _refuse_docker(build_docker: bool) -> None:
    if build_docker:
        raise ConfigurationError(
            "Building docker images of a run is not available in this version; leave build_docker "
            "out. `curifactory init` writes a Dockerfile for the project."
        )


def _console(quiet: bool, verbose: bool, plain: bool, no_color: bool, progress: bool) -> Any:
    from curifactory.reporting.console import ConsoleObserver

    return ConsoleObserver(
        quiet=quiet, verbose=verbose, plain=plain, no_color=no_color, progress=progress or None
    )
