"""What an identity tells besides its digest, and when it is made anew."""

from __future__ import annotations

import ast
import builtins
import importlib
import pickle
import subprocess
import sys
import textwrap
from importlib import metadata

import pytest
from projects import counted, look, running, write

from curifactory.code import identify
from curifactory.errors import UnhashableValueError

PROJECT = {
    "stages.py": textwrap.dedent("""\
        from src.data import clean
        K = 3


        def work(record, x):
            return clean(x) * K
        """),
    "src/data.py": textwrap.dedent("""\
        from math import floor as f


        # says what is clean
        def clean(x: float) -> int:
            \"\"\"Clean it.\"\"\"
            return f(x) + 1  # more than before
        """),
    "start": "import stages",
}


def test_parts_name_function_file_and_line(tmp_path):
    with running(write(tmp_path, PROJECT)):
        parts = look(tmp_path).parts
    assert [(one.name, one.file, one.line) for one in parts] == [
        ("src.data.clean", "src/data.py", 5),
        ("stages.K", "stages.py", 2),
        ("stages.work", "stages.py", 5),
    ]


def test_a_part_shows_its_source_without_what_does_not_count(tmp_path):
    with running(write(tmp_path, PROJECT)):
        clean = look(tmp_path).parts[0]
    assert clean.source == "# f: math.floor\ndef clean(x):\n    return f(x) + 1"


def test_only_the_part_that_was_edited_has_another_digest(tmp_path):
    with running(write(tmp_path / "a", PROJECT)):
        before = look(tmp_path / "a")
    edited = {**PROJECT, "src/data.py": PROJECT["src/data.py"].replace("+ 1", "+ 2")}
    with running(write(tmp_path / "b", edited)):
        after = look(tmp_path / "b")
    pairs = zip(before.parts, after.parts, strict=True)
    assert [one.name for one, other in pairs if one.digest != other.digest] == ["src.data.clean"]
    assert before.digest != after.digest


def test_another_import_of_the_same_name_shows_in_a_part(tmp_path):
    with running(write(tmp_path / "a", PROJECT)):
        before = look(tmp_path / "a").parts[0]
    edited = {**PROJECT, "src/data.py": PROJECT["src/data.py"].replace("floor", "ceil")}
    with running(write(tmp_path / "b", edited)):
        after = look(tmp_path / "b").parts[0]
    assert before.digest != after.digest
    assert after.source.startswith("# f: math.ceil\n")


def test_a_digest_has_32_hexadecimal_digits_and_parts_can_be_shipped(tmp_path):
    with running(write(tmp_path, PROJECT)):
        identity = look(tmp_path)
    assert len(bytes.fromhex(identity.digest)) == 16
    assert pickle.loads(pickle.dumps(identity.parts)) == identity.parts


def test_packages_come_with_the_name_and_version_of_their_distribution(tmp_path):
    files = {
        "stages.py": "import numpy as np, json\nfrom sklearn import svm\n"
        "def work(record, x):\n    import click\n    return np.mean(svm.SVC(x)), json, click.echo\n",
        "start": "import stages",
    }
    with running(write(tmp_path, files)):
        packages = look(tmp_path).packages
    names = ("click", "numpy", "scikit-learn")
    assert packages == {name: metadata.version(name) for name in names}


def test_a_package_that_no_distribution_has_is_known_by_its_module(tmp_path):
    write(tmp_path / "elsewhere", {"lonely.py": "__version__ = '7'\ndef f(x):\n    return x\n"})
    files = {
        "stages.py": "import lonely\ndef work(record, x):\n    return lonely.f(x)\n",
        "start": "import stages",
    }
    with running(tmp_path / "elsewhere"), running(write(tmp_path / "here", files)):
        assert look(tmp_path / "here").packages == {"lonely": "7"}


def test_a_file_edited_before_the_first_look_is_noticed(tmp_path):
    with running(write(tmp_path, PROJECT)):
        importlib.import_module("stages")
        data = tmp_path / "src" / "data.py"
        data.write_text(PROJECT["src/data.py"].replace("+ 1", "+ 2"))
        assert look(tmp_path).edited


@pytest.mark.parametrize("saved", ["def other(record, x):\n    return 2\n", "def work(record"])
def test_a_function_gone_from_its_file_before_the_first_look_is_edited_not_unknown(tmp_path, saved):
    files = {"stages.py": "def work(record, x):\n    return 1\n", "start": "import stages"}
    with running(write(tmp_path, files)):
        importlib.import_module("stages")
        (tmp_path / "stages.py").write_text(saved)
        assert look(tmp_path).edited


