"""What a stage can report: the base class, and the reportables that are text."""

from __future__ import annotations

import html
import json
import os
import pprint
from collections.abc import Sequence
from typing import Any


class Reportable:
    """Something for the report of a run; subclasses say what with `html` and `render`.

    Parameters
    ----------
    name : str, optional
        What a reader calls it; the class and a number if left out.
    group : str, optional
        Reportables of one group stand together on the page.

    Attributes
    ----------
    record : Record or None
        The record that reported it.
    stage : str or None
        The stage that was running.
    record_name, record_hash : str
        The name and hash of the record at that moment.
    qualified_name : str
        A file name that no other reportable of the run has, without extension.
    path : str
        The folder for files, while `render` and `html` are called.
    """

    # on the class, so that a subclass need not call __init__
    name: str | None = None
    group: str | None = None
    record: Any = None
    stage: str | None = None
    record_name: str = ""
    record_hash: str = ""
    qualified_name: str = ""
    path: str = ""

    def __init__(self, name: str | None = None, group: str | None = None) -> None:
        self.name = name
        self.group = group

    def render(self) -> None:
        """Write files into ``self.path``, named after ``self.qualified_name``.

        Called once, before `html`. A reportable that is text alone has nothing to write.
        """

    def html(self) -> str | Sequence[str]:
        """Return the HTML that the page shows: a string, or a list of them.

        It is used as it is, so text in it has to be escaped here (``html.escape``). Files are
        referred to as ``f"{self.path}/{self.qualified_name}.png"``.
        """
        return ""

    def file_path(self, extension: str) -> str:
        """Where a file of this reportable lies; `extension` with its dot."""
        return os.path.join(self.path, self.qualified_name + extension)

    def file_link(self, extension: str) -> str:
        """The same for an attribute of an HTML element, escaped."""
        return html.escape(self.file_path(extension))


class HTMLReporter(Reportable):
    """Shows HTML as it is.

    Parameters
    ----------
    html : str or list of str
        The HTML.
    name, group : str, optional
        See `Reportable`.
    """

    def __init__(
        self, html: str | Sequence[str], name: str | None = None, group: str | None = None
    ) -> None:
        super().__init__(name, group)
        self._html = html

    def html(self) -> str | Sequence[str]:
        """Return what was given."""
        return self._html


class JsonReporter(Reportable):
    """Shows a dictionary, or any other plain value, as indented JSON.

    Parameters
    ----------
    dictionary : dict or other value
        What JSON has no word for is shown as Python shows it.
    name, group : str, optional
        See `Reportable`.
    """

    def __init__(self, dictionary: Any, name: str | None = None, group: str | None = None) -> None:
        super().__init__(name, group)
        self._value = dictionary

    def html(self) -> str:
        """Return the text in a ``<pre>``."""
        try:
            text = json.dumps(self._value, indent=2, ensure_ascii=False, default=_plain)
        except (TypeError, ValueError, RecursionError):
            # keys that are no strings, a value that holds itself
            text = pprint.pformat(self._value, sort_dicts=False)
        return f"<pre>{html.escape(text)}</pre>"


def _plain(value: Any) -> Any:
    # numpy scalars and arrays
    return value.tolist() if hasattr(value, "tolist") else str(value)
