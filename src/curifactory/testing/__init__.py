"""For your own tests: `CacherContract`, which every cacher has to pass."""

from curifactory.testing.contract import CacherContract

__all__ = ["CacherContract"]
