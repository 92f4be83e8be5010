"""What can end a pass over ``run`` before its end. No user code should catch these."""

from __future__ import annotations

from curifactory.planning.decide import Reason


class PassEnded(BaseException):
    """Base of what ends a pass; not an `Exception`, so that ``except Exception`` lets it by."""


class PlanEnded(PassEnded):
    """The plan pass came to something that only a run can tell."""


class StartAgain(PassEnded):
    """Something that was to be loaded or skipped cannot be used, and its call has passed.

    Parameters
    ----------
    reason : Reason
        What is unusable, and why.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason
