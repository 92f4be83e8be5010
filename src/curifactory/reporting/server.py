"""Showing the reports to a browser."""

from __future__ import annotations

import errno
import logging
import os
import socket
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from curifactory.errors import ConfigurationError, NotFoundError

_log = logging.getLogger("curifactory")


def serve_reports(
    reports_path: str,
    host: str = "127.0.0.1",
    port: int = 8080,
    announce: Callable[[str], None] = _log.info,
) -> None:
    """Serve the reports until Ctrl-C.

    Parameters
    ----------
    reports_path : str
        The folder of all reports.
    host : str
        The address to listen at. Any other than a loopback address lets the network read along.
    port : int
        The port; 0 for any that is free.
    announce : callable
        Told where the reports can be seen, once they can.

    Raises
    ------
    NotFoundError
        If there is no such folder.
    ConfigurationError
        If the address or the port cannot be had.
    """
    with report_server(reports_path, host, port) as server:
        shown = f"[{host}]" if ":" in host else host
        announce(f"Reports: http://{shown}:{server.server_address[1]}/ (Ctrl-C ends this)")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass


def report_server(reports_path: str, host: str, port: int) -> ThreadingHTTPServer:
    """Return a server for the reports that listens already; the caller runs and closes it.

    Raises
    ------
    NotFoundError
        If there is no such folder.
    ConfigurationError
        If the address or the port cannot be had.
    """
    if not os.path.isdir(reports_path):
        raise NotFoundError(
            f"There is no folder {reports_path}: no report has been written yet. "
            "Run an experiment first."
        )
    handler = partial(_Handler, directory=os.path.abspath(reports_path))
    kind = _ServerV6 if ":" in host else _Server
    try:
        return kind((host, port), handler)
    except (OSError, OverflowError) as error:
        raise _refused(error, host, port) from error


class _Server(ThreadingHTTPServer):
    # a page that is still being sent does not keep the command from ending
    daemon_threads = True


class _ServerV6(_Server):
    address_family = socket.AF_INET6


class _Handler(SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        # a report may be written anew while it is looked at
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        _log.debug(format, *args)


def _refused(error: Exception, host: str, port: int) -> ConfigurationError:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        why = f"port {port} is in use; choose another one with --port"
    elif isinstance(error, PermissionError):
        why = f"port {port} needs more rights; choose one above 1023 with --port"
    elif isinstance(error, OverflowError):
        why = f"{port} is no port; choose one from 1024 to 65535 with --port"
    else:
        why = f"{error}; check --host"
    return ConfigurationError(f"The reports cannot be served at {host}: {why}.")
