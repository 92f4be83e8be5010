"""What a worker process does with an order: one call, bytes in, bytes out."""

from __future__ import annotations

import os
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
from curifactory.running.collecting import left_alone, seldom
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
from curifactory.running.elsewhere.live import live_path
from curifactory.running.elsewhere.messages import pack, unpack
from curifactory.running.elsewhere.order import Order, SentStep
from curifactory.running.elsewhere.pickling import dumps, loads
from curifactory.running.passes import StartAgain
from curifactory.worker.capturing import Capturing
from curifactory.worker.happened import Happening
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
        with seldom():
            received = unpack(order)
        # several are short ones
        with seldom(len(received.steps) > 1):
            return pack(_carry_out(received))


def _carry_out(order: Order) -> Answer:
    done: list[StepAnswer] = []
    ending: Ending | None = None
    happened: tuple[Event | Said, ...] = ()
    try:
        with prepared(order) as run:
            worker = worker_name()
            happening = Happening(live_path(os.path.dirname(run.facts.handshake), worker), worker)
            at_work = _AtWork(run, order, done, happening)
            with (
                _observing(run, happening),
                happening.told_live(),
                at_work.capturing.switched_on(),
                left_alone(run.may_be_left_alone),
            ):
                at_work.tell_once()
                for sent in order.steps:
                    ending = at_work.carry_out(sent)
                    if ending is not None:
                        break
                run.manager.orders.end_order()
            happened = happening.rest()
    except (RunRefusedError, CannotImportError) as error:
        ending = Refused(f"The worker {worker_name()} {error}")
    return Answer(worker_name(), tuple(done), ending, happened)


def worker_name() -> str:
    """Host and process, for a reader."""
    return f"{socket.gethostname()}:{os.getpid()}"


class _AtWork:
    """Carries out the steps of one order, one after the other."""

    def __init__(
        self, run: Prepared, order: Order, done: list[StepAnswer], happening: Happening
    ) -> None:
        self._run = run
        self._receiver = Receiver(order, run.manager, run.classes)
        self._done = done
        self.capturing = Capturing(happening.add)

    def tell_once(self) -> None:
        """Tell what the user should know about this process."""
        for notice in self._run.notices():
            self._run.manager.events.notice(notice)

    def carry_out(self, sent: SentStep) -> Ending | None:
        """Carry out one step; what ends the order, if something does."""
        reader = self._run.manager.orders.reader
        try:
            with applied(sent.variables, sent.environ):
                self._done.append(self._one_step(sent))
        except NotHere as cause:
            return Declined(sent.position, str(cause))
        except StartAgain as again:
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

    def _one_step(self, sent: SentStep) -> StepAnswer:
        manager, began = self._run.manager, time.perf_counter()
        session = manager.orders
        manager.set(sent.switches)
        session.reader.unusable.update(sent.unusable)
        request = self._receiver.request(sent)
        code = _checked_code(sent, session.code_of(request))
        for notice in other_packages(sent.code[2], code.packages):
            manager.events.notice(notice)
        with self.capturing.of(request.record.name):
            step, references = session.carry_out(request, code, sent.needed)
        self._receiver.note_made(sent.position, references)
        seconds = time.perf_counter() - began
        return answer_of(
            sent.position, step, references, sent.carried, sent.read, seconds, sent.recipe
        )


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
def _observing(run: Prepared, happening: Happening) -> Iterator[None]:
    """Keep what happens; a failure is told where ``run`` is."""

    def observe(event: Event) -> None:
        if not isinstance(event, Failed):
            happening.add(event)

    events: Any = run.manager.events
    events.observers.append(observe)
    try:
        yield
    finally:
        events.observers.remove(observe)
