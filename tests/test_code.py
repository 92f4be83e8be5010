from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from curifactory.code import normalised_code
from curifactory.errors import UnhashableValueError
from curifactory.hashing import digest


def load(path: Path, source: str) -> ModuleType:
    path.write_text(source)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


PLAIN = "def f(x, y=2):\n    z = x + y\n    return f'{z}!'\n"


@pytest.mark.parametrize(
    "same",
    [
        "def f(x,\n      y = 2):\n    # why\n    z = (x\n         + y)\n    return f'{z}!'\n",
        "def f(x: int, y: 'int' = 2) -> str:\n    '''Say it.'''\n    z: int = x + y\n    return f'{z}!'\n",
        'def keep(g):\n    return g\n\n@keep\ndef f(x, y=2):\n    z = x + y; return f"{z}!"\n',
        "import os\n\n\n\n" + PLAIN,
    ],
)
def test_what_is_only_written_in_another_way_is_the_same(tmp_path: Path, same: str) -> None:
    plain, other = load(tmp_path / "plain_a.py", PLAIN), load(tmp_path / "plain_b.py", same)
    assert normalised_code(plain.f) == normalised_code(other.f)


@pytest.mark.parametrize(
    "changed",
    [
        PLAIN.replace("+", "-"),
        PLAIN.replace("2", "2.0"),
        PLAIN.replace("!", "?"),
        PLAIN.replace("{z}", "{z!r}"),
        PLAIN.replace("{z}", "{z:>3}"),
        PLAIN.replace("x, y=2", "x, *, y=2"),
        PLAIN.replace("x, y=2", "x, /, y=2"),
        PLAIN.replace("return", "yield"),
        "async " + PLAIN,
        PLAIN + "    f()\n",
    ],
)
def test_what_does_something_else_differs(tmp_path: Path, changed: str) -> None:
    plain, other = load(tmp_path / "code_a.py", PLAIN), load(tmp_path / "code_b.py", changed)
    assert normalised_code(plain.f) != normalised_code(other.f)


LAMBDAS = """
a, b = lambda x: x + 1, lambda x: x + 2
c = [lambda: (lambda: 1), lambda: (lambda: 2)]
d = dict(e=lambda x, y=(lambda: 3): x if x else y, f=lambda x, y=(lambda: 4): x if x else y)
g = (lambda x:
     x * 2); h = lambda x: x * 3
"""


def test_each_lambda_of_a_line_is_told_apart(tmp_path: Path) -> None:
    m = load(tmp_path / "lambdas.py", LAMBDAS)
    said = [
        normalised_code(function)
        for function in (m.a, m.b, *m.c, m.c[0](), m.c[1](), m.d["e"], m.d["f"], m.g, m.h)
    ]
    assert len(set(said)) == len(said)
    assert "<int 1>" in said[0]
    assert said[4] == "(Lambda args=(arguments) body=<int 1>)"
    assert said[5] == "(Lambda args=(arguments) body=<int 2>)"
    assert "<int 3>" in said[6]


def test_a_file_edited_after_it_was_loaded_is_not_taken_for_what_runs(tmp_path: Path) -> None:
    source = "def make():\n    return lambda x: x + 1\n"
    m = load(tmp_path / "edited.py", source)
    before = digest(m.make())
    moved = "# a comment\n\n" + source
    (tmp_path / "edited.py").write_text(moved)
    assert digest(m.make()) == before
    (tmp_path / "edited.py").write_text(source.replace("+ 1", "+ 22"))
    with pytest.raises(UnhashableValueError, match="edited since"):
        digest(m.make())


def test_a_function_without_source_is_a_clear_error() -> None:
    scope: dict[str, object] = {}
    exec("def f(): pass", scope)
    with pytest.raises(UnhashableValueError, match="no source of function 'f'"):
        normalised_code(scope["f"])  # type: ignore[arg-type]


def test_code_that_pytest_rewrote_has_its_source() -> None:
    def checked(x: int) -> int:
        assert x > 0, "positive"
        return x

    assert "(Assert" in normalised_code(checked)  # type: ignore[arg-type]


def test_methods_keep_their_private_names_and_super(tmp_path: Path) -> None:
    source = "class A:\n    def f(self):\n        return self.__x, super().f()\n"
    assert '"super"' in normalised_code(load(tmp_path / "private.py", source).A.f)
