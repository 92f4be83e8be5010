"""A lab whose cache folder is looked after, as the commands do it."""

from __future__ import annotations

from curifactory.care.cache_folder import CacheFolder, cache_folder
from curifactory.care.garbage import Limits, RemovalPlan, plan_collection, plan_removal
from curifactory.care.removal import Remover
from curifactory.care.removed import Removed
from curifactory.care.selecting import selected_ids
from curifactory.past.queries import ArtifactQuery
from curifactory.runs.history import History
from curifactory.settings import load_settings


class Keeper:
    """Looks after the cache folder of the project in the working folder.

    Parameters
    ----------
    path : str, optional
        Another cache folder.
    """

    def __init__(self, path: str | None = None) -> None:
        self.told: list[str] = []
        self._path = path

    @property
    def cache(self) -> CacheFolder:
        return cache_folder(load_settings(), self.told.append, self._path)

    @property
    def history(self) -> History:
        return History(self.cache.history, self.told.append)

    def collection(self, **limits) -> RemovalPlan:
        """What a garbage collection would do."""
        return plan_collection(self.cache, Limits(**limits))

    def collect(self, **limits) -> Removed:
        """Do it."""
        return self.carry_out(self.collection(**limits), "gc")

    def removal(self, **query) -> RemovalPlan:
        """What the removal of these artifacts would do."""
        return plan_removal(
            self.cache, lambda inventory: selected_ids(inventory, ArtifactQuery(**query))
        )

    def remove(self, **query) -> Removed:
        """Do it."""
        return self.carry_out(self.removal(**query), "rm")

    def carry_out(self, plan: RemovalPlan, reason: str) -> Removed:
        done = Removed()
        Remover(self.cache.place, self.history, reason, done).remove(plan.steps)
        return done


def going(plan: RemovalPlan) -> list[str]:
    """The paths of what goes, in order."""
    return [one.path for step in plan.steps for one in step.artifacts]
