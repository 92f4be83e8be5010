"""What the commands that look after a cache folder have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from curifactory.cli.asking import tell
from curifactory.cli.options import cache_option
from curifactory.cli.output import warn

if TYPE_CHECKING:
    from curifactory.care.cache_folder import CacheFolder

folder_option = cache_option("Another cache folder.")


def opened_cache(folder: str | None) -> CacheFolder:
    """The cache folder of the project in the working folder, or the one that was given."""
    from curifactory.care.cache_folder import cache_folder
    from curifactory.settings import load_settings
    from curifactory.stores.layout import artifacts_folder

    loaded = load_settings()
    warn(loaded.warnings)
    return cache_folder(loaded, tell, artifacts_folder(folder) if folder else None)


def cache_to_remove_from(folder: str | None) -> CacheFolder:
    """The same, if artifacts may be removed from it.

    Raises
    ------
    UsageError
        If it lies in a full store, or runs could not be kept from what is just being removed.
    """
    from curifactory.settings import load_settings
    from curifactory.stores.layout import store_around

    cache = opened_cache(folder)
    store = store_around(cache.path)
    if store is not None:
        raise click.UsageError(
            f"{store} is a full store, which holds a run as a whole: it stays, or its folder is "
            "removed."
        )
    if not load_settings().settings.locking:
        raise click.UsageError(
            "Locking is switched off, so a run that is going on cannot be seen. When none is, "
            "use CURIFACTORY_LOCKING=1."
        )
    return cache
