"""Where existing projects import the decorators from."""

from curifactory.errors import (
    CachersMismatchError,
    EmptyCachersError,
    InputSignatureError,
    OutputSignatureError,
)
from curifactory.stage import aggregate, stage

__all__ = [
    "CachersMismatchError",
    "EmptyCachersError",
    "InputSignatureError",
    "OutputSignatureError",
    "aggregate",
    "stage",
]
