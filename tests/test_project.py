from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from curifactory.errors import ConfigurationError
from curifactory.project import get_configuration, initialize_project
from curifactory.settings import load_settings


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for variable in [name for name in os.environ if name.startswith("CURIFACTORY_")]:
        monkeypatch.delenv(variable)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files_of(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def test_the_configuration_is_the_nine_keys(folder):
    (folder / "curifactory_config.json").write_text('{"cache_path": "x", "locking": false}')

    configuration = get_configuration()

    assert len(configuration) == 9
    assert configuration["cache_path"] == "x"
    assert configuration["reports_path"] == "reports/"


def test_a_new_project_has_all_its_folders_and_files(folder):
    made = initialize_project()

    for name in (
        "experiments",
        "params",
        "data/cache",
        "data/runs",
        "logs",
        "notebooks",
        "reports",
    ):
        assert (folder / name).is_dir()
    for name in ("experiments/__init__.py", "docker/Dockerfile", ".dockerignore", ".gitignore"):
        assert (folder / name).is_file()
    assert sorted(map(os.path.normpath, made)) == sorted(files_of(folder))


def test_the_configuration_of_a_new_project_can_be_read_and_reruns_changed_code(folder):
    initialize_project()

    written = json.loads((folder / "curifactory_config.json").read_text())
    loaded = load_settings()

    assert len(written) == 10
    assert loaded.settings.on_code_change == "rerun"
    assert loaded.warnings == []
    assert loaded.settings.cache_path == "data/cache"


def test_a_second_time_nothing_is_made(folder):
    initialize_project()
    before = files_of(folder)

    assert initialize_project() == []
    assert files_of(folder) == before


def test_existing_files_stay_as_they_are(folder):
    mine = {
        "curifactory_config.json": '{"cache_path": "my_cache"}',
        ".gitignore": "data/\n*.tmp",
        ".dockerignore": "mine",
        "experiments/__init__.py": "x = 1",
    }
    (folder / "experiments").mkdir()
    for name, text in mine.items():
        (folder / name).write_text(text)

    initialize_project()

    for name in mine.keys() - {".gitignore"}:
        assert (folder / name).read_text() == mine[name]
    ignored = (folder / ".gitignore").read_text().splitlines()
    assert ignored == ["data/", "*.tmp", "my_cache/", "logs/", "reports/", "__pycache__/"]
    assert (folder / "my_cache").is_dir()
    assert not (folder / "data" / "cache").exists()


def test_a_pyproject_configuration_is_followed_and_gets_no_second_file(folder):
    (folder / "pyproject.toml").write_text('[tool.curifactory]\nparams_module_name = "lab.sets"\n')

    initialize_project()

    assert (folder / "lab" / "sets" / "__init__.py").is_file()
    assert not (folder / "curifactory_config.json").exists()


def test_the_configuration_of_an_outer_project_is_not_followed(folder):
    (folder / "curifactory_config.json").write_text('{"cache_path": "outer"}')
    (folder / "inner").mkdir()

    initialize_project("inner")

    assert (folder / "inner" / "data" / "cache").is_dir()
    assert (folder / "inner" / "curifactory_config.json").is_file()
    assert not (folder / "outer").exists()


def test_a_folder_outside_the_project_is_made_but_not_ignored(folder):
    (folder / "project").mkdir()
    configuration = {"cache_path": "../shared", "runs_path": str(folder / "runs")}
    (folder / "project" / "curifactory_config.json").write_text(json.dumps(configuration))

    initialize_project("project")

    assert (folder / "shared").is_dir()
    assert (folder / "runs").is_dir()
    ignored = (folder / "project" / ".gitignore").read_text()
    assert ignored == "data/\nlogs/\nreports/\n__pycache__/\n"


def test_the_image_has_the_python_that_the_project_was_set_up_with(folder):
    initialize_project()

    dockerfile = (folder / "docker" / "Dockerfile").read_text()
    assert f"FROM python:{sys.version_info.major}.{sys.version_info.minor}-slim\n" in dockerfile
    assert 'ENTRYPOINT ["experiment"]' in dockerfile


def test_a_file_in_the_place_of_a_folder_is_a_clear_error(folder):
    (folder / "logs").write_text("")

    with pytest.raises(ConfigurationError, match=r"cannot be set up.*logs"):
        initialize_project()