def test_a_local_function_under_another_name_is_edited_once_its_file_says_something_else(tmp_path):
    made = "def make(n):\n    def work(record, x):\n        return n\n"
    files = {
        "stages.py": f"{made}    work.__name__ = work.__qualname__ = 'own'\n    return work\n"
        "work = make(1)\n",
        "start": "import stages",
    }
    with running(write(tmp_path, files)):
        importlib.import_module("stages")
        assert not look(tmp_path).edited
    with running(write(tmp_path, files)):
        importlib.import_module("stages")
        (tmp_path / "stages.py").write_text(files["stages.py"].replace("return n", "return 7"))
        assert look(tmp_path).edited


def test_a_comment_written_before_the_first_look_is_no_edit(tmp_path):
    with running(write(tmp_path, PROJECT)):
        importlib.import_module("stages")
        (tmp_path / "src" / "data.py").write_text("# new\n\n" + PROJECT["src/data.py"])
        assert not look(tmp_path).edited


def test_a_constant_edited_before_the_first_look_counts_as_it_runs(tmp_path):
    with running(write(tmp_path, PROJECT)):
        importlib.import_module("stages")
        (tmp_path / "stages.py").write_text(PROJECT["stages.py"].replace("K = 3", "K = 4"))
        assert {name: get() for name, get in look(tmp_path).dynamic.items()} == {"K": 3}


def test_an_edit_after_the_first_look_does_not_change_what_runs(tmp_path):
    with running(write(tmp_path, PROJECT)):
        before = look(tmp_path)
        (tmp_path / "src" / "data.py").write_text("def clean(x):\n    return 5\n")
        (tmp_path / "stages.py").write_text(PROJECT["stages.py"] + "\ndef other(): pass\n")
        assert look(tmp_path) == before


def test_a_local_stage_edited_before_the_first_look_is_noticed(tmp_path):
    text = "def make():\n    def work(record):\n        return 1\n    return work\nwork = make()\n"
    with running(write(tmp_path, {"stages.py": text, "start": "import stages"})):
        importlib.import_module("stages")
        (tmp_path / "stages.py").write_text(text.replace("return 1", "return 2"))
        assert look(tmp_path).edited


def test_a_helper_that_cannot_be_parsed_any_more_is_noticed(tmp_path):
    with running(write(tmp_path, PROJECT)):
        importlib.import_module("stages")
        (tmp_path / "src" / "data.py").write_text("def clean(x:\n")
        assert look(tmp_path).edited


def test_a_reloaded_module_is_read_again(tmp_path):
    with running(write(tmp_path, PROJECT)):
        before = look(tmp_path)
        (tmp_path / "stages.py").write_text(PROJECT["stages.py"].replace("* K", "* K * K"))
        importlib.reload(sys.modules["stages"])
        after = look(tmp_path)
    assert before.digest != after.digest
    assert not after.edited


def test_a_reloaded_helper_is_read_again(tmp_path):
    files = {
        "stages.py": "import helpers\ndef work(record, x):\n    return helpers.f(x)\n",
        "helpers.py": "def f(x):\n    return x\n",
        "start": "import stages",
    }
    with running(write(tmp_path, files)):
        before = look(tmp_path)
        (tmp_path / "helpers.py").write_text("def f(x):\n    return x + 1\n")
        importlib.reload(sys.modules["helpers"])
        after = look(tmp_path)
    assert before.digest != after.digest
    assert not after.edited


def test_nothing_is_imported_to_find_an_identity(tmp_path):
    files = {
        "stages.py": "def work(record, x):\n    from later.deep import f\n    return f(x)\n",
        "later/__init__.py": "raise RuntimeError('imported')\n",
        "later/deep.py": "raise RuntimeError('imported')\ndef f(x):\n    return x\n",
        "start": "import stages",
    }
    with running(write(tmp_path, files)):
        names = [one.name for one in look(tmp_path).parts]
        assert "later" not in sys.modules
    assert names == ["later.deep.f", "stages.work"]


