from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from curifactory.errors import ConfigurationError
from curifactory.settings import FLAGS, PROJECT_KEYS, LoadedSettings, load_settings


@pytest.fixture
def root(tmp_path, monkeypatch):
    """An empty project that is the working folder, with no setting in the environment."""
    for variable in [name for name in os.environ if name.startswith("CURIFACTORY_")]:
        monkeypatch.delenv(variable)
    # deep enough that nothing above it can be found
    folder = tmp_path / "a" / "b" / "c" / "project"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


def write_json(folder: Path, **values: object) -> Path:
    path = folder / "curifactory_config.json"
    path.write_text(json.dumps(values, indent=2))
    return path


def write_toml(folder: Path, text: str) -> Path:
    path = folder / "pyproject.toml"
    path.write_text(text)
    return path


def test_without_any_file_every_value_is_its_default(root):
    loaded = load_settings()

    assert {key: getattr(loaded.settings, key) for key in PROJECT_KEYS} == {
        "experiments_module_name": "experiments",
        "params_module_name": "params",
        "manager_cache_path": "data/",
        "cache_path": "data/cache",
        "runs_path": "data/runs",
        "logs_path": "logs/",
        "notebooks_path": "notebooks/",
        "reports_path": "reports/",
        "report_css_path": "reports/style.css",
    }
    assert loaded.settings.on_code_change == "warn"
    assert loaded.settings.verify == "full"
    assert loaded.settings.durability == "none"
    assert loaded.settings.locking is True
    assert loaded.root == str(root)
    assert set(loaded.origins.values()) == {"default"}
    assert loaded.warnings == []
    assert loaded.file is None


def test_every_flag_has_a_help_text():
    assert all(flag.metadata["help"] for flag in FLAGS.values())


def test_the_json_file_is_above_the_default(root):
    path = write_json(root, cache_path="elsewhere", locking=False)

    loaded = load_settings()

    assert loaded.settings.cache_path == "elsewhere"
    assert loaded.settings.locking is False
    assert loaded.origins["cache_path"] == "curifactory_config.json"
    assert loaded.origins["runs_path"] == "default"
    assert loaded.file == str(path)


def test_pyproject_is_read_where_there_is_no_json_file(root):
    write_toml(root, '[project]\nname = "x"\n[tool.curifactory]\nverify = "size"\n')

    loaded = load_settings()

    assert loaded.settings.verify == "size"
    assert loaded.origins["verify"] == "pyproject.toml"


def test_json_wins_over_pyproject_and_says_so(root):
    write_json(root, logs_path="json_logs")
    write_toml(root, '[tool.curifactory]\nlogs_path = "toml_logs"\n')

    loaded = load_settings()

    assert loaded.settings.logs_path == "json_logs"
    assert len(loaded.warnings) == 1
    assert "pyproject.toml" in loaded.warnings[0]


def test_a_pyproject_without_our_table_is_passed_by(root):
    write_json(root.parent, logs_path="found_above")
    write_toml(root, '[project]\ndescription = "see [tool.curifactory]"\n')

    assert load_settings().settings.logs_path.endswith("found_above")


def test_a_broken_pyproject_that_is_not_ours_is_passed_by(root):
    write_toml(root, "this is = not = toml")

    assert load_settings().file is None


def test_the_environment_is_above_the_file(root, monkeypatch):
    write_json(root, cache_path="from_file")
    monkeypatch.setenv("CURIFACTORY_CACHE_PATH", "from_environment")

    loaded = load_settings()

    assert loaded.settings.cache_path == "from_environment"
    assert loaded.origins["cache_path"] == "CURIFACTORY_CACHE_PATH"


def test_an_empty_variable_counts_as_not_set(root, monkeypatch):
    monkeypatch.setenv("CURIFACTORY_CACHE_PATH", "")

    assert load_settings().origins["cache_path"] == "default"


@pytest.mark.parametrize(
    ("text", "value"), [("0", False), ("No", False), ("off", False), ("true", True), ("1", True)]
)
def test_a_switch_can_be_set_in_words(root, monkeypatch, text, value):
    write_json(root, locking=not value)
    monkeypatch.setenv("CURIFACTORY_LOCKING", text)

    assert load_settings().settings.locking is value


def test_an_argument_is_above_all(root, monkeypatch):
    write_json(root, cache_path="from_file")
    monkeypatch.setenv("CURIFACTORY_CACHE_PATH", "from_environment")

    loaded = load_settings(cache_path=Path("from_argument"), runs_path=None)

    assert loaded.settings.cache_path == "from_argument"
    assert loaded.origins["cache_path"] == "argument"
    assert loaded.origins["runs_path"] == "default"


def test_the_file_is_found_three_folders_up_and_no_further(root, monkeypatch):
    write_json(root, cache_path="cache")
    three = root / "1" / "2" / "3"
    (three / "4").mkdir(parents=True)

    monkeypatch.chdir(three)
    assert load_settings().root == str(root)
    monkeypatch.chdir(three / "4")
    assert load_settings().root == str(three / "4")


