"""CacherContract: the tests that every cacher has to pass."""

from __future__ import annotations

import copy
import inspect
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from curifactory.caching.cacheable import AsLoaded, Cacheable, is_staged, round_trip
from curifactory.store.files import files_below
from curifactory.testing.other_process import save_in_other_process
from curifactory.testing.same import same
from curifactory.testing.stage_call import StageCall


class CacherContract:
    """Tests of one cacher, alone and as a stage uses it; subclass it for your own cacher.

    Attributes
    ----------
    cacher : type or Cacheable or callable
        What one lists in a stage's ``cachers``, or a function without arguments that makes it.
    values : sequence
        Values that the cacher is for. One that it cannot hold exactly may be among them if its
        ``as_loaded`` says so.

    Examples
    --------
    pytest collects the subclass like any other test class::

        class TestMyCacher(CacherContract):
            cacher = MyCacher
            values = [1, "two", [3.0]]
    """

    cacher: ClassVar[Any]
    values: ClassVar[Sequence[Any]]

    def equal(self, first: Any, second: Any) -> bool:
        """Whether two values are the same; override it for objects that know no ``==``."""
        return same(first, second)

    def returned(self, value: Any, cacher: Cacheable) -> Any:  # noqa: ARG002 - for subclasses
        """What a stage returns for a value; override it if the stage itself writes files.

        Parameters
        ----------
        value : object
            One of `values`.
        cacher : Cacheable
            The bound cacher, as in ``record.stage_cachers``.
        """
        return value

    def at(self, folder: str | Path, name: str = "thing") -> Cacheable:
        """The cacher for inline use, with a path in `folder`."""
        cacher = copy.copy(self._template())
        cacher.path_override = os.path.join(folder, name + (cacher.extension or ""))
        cacher.cache_paths, cacher.extra_metadata = [], {}
        return cacher

    def pytest_generate_tests(self, metafunc: Any) -> None:
        """Run each test that takes a ``value`` with each of `values`."""
        if "value" in metafunc.fixturenames:
            names = [f"{type(value).__name__}{index}" for index, value in enumerate(self.values)]
            metafunc.parametrize("value", self.values, ids=names)

    def test_a_class_takes_a_path_as_its_first_argument(self, tmp_path: Path) -> None:
        given = self._given()
        path = str(tmp_path / "thing")
        if isinstance(given, type):
            assert given(path).get_path() == path, "pass *args and **kwargs on to Cacheable"

    def test_an_inline_value_comes_back(self, value: Any, tmp_path: Path) -> None:
        saved, handed_on = self._saved(self.at(tmp_path), value)
        self._assert_first_equals_later(saved, handed_on, self.at(tmp_path).load())

    def test_a_stage_hands_on_what_is_loaded_later(self, value: Any, tmp_path: Path) -> None:
        call = self._stage_call(tmp_path)
        saved, handed_on = call.save(value)
        self._assert_first_equals_later(saved, handed_on, call.load())

    def test_a_later_call_replaces_the_artifact(self, value: Any, tmp_path: Path) -> None:
        call = self._stage_call(tmp_path)
        call.save(self.values[0])
        _, handed_on = call.save(value)
        assert self.equal(handed_on.value, call.load())

    def test_what_another_process_saved_comes_back(self, tmp_path: Path) -> None:
        expected = []
        for index, value in enumerate(self.values):
            _, handed_on = self._saved(self.at(tmp_path, f"thing{index}"), value)
            expected.append(handed_on.value)
        shutil.rmtree(tmp_path)
        tmp_path.mkdir()
        save_in_other_process(type(self), str(tmp_path))
        for index, value in enumerate(expected):
            assert self.equal(value, self.at(tmp_path, f"thing{index}").load())

    def test_only_given_paths_are_written(self, value: Any, tmp_path: Path) -> None:
        cacher = self.at(tmp_path)
        self._saved(cacher, value)
        strays = [path for path in files_below(str(tmp_path)) if not _is_given(path, cacher)]
        assert not strays, "write to the paths of get_path() and get_dir() exactly as they are"

    def test_a_stage_leaves_nothing_beside_its_artifact(self, value: Any, tmp_path: Path) -> None:
        call = self._stage_call(tmp_path)
        call.save(value)
        assert set(files_below(str(tmp_path))) == call.files()

    def test_the_extension_ends_the_path(self, tmp_path: Path) -> None:
        extension = self._template().extension or ""
        assert self.at(tmp_path).get_path() == str(tmp_path / f"thing{extension}")
        assert self._stage_call(tmp_path).slot.path().endswith(f"_artifact{extension}")

    def test_two_artifacts_do_not_mix(self, tmp_path: Path) -> None:
        first, second = self.at(tmp_path, "first"), self.at(tmp_path, "second")
        _, from_first = self._saved(first, self.values[0])
        _, from_second = self._saved(second, self.values[-1])
        assert self.equal(from_first.value, first.load())
        assert self.equal(from_second.value, second.load())

    def test_the_cacher_of_a_definition_stays_as_it_is(self, value: Any, tmp_path: Path) -> None:
        template = self._template()
        before = {name: copy.copy(held) for name, held in vars(template).items()}
        call = StageCall(template, str(tmp_path), self.returned)
        call.save(value)
        call.load()
        assert vars(template) == before

    def test_a_save_that_fails_keeps_the_old_value(self, tmp_path: Path) -> None:
        if not is_staged(self._template()):
            return
        _, handed_on = self._saved(self.at(tmp_path), self.values[0])
        files = files_below(str(tmp_path))
        try:
            self.at(tmp_path).save(_Refusing())
        except Exception:
            assert self.equal(handed_on.value, self.at(tmp_path).load())
            assert files_below(str(tmp_path)) == files

    def test_extra_metadata_comes_back(self, value: Any, tmp_path: Path) -> None:
        cacher, later = self.at(tmp_path), self.at(tmp_path)
        self._saved(cacher, value)
        cacher.extra_metadata["the_best_number"] = 13
        cacher.save_metadata()
        assert later.load_metadata() is not None
        assert later.extra_metadata == cacher.extra_metadata

    def test_only_what_is_there_counts(self, value: Any, tmp_path: Path) -> None:
        cacher = self.at(tmp_path)
        assert not cacher.check()
        self._saved(cacher, value)
        if type(cacher).check is not Cacheable.check or os.path.exists(cacher.get_path()):
            assert cacher.check()

    def _assert_first_equals_later(self, saved: Any, handed_on: AsLoaded, loaded: Any) -> None:
        assert self.equal(handed_on.value, loaded), f"{handed_on.value!r} is loaded as {loaded!r}"
        as_it_was = self.equal(saved, loaded)
        assert as_it_was or handed_on.difference, f"{saved!r} came back as {loaded!r}, unsaid"

    def _saved(self, cacher: Cacheable, value: Any) -> tuple[Any, AsLoaded]:
        obj = self.returned(value, cacher)
        cacher.save(obj)
        return obj, round_trip(cacher, obj)

    def _given(self) -> Any:
        # looked up statically: a function in a class would be bound to the instance
        given = inspect.getattr_static(type(self), "cacher")
        return given.__func__ if isinstance(given, staticmethod) else given

    def _template(self) -> Cacheable:
        given = self._given()
        template = given if isinstance(given, Cacheable) else given()
        assert isinstance(template, Cacheable), f"{template!r} is not a Cacheable"
        return template

    def _stage_call(self, folder: Path) -> StageCall:
        return StageCall(self._template(), str(folder), self.returned)


def _is_given(path: str, cacher: Cacheable) -> bool:
    return any(path == given or path.startswith(given + os.sep) for given in cacher.cache_paths)


class _Refusing:
    """What no format can hold: each way to write it down raises."""

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("it refuses to be written")

    def __repr__(self) -> str:
        raise TypeError("it refuses to be written")