def test_a_second_call_reads_and_parses_nothing(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("read again")

    with running(write(tmp_path, PROJECT)):
        first = look(tmp_path)
        work = sys.modules["stages"].work
        with monkeypatch.context() as patched:
            patched.setattr(ast, "parse", refuse)
            patched.setattr(builtins, "open", refuse)
            patched.setattr(builtins, "compile", refuse)
            again = [identify(work, root=str(tmp_path)) for _ in range(3)]
    assert all(one is first for one in again)


PARAMS = """\
from dataclasses import dataclass, field
from typing import Callable
def double(x):
    return 2 * x
class Scaled:
    def scale(self):
        return 1
@dataclass
class Inner:
    depth: int = 1
    def deep(self):
        return 3
@dataclass
class Params(Scaled):
    lr: float = 1
    inner: Inner = field(default_factory=Inner)
    step: Callable = double
    @property
    def rate(self):
        return self.lr + 1
"""


def with_params(folder, old: str = "", new: str = "") -> str:
    assert old in PARAMS
    files = {**PROJECT, "params.py": PARAMS.replace(old, new, 1), "start": "import params, stages"}
    with running(write(folder, files)):
        alone = look(folder).digest
        params = sys.modules["params"].Params()
        found = identify(sys.modules["stages"].work, params, root=str(folder)).digest
    assert found != alone
    return found


@pytest.mark.parametrize("old", ["lr + 1", "return 1", "return 3", "2 * x"])
def test_code_that_a_parameter_set_brings_along_counts(old, tmp_path):
    assert with_params(tmp_path / "a") != with_params(tmp_path / "b", old, old + " + 7")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("lr: float = 1", "lr: float = 2"),
        ("lr: float = 1", "lr: float = 1\n    more: int = 3"),
        ("class Scaled:\n", "class Scaled:\n    offset: int = 0\n"),
        ("@dataclass\nclass Inner:\n", "@dataclass\nclass Inner:\n    width: int = 0\n"),
    ],
)
def test_the_fields_of_a_parameter_set_count_as_values_and_not_as_code(old, new, tmp_path):
    plain, is_dataclass = "class Scaled:", "@dataclass\nclass Scaled:"
    one = with_params(tmp_path / "a", plain, is_dataclass)
    text = PARAMS.replace(plain, is_dataclass)
    edited = text.replace(old, new, 1)
    assert edited != text
    files = {**PROJECT, "params.py": edited, "start": "import params, stages"}
    with running(write(tmp_path / "b", files)):
        look(tmp_path / "b")
        params = sys.modules["params"].Params()
        other = identify(sys.modules["stages"].work, params, root=str(tmp_path / "b"))
    assert other.digest == one


def test_a_static_method_edited_before_the_first_look_is_noticed(tmp_path):
    text = "class Model:\n    @staticmethod\n    def fit():\n        return 1\ndef work(record):\n    return Model.fit()\n"
    with running(write(tmp_path, {"stages.py": text, "start": "import stages"})):
        importlib.import_module("stages")
        (tmp_path / "stages.py").write_text(text.replace("return 1", "return 2"))
        assert look(tmp_path).edited


def test_which_function_a_parameter_holds_counts(tmp_path):
    files = {**PROJECT, "params.py": PARAMS, "start": "import params, stages"}
    with running(write(tmp_path, files)):
        look(tmp_path)
        module, work = sys.modules["params"], sys.modules["stages"].work
        steps = [module.double, len, module.Scaled]
        found = [identify(work, module.Params(step=one), root=str(tmp_path)) for one in steps]
    assert len({one.digest for one in found}) == 3


def test_code_of_another_folder_is_no_part_of_the_project(tmp_path):
    write(tmp_path / "library", {"shared.py": "def f(x):\n    return x\n"})
    files = {
        "stages.py": "import shared\ndef work(record, x):\n    return shared.f(x)\n",
        "start": "import stages",
    }
    with running(tmp_path / "library"), running(write(tmp_path / "here", files)):
        assert [one.name for one in look(tmp_path / "here").parts] == ["stages.work"]
        whole = identify(sys.modules["stages"].work, root=str(tmp_path))
    assert [one.name for one in whole.parts] == ["shared.f", "stages.work"]


def test_the_project_is_found_by_its_configuration(tmp_path):
    files = {
        "curifactory_config.json": "{}",
        "experiments/deep/one.py": "import helper\ndef work(record):\n    return helper.f()\n",
        "lib/helper.py": "def f():\n    return 1\n",
    }
    with running(write(tmp_path, files)), running(tmp_path / "lib"):
        one = importlib.import_module("experiments.deep.one")
        assert [part.file for part in identify(one.work).parts] == [
            "experiments/deep/one.py",
            "lib/helper.py",
        ]


def test_a_folder_without_configuration_is_the_one_that_modules_come_from(tmp_path):
    files = {"a/b/one.py": "def work(record):\n    return 1\n"}
    with running(write(tmp_path, files)):
        one = importlib.import_module("a.b.one")
        assert [part.file for part in identify(one.work).parts] == ["a/b/one.py"]


