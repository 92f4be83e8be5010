"""What a worker process does with an order: one call, bytes in, bytes out."""

from __future__ import annotations

import os
import pickle
import socket
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from curifactory.events import Event, Failed
from curifactory.running.applied import applied
from curifactory.running.code_facts import CodeFacts
from curifactory.running.elsewhere.answer import (
    Answer,
    Declined,
    Ending,
    Raised,
    Refused,
    Said,
    StepAnswer,
    Unusable,
)
from curifactory.running.elsewhere.answering import NotHere, answer_of
from curifactory.running.elsewhere.order import Order, SentStep
from curifactory.running.elsewhere.pickling import dumps, loads
from curifactory.running.passes import StartAgain
from curifactory.worker.capturing import captured
from curifactory.worker.receiving import CannotImportError, Receiver
from curifactory.worker.run import Prepared, RunRefusedError, other_packages, prepared

# steps share working folder, environment and standard output with all of the process
_ONE_AT_A_TIME = threading.Lock()


def work(order: bytes) -> bytes:
    """Carry out a work order.

    Parameters
    ----------
    order : bytes
        A pickled `Order`.

    Returns
    -------
    bytes
        The pickled `Answer`.
    """
    with _ONE_AT_A_TIME:
        return pickle.dumps(_carry_out(pickle.loads(order)), protocol=pickle.HIGHEST_PROTOCOL)


def _carry_out(order: Order) -> Answer:
    happened: list[Event | Said] = []
    done: list[StepAnswer] = []
    ending: Ending | None = None
    try:
        with prepared(order) as run, _observing(run, happened):
            for notice in run.notices():
                run.manager.events.notice(notice)
            receiver = Receiver(order, run.manager)
            for sent in order.steps:
                ending = _one_step(run, receiver, sent, done, happened)
                if ending is not None:
                    break
            run.manager.orders.end_order()
    except (RunRefusedError, CannotImportError) as error:
        ending = Refused(f"The worker {worker_name()} {error}")
    return Answer(worker_name(), tuple(done), ending, tuple(happened))


def worker_name() -> str:
    """Host and process, for a reader."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _one_step(
    run: Prepared,
    receiver: Receiver,
    sent: SentStep,
    done: list[StepAnswer],
    happened: list[Event | Said],
) -> Ending | None:
    """Carry out one step; what ends the order, if something does."""
    session = run.manager.orders
    try:
        with applied(sent.variables, sent.environ):
            began = time.perf_counter()
            run.manager.set(sent.switches)
            session.reader.unusable.update(sent.unusable)
            request = receiver.request(sent)
            code = _checked_code(sent, session.code_of(request))
            for notice in other_packages(sent.code[2], code.packages):
                run.manager.events.notice(notice)
            with captured(request.record.name, happened.append):
                step, references = session.carry_out(request, code, sent.needed)
            receiver.note_made(sent.position, references)
            seconds = time.perf_counter() - began
            done.append(answer_of(sent.position, step, references, sent.carried, seconds))
    except NotHere as cause:
        return Declined(sent.position, str(cause))
    except StartAgain as again:
        reader = session.reader
        unusable = Unusable(
            sent.position, again.reason, dict(reader.unusable), tuple(reader.wanted)
        )
        reader.unusable.clear()
        reader.wanted.clear()
        return unusable
    except CannotImportError:
        raise
    except BaseException as error:
        return _raised(sent.position, error)
    return None


def _checked_code(sent: SentStep, here: CodeFacts) -> CodeFacts:
    """The code of a step, if it is here what it is where it comes from.

    Raises
    ------
    NotHere
        If it is something else.
    """
    digest, variables, packages = sent.code
    if sent.definition.pickled is not None:
        return CodeFacts(digest, (), variables, packages)
    if here.digest != digest:
        raise NotHere("its code is another one there: was a file edited since the run began?")
    if here.variables != variables:
        names = sorted(
            name
            for name in here.variables.keys() | variables.keys()
            if here.variables.get(name) != variables.get(name)
        )
        raise NotHere(f"the variable '{names[0]}' has another value there")
    return here


def _raised(position: int, error: BaseException) -> Raised:
    try:
        pickled = dumps(error)
        loads(pickled)
    except Exception:
        pickled = None
    return Raised(
        position=position,
        error=pickled,
        kind=type(error).__name__,
        message=str(error),
        notes=tuple(getattr(error, "__notes__", ())),
        traceback="".join(_users_traceback(error).format()),
    )


_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def _users_traceback(error: BaseException) -> traceback.TracebackException:
    """The traceback, without our own frames where there are others."""
    described = traceback.TracebackException.from_exception(error)
    users = [frame for frame in described.stack if not frame.filename.startswith(_PACKAGE)]
    if users:
        described.stack[:] = users
    return described


@contextmanager
def _observing(run: Prepared, happened: list[Event | Said]) -> Iterator[None]:
    """Keep what happens; a failure is told where ``run`` is."""

    def observe(event: Event) -> None:
        if not isinstance(event, Failed):
            happened.append(event)

    events: Any = run.manager.events
    events.observers.append(observe)
    try:
        yield
    finally:
        events.observers.remove(observe)
