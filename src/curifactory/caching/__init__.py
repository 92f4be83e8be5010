"""Cachers: strategies that save and load one kind of artifact each."""

# as in the package itself: who uses one cacher does not wait for all
TYPE_CHECKING = False
if TYPE_CHECKING:
    from curifactory.caching.arrow_cacher import ArrowCacher
    from curifactory.caching.cacheable import AsLoaded, Cacheable
    from curifactory.caching.json_cacher import JsonCacher
    from curifactory.caching.lazy import Lazy
    from curifactory.caching.notebook_cacher import RawJupyterNotebookCacher
    from curifactory.caching.numpy_cacher import NumpyCacher
    from curifactory.caching.pandas_cachers import PandasCacher, PandasCsvCacher, PandasJsonCacher
    from curifactory.caching.path_ref import PathRef
    from curifactory.caching.pickle_cacher import PickleCacher
    from curifactory.caching.reference_cachers import FileReferenceCacher

__all__ = [
    "ArrowCacher",
    "AsLoaded",
    "Cacheable",
    "FileReferenceCacher",
    "JsonCacher",
    "Lazy",
    "NumpyCacher",
    "PandasCacher",
    "PandasCsvCacher",
    "PandasJsonCacher",
    "PathRef",
    "PickleCacher",
    "RawJupyterNotebookCacher",
]

_HOMES = {
    "ArrowCacher": "arrow_cacher",
    "AsLoaded": "cacheable",
    "Cacheable": "cacheable",
    "FileReferenceCacher": "reference_cachers",
    "JsonCacher": "json_cacher",
    "Lazy": "lazy",
    "NumpyCacher": "numpy_cacher",
    "PandasCacher": "pandas_cachers",
    "PandasCsvCacher": "pandas_cachers",
    "PandasJsonCacher": "pandas_cachers",
    "PathRef": "path_ref",
    "PickleCacher": "pickle_cacher",
    "RawJupyterNotebookCacher": "notebook_cacher",
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module 'curifactory.caching' has no attribute {name!r}")
    value: object = getattr(import_module(f"curifactory.caching.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
