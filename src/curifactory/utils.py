"""Small helps for stages."""

from __future__ import annotations

import logging
import os
import subprocess
from collections.abc import Sequence

from curifactory.errors import NotFoundError

_logger = logging.getLogger("curifactory")


def run_command(
    command: Sequence[str | os.PathLike[str]], cwd: str | os.PathLike[str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program without a shell, and log what it prints, line by line as it comes.

    Parameters
    ----------
    command : sequence of str or path
        The program and its arguments, such as ``["convert", "-resize", "50%", path]``.
    cwd : path, optional
        Folder to run it in, by default the working folder.

    Returns
    -------
    subprocess.CompletedProcess
        ``returncode``, and in ``stdout`` all that the program printed (errors included). An exit
        status other than 0 is logged as a warning; call ``check_returncode()`` to make it an error.

    Raises
    ------
    NotFoundError
        The program or the folder does not exist, or may not be run.
    """
    words = [command] if isinstance(command, str) else [os.fspath(word) for word in command]
    process = _start(words, cwd)
    lines = []
    # leaving the block waits for the program, so it has to be dead when something is raised
    with process:
        try:
            for line in process.stdout or ():
                lines.append(line)
                _logger.info("%s", line.rstrip("\r\n"))
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        _logger.warning("'%s' ended with exit status %d", words[0], process.returncode)
    return subprocess.CompletedProcess(words, process.returncode, "".join(lines))


def _start(words: list[str], cwd: str | os.PathLike[str] | None) -> subprocess.Popen[str]:
    if not words or not words[0]:
        raise NotFoundError('run_command() needs a program: run_command(["program", "argument"]).')
    try:
        return subprocess.Popen(
            words,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
    except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
        if cwd is not None and not os.path.isdir(cwd):
            raise NotFoundError(
                f"'{words[0]}' cannot be run in '{os.fspath(cwd)}': there is no such folder."
            ) from error
        raise NotFoundError(
            f"The program '{words[0]}' cannot be run ({error.strerror}). Install it, or give its "
            f'full path; arguments are words of their own: ["program", "argument"].'
        ) from error
