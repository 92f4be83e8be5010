"""Every flag once: its name, type, default and meaning, and where its value comes from."""

from __future__ import annotations

from curifactory.settings.flags import (
    FLAGS,
    PROJECT_KEYS,
    Durability,
    OnChange,
    Seed,
    Settings,
    TrustPickle,
    Verify,
    checked,
    nearest,
)
from curifactory.settings.load import LoadedSettings, load_settings
from curifactory.settings.sources import CONFIGURATION_FILE, ENVIRONMENT_PREFIX, PYPROJECT_FILE

__all__ = [
    "CONFIGURATION_FILE",
    "ENVIRONMENT_PREFIX",
    "FLAGS",
    "PROJECT_KEYS",
    "PYPROJECT_FILE",
    "Durability",
    "LoadedSettings",
    "OnChange",
    "Seed",
    "Settings",
    "TrustPickle",
    "Verify",
    "checked",
    "load_settings",
    "nearest",
]
