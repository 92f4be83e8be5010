"""What was chosen for a run: by settings at first, and by whoever sets it on the manager later."""

from __future__ import annotations

import functools
from datetime import datetime

from curifactory.running.reading import Trust
from curifactory.settings import Settings, checked


class Choices:
    """The choices of a manager: what is read and kept, what runs anew, what changes count.

    Parameters
    ----------
    settings : Settings
        Where every choice begins.
    is_live : bool
        Whether stage calls are carried out as they come, each with a look at the cache.
    reads_full_store : bool
        Whether the cache folder is a full store's, which is never written to.

    Attributes
    ----------
    check_mutation : bool
        Whether stages are watched for changing their inputs in place.
    on_input_change, on_parameter_change, on_cacher_change, on_code_change, on_package_change : str
        What happens to artifacts if one of these changed since they were made: ``"rerun"``,
        ``"warn"``, ``"ignore"`` or ``"error"``.
    assume_changed : frozenset of str
        Files of the project, relative to its folder, that a plan takes as edited.
    began : float
        Artifacts that were made since then are new, as seconds since the epoch.
    """

    def __init__(self, settings: Settings, *, is_live: bool, reads_full_store: bool) -> None:
        self.settings = settings
        self.check_mutation = settings.check_mutation
        self.on_input_change: str = settings.on_input_change
        self.on_parameter_change: str = settings.on_parameter_change
        self.on_cacher_change: str = settings.on_cacher_change
        self.on_code_change: str = settings.on_code_change
        self.on_package_change: str = settings.on_package_change
        self.assume_changed: frozenset[str] = frozenset()
        self._seed: str = settings.seed
        self._is_live, self._reads_full_store = is_live, reads_full_store
        self._dry_cache = False
        self._overwrite, self._overwrite_stages = False, list[str]()
        self.began = datetime.now().timestamp()

    @property
    def locking(self) -> bool:
        """Whether artifacts are locked against other processes."""
        return self.settings.locking

    @property
    def trust(self) -> Trust:
        """What must be sure of a file before it is read."""
        return _trust(self.settings.verify, self.settings.trust_pickle)

    @property
    def fsync(self) -> bool:
        """Whether artifacts are forced to disk."""
        return self.settings.durability == "fsync"

    @property
    def dry_cache(self) -> bool:
        """Whether nothing is written into the cache folder; a full store is never written to."""
        return self._dry_cache or self._reads_full_store

    @dry_cache.setter
    def dry_cache(self, value: bool) -> None:
        self._dry_cache = value

    @property
    def seed(self) -> str:
        """``"step"`` if the global random generators are seeded before each stage, or ``"off"``."""
        return self._seed

    @seed.setter
    def seed(self, value: str) -> None:
        self._seed = str(checked("seed", value, "manager.seed"))

    @property
    def seeds_steps(self) -> bool:
        """Whether the global random generators are seeded before each stage."""
        return self._seed == "step"

    @property
    def overwrite(self) -> bool:
        """Run every stage anew; artifacts made since this was set count as new."""
        return self._overwrite

    @overwrite.setter
    def overwrite(self, value: bool) -> None:
        self._overwrite = value
        self._ask_anew()

    @property
    def overwrite_stages(self) -> list[str]:
        """Stages to run anew, with all that depends on them."""
        return self._overwrite_stages

    @overwrite_stages.setter
    def overwrite_stages(self, names: list[str] | None) -> None:
        self._overwrite_stages = list(names or ())
        self._ask_anew()

    def _ask_anew(self) -> None:
        if self._is_live:
            # what was made before somebody asked is old
            self.began = datetime.now().timestamp()


# asked for at each look
_trust = functools.cache(Trust)
