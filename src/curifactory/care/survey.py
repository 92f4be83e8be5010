"""A survey of a cache folder: every file read, and every one accounted for."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable, Iterator

from curifactory.care.contents import Contents, contents_of, is_inside, is_named_as_ours
from curifactory.care.document import (
    Document,
    Judgement,
    from_other_calls,
    judge,
    paths_of,
    read_document,
)
from curifactory.care.item import STATES, Item, Survey, make_item
from curifactory.store.files import files_below
from curifactory.store.reserved import METADATA_SUFFIX
from curifactory.store.staging import is_abandoned

_YOUNG_SECONDS = 60


def survey(cache_path: str, apart: Collection[str] = ()) -> Survey:
    """Read everything in a cache folder, and say of each file what it is.

    Nothing is changed, and nothing is loaded: no pickle is opened but to digest its bytes.

    Parameters
    ----------
    cache_path : str
        The cache folder, or the ``artifacts`` folder of a full store.
    apart : collection of str
        Files and folders below it that are for other things; they are not looked at.
    """
    contents = contents_of(cache_path, apart)
    items = [*_artifacts(cache_path, contents), *_leftovers(cache_path, contents.aside)]
    items += [
        make_item(cache_path, "damaged", path, f"the folder cannot be read ({why})", ())
        for path, why in contents.unreadable.items()
    ]
    items.sort(key=lambda item: (STATES.index(item.state), item.path))
    return Survey(cache_path, tuple(items))


def _artifacts(folder: str, contents: Contents) -> Iterator[Item]:
    """Each artifact with its files, then what is left over."""
    documents = _documents(folder, contents.files)
    judged = {path: judge(document) for path, document in documents.items()}
    valid = [documents[path] for path, found in judged.items() if found.state == "valid"]
    for path in from_other_calls(valid):
        reason = "it comes from another call of its stage than the outputs beside it"
        judged[path] = Judgement("damaged", reason)
    all_files = [os.path.join(folder, name) for name in contents.files]
    owned = _owned(documents, all_files)
    intact = {
        path
        for name, found in judged.items()
        if found.state in ("valid", "unverified")
        for path in (*owned[name], name)
    }
    for path, document in documents.items():
        yield _artifact(folder, path, document, judged[path], owned[path], intact)
    accounted = intact.union(*owned.values(), documents, *(j.strangers for j in judged.values()))
    loose = [path for path in all_files if path not in accounted]
    yield from _loose(folder, loose, documents.values())


def _documents(folder: str, files: Iterable[str]) -> dict[str, Document]:
    """The metadata files, by path; a file of an artifact that is only named like one is none."""
    paths = [os.path.join(folder, name) for name in files]
    documents = {
        path: read_document(path)
        for path in paths
        if path.endswith(METADATA_SUFFIX) and os.path.basename(path) != METADATA_SUFFIX
    }
    data = {
        listed
        for path, document in documents.items()
        for listed in paths_of(document)
        if listed != os.path.normpath(path)
    }
    return {p: document for p, document in documents.items() if os.path.normpath(p) not in data}


def _owned(documents: dict[str, Document], files: list[str]) -> dict[str, list[str]]:
    """The files of each artifact: by its commit, and without one by their names."""
    spelled = {os.path.normpath(path): path for path in files}
    owned = {
        name: [spelled.get(path, path) for path in paths_of(document)]
        for name, document in documents.items()
    }
    taken = {*documents, *(path for paths in owned.values() for path in paths)}
    stems = {name.removesuffix(METADATA_SUFFIX): name for name in documents}
    for path in files:
        if path in taken:
            continue
        # the longest that fits: what `x_more` left belongs to `x_more`, not to `x`
        starts = (path[:length] for length in range(len(path), 0, -1))
        owner = next((stems[start] for start in starts if start in stems), None)
        if owner is not None and documents[owner].commit is None:
            owned[owner].append(path)
    return owned


def _artifact(
    folder: str,
    path: str,
    document: Document,
    judgement: Judgement,
    owned: list[str],
    intact: set[str],
) -> Item:
    main = (owned or [path])[0]
    doomed: list[str] = []
    if judgement.strangers:
        doomed = [p for p in judgement.strangers if p not in intact]
    elif judgement.state in ("damaged", "orphaned", "leftover"):
        # data before metadata: without it, a file at a path of the user's counts as theirs
        doomed = [p for p in owned if p not in intact] + [path]
    return make_item(
        folder,
        judgement.state,
        os.path.relpath(main, folder),
        judgement.reason,
        [os.path.relpath(p, folder) for p in (*owned, *judgement.strangers, path)],
        _inside(folder, doomed),
        document.slot,
    )


def _loose(folder: str, paths: Iterable[str], documents: Iterable[Document]) -> Iterator[Item]:
    """Files that are in no artifact."""
    steps: dict[str, set[str]] = {}
    for document in documents:
        if document.step is not None:
            names = document.commit.siblings if document.commit is not None else ()
            steps.setdefault(document.step, set()).update(names)
    for path in paths:
        name = os.path.relpath(path, folder)
        starts = (path[:length] for length in range(len(path), 0, -1))
        step = next((start for start in starts if start in steps), None)
        if step is not None and not path.startswith(tuple(step + each for each in steps[step])):
            reason = "no metadata lists it; its stage may have written it by itself"
            yield make_item(folder, "unverified", name, reason, [name])
        elif step is not None or is_named_as_ours(name):
            doomed = _inside(folder, [path])
            yield make_item(folder, "orphaned", name, "no metadata lists it", [name], doomed)
        else:
            reason = "no metadata lists it, and it is not named as ours: a repair leaves it"
            yield make_item(folder, "orphaned", name, reason, [name])


def _leftovers(folder: str, aside: Iterable[str]) -> Iterator[Item]:
    for name in aside:
        path = os.path.join(folder, name)
        if not os.path.isdir(path):
            is_old = _is_untouched(path)
            reason = "an inline save left it" if is_old else "an inline save may be writing it"
            doomed = _inside(folder, [path]) if is_old else []
            yield make_item(folder, "leftover", name, reason, [name], doomed)
        elif is_abandoned(path):
            files = [os.path.relpath(file, folder) for file in files_below(path)]
            reason = "a run that is no more left it"
            yield make_item(folder, "leftover", name, reason, files, [name])


def _is_untouched(path: str) -> bool:
    try:
        return time.time() - os.lstat(path).st_mtime > _YOUNG_SECONDS
    except OSError:
        return False


def _inside(folder: str, paths: Iterable[str]) -> list[str]:
    """What may be removed of these paths, relative to the folder: files that lie in it."""
    names = [os.path.relpath(path, folder) for path in paths if not _is_folder(path)]
    return [name for name in names if is_inside(folder, name)]


def _is_folder(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)
