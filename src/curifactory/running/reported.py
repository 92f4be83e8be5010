"""What a step reported: rendered as data, in a folder of its own."""

from __future__ import annotations

from dataclasses import dataclass

from curifactory.caching.rendered import RenderedReportable, load_rendered


@dataclass(frozen=True, slots=True)
class Reported:
    """A folder with what one step reported.

    Parameters
    ----------
    folder : str
        Holds the data of the reportables and their files.
    """

    folder: str

    def load(self) -> list[RenderedReportable]:
        """The reportables.

        Raises
        ------
        UnusableArtifactError
            If the folder does not hold what was saved there.
        """
        return load_rendered(self.folder)
