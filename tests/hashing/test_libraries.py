from __future__ import annotations

import logging
import sys

import numpy as np
import pandas
import pydantic
import pytest
import sklearn.linear_model
from sklearn.linear_model import LogisticRegression, Ridge

from curifactory.errors import UnhashableValueError
from curifactory.hashing import digest


class Model(pydantic.BaseModel):
    a: int = 1
    b: list[int] = []


def test_a_logger_is_its_name() -> None:
    assert digest(logging.getLogger("a")) == digest(logging.getLogger("a"))
    assert digest(logging.getLogger("a")) != digest(logging.getLogger("b"))


def test_a_pydantic_model_is_its_fields_however_they_were_set() -> None:
    assert digest(Model()) == digest(Model(a=1)) == digest(Model().model_copy())
    assert digest(Model(a=2)) != digest(Model())
    assert digest(Model(b=[1])) != digest(Model(b=[2]))


def test_an_estimator_is_its_parameters_and_what_it_learnt() -> None:
    x, y = np.arange(6.0).reshape(-1, 1), np.arange(6) % 2
    assert digest(Ridge(alpha=2)) == digest(Ridge(alpha=2))
    assert digest(Ridge(alpha=2)) != digest(Ridge(alpha=3))
    assert digest(Ridge().fit(x, y)) == digest(Ridge().fit(x, y))
    assert digest(Ridge().fit(x, y)) != digest(Ridge())
    assert digest(LogisticRegression()) != digest(Ridge())


def test_a_newer_library_is_no_other_estimator(monkeypatch: pytest.MonkeyPatch) -> None:
    before = digest(Ridge())
    monkeypatch.setattr(sklearn.base, "__version__", "999")
    assert Ridge().__getstate__()["_sklearn_version"] == "999"
    assert digest(Ridge()) == before


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def test_a_tensor_is_its_type_shape_and_elements(torch) -> None:
    table = torch.arange(6.0).reshape(2, 3)
    image = torch.arange(24.0).reshape(1, 2, 3, 4)
    equal = [
        (table.T, table.T.contiguous()),
        (table, torch.arange(12.0)[:6].reshape(2, 3)),
        (torch.ones(5), torch.ones(1).expand(5)),
        (image, image.to(memory_format=torch.channels_last)),
        (torch.tensor([1j]).conj().imag, torch.tensor([-1.0])),
        (torch.tensor([[1.0, 2.0]])[:, 1], torch.tensor([2.0])),
        (table.requires_grad_(False), torch.nn.Parameter(table, requires_grad=False)),
    ]
    for one, other in equal:
        assert digest(one) == digest(other), (one, other)


def test_tensors_that_differ_in_anything_are_told_apart(torch) -> None:
    table = torch.arange(6.0).reshape(2, 3)
    different = [
        table,
        table + 1,
        table.clone().requires_grad_(),
        table.reshape(3, 2),
        table.reshape(6),
        table.numpy(),
        *(table.to(kind) for kind in (torch.float64, torch.float16, torch.bfloat16, torch.int32)),
        table.to(torch.bool),
        table.to(torch.float8_e4m3fn),
        torch.empty(0),
        torch.empty(0, 3),
        torch.empty(0, dtype=torch.int64),
        torch.tensor(0.0),
        torch.tensor([0.0]),
        torch.tensor([-0.0]),
        torch.tensor([float("nan")]),
        torch.tensor([1j]),
        torch.tensor([2j]),
        table.to_sparse(),
        (table * 2).to_sparse(),
        torch.nested.nested_tensor(list(table), layout=torch.jagged),
        torch.nested.nested_tensor(list(table * 2), layout=torch.jagged),
        torch.float32,
        torch.float64,
        torch.strided,
        torch.device("cpu"),
        torch.device("cuda:0"),
        torch.Generator().manual_seed(1),
        torch.Generator().manual_seed(2),
        torch.nn.ReLU(),
        torch.nn.GELU(),
        torch.nn.CrossEntropyLoss(),
        torch.nn.CrossEntropyLoss(label_smoothing=0.1),
    ]
    assert len({digest(value) for value in different}) == len(different)


def test_a_model_is_its_layers_and_weights(torch) -> None:
    def model(seed: int, hidden: int = 3):
        torch.manual_seed(seed)
        return torch.nn.Sequential(torch.nn.Linear(2, hidden), torch.nn.ReLU())

    assert digest(model(1)) == digest(model(1))
    assert len({digest(one) for one in (model(1), model(2), model(1, hidden=4))}) == 3
    frozen = model(1).requires_grad_(False)
    assert digest(frozen) != digest(model(1))
    assert digest(model(1).eval()) != digest(model(1))


def test_a_tensor_without_content_is_refused(torch) -> None:
    with pytest.raises(UnhashableValueError, match="meta"):
        digest(torch.empty(3, device="meta"))


def test_numbers_of_a_frame_are_hashed_by_column_and_not_one_by_one() -> None:
    frame = pandas.DataFrame({"a": range(5000), "b": [0.5] * 5000})
    digest(frame.head(2))
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(count)
    try:
        digest(frame)
    finally:
        sys.setprofile(None)
    assert calls < 5000
