"""What digests cost when 512 MiB are saved and loaded: ``python -m benchmarks digests``.

The floor writes and reads the same file with the library's own call, without any digest. Both lie
in memory where there is such a place, so that no disk hides the difference. Each figure is the
least of interleaved repetitions, as in `benchmarks.large_values`.
"""

from __future__ import annotations

from benchmarks.large_values import run_subject, temporary_folder
from benchmarks.section import Say, Section, table

SIZE = 1 << 29
REPETITIONS = 7
# what a repetition saves and then loads, beside its floor, and what it may cost
SUBJECTS = {
    "`NumpyCacher`": (("numpy save", "np.save"), ("numpy load", "np.load"), 1.5),
    "`PickleCacher`": (("pickle save", "pickle.dump"), ("pickle load", "pickle.load"), 1.6),
}

_TEXT = """\
CPU of an array of 512 MiB, saved and loaded through a stage, in multiples of the plain calls; the
least of {repetitions} interleaved repetitions.

{table}
"""


def section(quick: bool, say: Say) -> Section:
    """Measure all."""
    repetitions = 1 if quick else REPETITIONS
    rows, figures = [], {}
    for name, (save, load, at_most) in SUBJECTS.items():
        found = []
        for repetition in range(repetitions):
            say(f"digests of {name}, repetition {repetition + 1} of {repetitions}")
            found.append(_one(save, load, floor_first=bool(repetition % 2)))
        ours_saved, floor_saved, ours_loaded, floor_loaded = map(min, zip(*found, strict=True))
        saved, loaded = ours_saved / floor_saved, ours_loaded / floor_loaded
        both = (ours_saved + ours_loaded) / (floor_saved + floor_loaded)
        figures[name] = {"save": saved, "load": loaded, "both": both}
        aim = f"{at_most}" + ("" if both <= at_most else ", falls short")
        rows.append([name, f"{saved:.2f}", f"{loaded:.2f}", f"{both:.2f}", aim])
    head = ["", "save", "load", "both", "aim"]
    text = _TEXT.format(repetitions=repetitions, table=table(head, rows))
    return Section("The price of digests", text, figures)


def _one(
    save: tuple[str, str], load: tuple[str, str], floor_first: bool
) -> tuple[float, float, float, float]:
    """CPU seconds of saving and of loading, ours and the floor's each."""
    with temporary_folder(room=5 * SIZE) as folder:
        return *_pair(save, folder, floor_first), *_pair(load, folder, floor_first)


def _pair(names: tuple[str, str], folder: str, floor_first: bool) -> tuple[float, float]:
    order = names[::-1] if floor_first else names
    seconds = {name: run_subject(name, folder, SIZE)["cpu"] for name in order}
    return seconds[names[0]], seconds[names[1]]
