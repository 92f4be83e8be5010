"""Read artifacts of the experiment by their path, in a script that knows nothing of stages."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from curifactory.caching import JsonCacher

from tides.cachers import InlineHeightsCacher

CACHE = Path(__file__).parent / "data" / "cache"


def main() -> None:
    """Show the metrics of each parameter set, and where they come from."""
    for path in sorted(CACHE.glob("seed_page_*_metrics_dictionary.json")):
        cacher = JsonCacher(path)
        metrics = cacher.load()
        metadata = cacher.load_metadata()
        print(f"{metadata['params_name']}: {metrics}")
        print(f"  made by stage {metadata['stage']} on {metadata['artifact_generated']}")

    with TemporaryDirectory() as folder:
        path = Path(folder) / "heights.json"
        InlineHeightsCacher(path).save([2.5, 4.25, 3.0])
        again = InlineHeightsCacher(path)
        print(f"read back: {again.load()}, noted beside it: {again.extra_metadata}")


if __name__ == "__main__":
    main()
