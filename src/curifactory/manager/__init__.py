"""The manager of one run: what was chosen for it, its folders, its records and its end."""

from curifactory.manager.manager import ArtifactManager

__all__ = ["ArtifactManager"]