def test_a_method_is_identified_by_itself_and_its_class_by_all_of_it(tmp_path):
    text = (
        "class Work:\n    def one(self):\n        return 1\n    def two(self):\n        return 2\n"
    )
    with running(write(tmp_path, {"stages.py": text})):
        work = importlib.import_module("stages").Work
        alone = identify(work.one, root=str(tmp_path)).parts
        assert [one.name for one in alone] == ["stages.Work.one"]
        assert len(identify(work, root=str(tmp_path)).parts) == 3
        assert "__self__" in identify(work().one, root=str(tmp_path)).dynamic


def test_a_function_without_source_has_no_identity():
    namespace: dict = {"__name__": "nowhere"}
    exec("def work(record):\n    return 1\n", namespace)
    with pytest.raises(UnhashableValueError):
        identify(namespace["work"])


def test_a_loop_variable_in_a_closure_counts_as_it_is_at_the_call(tmp_path):
    text = "def make():\n    for k in (1, 2):\n        def work(record):\n            return k\n        yield work\n"
    with running(write(tmp_path, {"stages.py": text})):
        made = importlib.import_module("stages").make()
        work = next(made)
        first = counted(identify(work, root=str(tmp_path)))
        next(made)
        assert counted(identify(work, root=str(tmp_path))) != first


def run(folder, *command: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, *command], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


SCRIPT = """
from curifactory.code import identify
SETTING = 0
def work(record):
    return helper() * SETTING
def helper():
    return 1
def show():
    one = identify(work)
    print(one.digest, *(f"{name}={get()}" for name, get in one.dynamic.items()))
for SETTING in (1, 2):
    show()
"""


def test_a_script_counts_what_it_sets_between_calls(tmp_path):
    write(tmp_path / "a", {"script.py": SCRIPT})
    write(tmp_path / "b", {"script.py": SCRIPT.replace("return 1", "return 2")})
    one, first, same, second = run(tmp_path / "a", "script.py")
    assert (one, first, second) == (same, "SETTING=1", "SETTING=2")
    assert run(tmp_path / "b", "script.py")[0] != one


NOTEBOOK = """
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
def cell(text):
    shell.run_cell(text, store_history=True).raise_error()
cell("from curifactory.code import identify\\nfrom dataclasses import dataclass\\nfrom math import floor")
cell("# the first\\ndef helper(x):\\n    return floor(x) + 1\\nSCALE = 2")
cell("@dataclass\\nclass Point:\\n    x: int = 1")
cell("def work(record):\\n    '''Work.'''\\n    return helper(1) * SCALE, Point()")
show = "one = identify(work)\\nprint(one.digest, [(k, get()) for k, get in one.dynamic.items()]==[('SCALE', SCALE)])"
cell(show)
cell("SCALE = 3")
cell(show)
cell("# another comment\\ndef helper(x):\\n    return floor(x)  +  1")
cell(show)
cell("def helper(x):\\n    return floor(x) + 2")
cell(show)
cell("@dataclass\\nclass Point:\\n    x: int = 2")
cell(show)
"""


def test_a_notebook_counts_what_its_cells_said_last(tmp_path):
    write(tmp_path, {"notebook.py": NOTEBOOK})
    words = run(tmp_path, "notebook.py")
    first, scaled, commented, helped, pointed = words[::2]
    assert words[1::2] == ["True"] * 5
    assert first == scaled == commented
    assert len({first, helped, pointed}) == 3


def test_another_default_of_a_parameter_is_no_part_of_the_code_that_changed(tmp_path):
    files = {
        "stages.py": "from dataclasses import dataclass\n@dataclass\nclass Params:\n"
        "    rate: float = 0.1\n    def twice(self):\n        return 2 * self.rate\n"
        "def work(record, x):\n    return record.params.twice()\n",
        "start": "import stages",
    }
    found = []
    for default in ("0.1", "0.3"):
        edited = {**files, "stages.py": files["stages.py"].replace("0.1", default)}
        with running(write(tmp_path / default, edited)):
            module = importlib.import_module("stages")
            found.append(identify(module.work, module.Params(), root=str(tmp_path / default)))
    assert {one.digest for one in found[0].parts} == {one.digest for one in found[1].parts}
    assert [one.name for one in found[0].parts] == [
        "stages.Params",
        "stages.Params.twice",
        "stages.work",
    ]
    assert found[0].digest == found[1].digest
