"""Cachers: strategies that save and load one kind of artifact each."""

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
