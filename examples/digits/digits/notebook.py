"""The notebook in which a reader goes on from where the experiment ends."""

from __future__ import annotations


def exploration_cells(table_file: str) -> list[list[str]]:
    """Write the cells that open the table of the comparison.

    Parameters
    ----------
    table_file : str
        Name of the file that the table is in. It lies beside the notebook, so a path without
        folders survives a move of the cache.
    """
    return [
        [
            "from curifactory.caching import PandasCsvCacher",
            "",
            f"cacher = PandasCsvCacher({table_file!r})",
            "comparison = cacher.load()",
            "comparison",
        ],
        [
            "# accuracy of each model on each kind of features",
            "comparison.pivot_table(index='model', columns='features', values='accuracy')",
        ],
        [
            "# where the table comes from",
            "metadata = cacher.load_metadata()",
            "metadata['artifact_generated'], metadata['manager_run_info']['reference']",
        ],
    ]
