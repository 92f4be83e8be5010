"""What cannot be carried out in another process stays where ``run`` is, and it is said why."""

from __future__ import annotations

import json

STAYING = """\
    import threading
    from dataclasses import dataclass, field

    from counting import ran
    from curifactory import ExperimentParameters, Record, set_hash_functions, stage
    from curifactory.caching import JsonCacher
    import os
    os.environ.setdefault("HERE", str(os.getpid()))
    HERE = int(os.environ["HERE"])

    @dataclass
    class P(ExperimentParameters):
        n: int = 1
        lock: object = None
        hash_representations: dict = set_hash_functions(lock=None)

    def fails_elsewhere(value):
        if os.getpid() != HERE:
            raise RuntimeError("not in this process")
        return value

    class OnlyHere:
        def __reduce__(self): return fails_elsewhere, (1,)

    def made_by_a_factory(factor):
        @stage(["n"], ["scaled"], [JsonCacher])
        def scale(record, n):
            ran("scale", record)
            return [factor * n, os.getpid()]
        return scale

    @stage(outputs=["n"], cachers=[JsonCacher])
    def number(record):
        ran("number", record)
        return record.params.n

    @stage(outputs=["read"], cachers=[JsonCacher])
    def read_state(record):
        ran("read_state", record)
        return [record.state["n"], os.getpid()]

    @stage(["n"], ["outer"], [JsonCacher])
    def call_another(record, n):
        ran("call_another", record)
        inner = number(Record(record.manager, P("inner", n=5), hide=True))
        return [inner.state["n"], os.getpid()]

    @stage(["given"], ["used"], [JsonCacher])
    def use_given(record, given):
        ran("use_given", record)
        return [len(given), os.getpid()]

    @stage(["n"], ["locked"])
    def make_lock(record, n):
        ran("make_lock", record)
        return [threading.Lock()]

    @stage(["locked"], ["length"], [JsonCacher])
    def use_lock(record, locked):
        ran("use_lock", record)
        return [len(locked), os.getpid()]

    @stage(["locked"], ["length_again"], [JsonCacher])
    def use_lock_again(record, locked):
        return [len(locked), os.getpid()]

    @stage(outputs=["alone"], cachers=[JsonCacher])
    def alone(record):
        return os.getpid()

    @stage(["n"], ["times"], [JsonCacher])
    def multiply(record, n, by=1):
        ran("multiply", record)
        return [n * by, os.getpid()]

    class Opaque:
        __slots__ = ("x",)
        def __init__(self): self.x = threading.Lock()
        def __len__(self): return 3

    def get_params():
        return [P("plain"), P("odd", n=2, lock=threading.Lock())]

    ONLY_HERE = P("only here", n=3, lock=OnlyHere())

    def run(param_sets, manager):
        seen = {}
        alone(Record(manager, ONLY_HERE))
        for params in param_sets:
            record = number(Record(manager, params))
            if params.name == "odd":
                continue
            made_by_a_factory(10)(record)
            read_state(record)
            call_another(record)
            record.state["given"] = Opaque()
            use_given(record)
            use_lock(make_lock(record))
            use_lock_again(record.make_copy(P("copy", n=9)))
            multiply(record)
            if not manager.map_mode:
                seen = {name: record.state[name] for name in ("scaled", "read", "outer", "used",
                    "length", "times")}
            multiply(record, by=7)
            if not manager.map_mode:
                seen["again"] = record.state["times"]
        if not manager.map_mode:
            import json
            print("seen", json.dumps(seen))
            print("here", os.getpid())
    """


def test_what_cannot_be_sent_runs_here_with_a_notice_that_names_the_cause(project):
    project.write("experiments/__init__.py", "")
    project.write("experiments/staying.py", STAYING)

    said = project.succeed("staying", "--parallel", "2")

    lines = dict(line.split(" ", 1) for line in said.splitlines() if line[:4] in ("seen", "here"))
    seen, here = json.loads(lines["seen"]), int(lines["here"])
    assert {name: value for name, (value, _) in seen.items()} == {
        "scaled": 10, "read": 1, "outer": 5, "used": 3, "length": 1, "times": 1, "again": 7,
    }  # fmt: skip
    elsewhere = {name for name, (_, process) in seen.items() if process != here}
    assert elsewhere == {"scaled"}
    notices = " ".join(line for line in said.splitlines() if "note:" in line)
    for stage, cause in {
        "number": "parameter set 'odd' of class 'P' cannot be pickled",
        "read_state": "it reads 'n' from the state of a record without naming it",
        "call_another": "it calls stage 'number' itself",
        "use_given": "input 'given'",
        "alone": "what it needs cannot be sent (RuntimeError: not in this process)",
        "make_lock": "its output 'locked' has no cacher and cannot be pickled",
        "multiply": "another call writes to the same file",
    }.items():
        assert f"Stage '{stage}' runs in this process: " in notices, (stage, said)
        assert cause in notices, (stage, said)