def test_configured_paths_belong_to_the_folder_of_the_file(root, monkeypatch):
    write_json(root, cache_path="cache", runs_path=str(root / "absolute"))
    (root / "inner").mkdir()
    monkeypatch.chdir(root / "inner")
    monkeypatch.setenv("CURIFACTORY_LOGS_PATH", "logs_of_environment/")

    loaded = load_settings(reports_path="reports_of_argument")

    assert loaded.settings.cache_path == str(root / "cache")
    assert loaded.settings.runs_path == str(root / "absolute")
    assert loaded.settings.manager_cache_path == str(root / "data") + "/"
    assert loaded.settings.logs_path == str(root / "logs_of_environment") + "/"
    assert loaded.settings.reports_path == "reports_of_argument"
    assert loaded.settings.experiments_module_name == "experiments"


def test_the_search_begins_where_it_is_told(root, monkeypatch):
    write_json(root, cache_path="cache")
    monkeypatch.chdir("/")

    assert load_settings(root).settings.cache_path == str(root / "cache")


def test_a_tilde_is_the_home_folder(root, monkeypatch):
    monkeypatch.setenv("HOME", "/somebody")
    write_json(root, cache_path="~/cache")

    assert load_settings().settings.cache_path == "/somebody/cache"


def test_an_unknown_key_is_a_warning_with_the_nearest_known_one(root):
    write_json(root, chache_path="x")

    loaded = load_settings()

    assert loaded.settings.cache_path == "data/cache"
    [warning] = loaded.warnings
    assert "line 2" in warning
    assert "Did you mean 'cache_path'?" in warning


def test_only_a_variable_that_looks_like_a_slip_is_mentioned(root, monkeypatch):
    monkeypatch.setenv("CURIFACTORY_CACHE_PAHT", "x")
    monkeypatch.setenv("CURIFACTORY_ZZZ", "x")

    [warning] = load_settings().warnings
    assert "CURIFACTORY_CACHE_PAHT" in warning
    assert "Did you mean 'cache_path'?" in warning


def error_of(*, start: Path | None = None, **overrides: object) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(start, **overrides)
    return str(caught.value)


def test_broken_json_is_an_error_with_line_and_column(root):
    (root / "curifactory_config.json").write_text('{\n  "cache_path": oops\n}')

    message = error_of()

    assert str(root / "curifactory_config.json") in message
    assert "line 2, column 17" in message


def test_broken_toml_is_an_error_with_line_and_column(root):
    write_toml(root, "[tool.curifactory]\ncache_path = oops\n")

    message = error_of()

    assert str(root / "pyproject.toml") in message
    assert "line 2, column" in message


@pytest.mark.parametrize("text", ["", "[]", "3", '"text"', "[" * 100_000])
def test_json_that_is_no_table_is_an_error_with_the_file(root, text):
    (root / "curifactory_config.json").write_text(text)

    assert "curifactory_config.json" in error_of()


def test_bytes_that_are_no_text_are_an_error_with_the_file(root):
    (root / "curifactory_config.json").write_bytes(b"\xff\xfe\x00")

    assert "curifactory_config.json" in error_of()


def test_a_byte_order_mark_does_no_harm(root):
    (root / "curifactory_config.json").write_bytes(b'\xef\xbb\xbf{"cache_path": "x"}')

    assert load_settings().settings.cache_path == "x"


@pytest.mark.parametrize(
    ("key", "value", "needed"),
    [
        ("cache_path", 3, "a path"),
        ("cache_path", "", "a path"),
        ("cache_path", "a\0b", "a path"),
        ("cache_path", None, "a path"),
        ("params_module_name", "no/module", "a module name"),
        ("on_code_change", "perhaps", "one of warn, rerun, ignore, error"),
        ("verify", ["full"], "one of full, size"),
        ("locking", "yes", "true or false"),
        ("locking", 1, "true or false"),
    ],
)
def test_a_value_of_the_wrong_kind_is_an_error_with_its_place(root, key, value, needed):
    write_json(root, **{"runs_path": "runs", key: value})

    message = error_of()

    assert f"curifactory_config.json, line 3, column 3: '{key}' must be {needed}" in message


def test_a_wrong_variable_is_an_error_that_names_it(root, monkeypatch):
    monkeypatch.setenv("CURIFACTORY_VERIFY", "maybe")

    assert error_of().startswith("Environment variable CURIFACTORY_VERIFY must be one of")


def test_a_wrong_or_unknown_argument_is_an_error(root):
    assert "Argument 'locking' must be true or false" in error_of(locking=3)
    assert "Did you mean 'cache_path'?" in error_of(cache_pth="x")


def test_settings_cannot_be_changed(root):
    loaded: LoadedSettings = load_settings()

    with pytest.raises(AttributeError):
        loaded.settings.cache_path = "x"
