from __future__ import annotations

import logging

import numpy as np
import pydantic
import pytest
import sklearn.linear_model
from sklearn.linear_model import LogisticRegression, Ridge

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


def test_a_tensor_is_its_type_shape_and_elements() -> None:
    torch = pytest.importorskip("torch")
    table = torch.arange(6.0).reshape(2, 3)
    assert digest(table.T) == digest(table.T.contiguous())
    assert digest(table) == digest(table.clone().requires_grad_())
    others = [table + 1, table.double(), table.bfloat16(), table.reshape(3, 2), table.numpy()]
    assert len({digest(value) for value in [table, *others]}) == 6
    assert digest(torch.tensor([1j])) != digest(torch.tensor([2j]))
    assert digest(table.to_sparse()) != digest((table * 2).to_sparse())
    assert digest(torch.float32) != digest(torch.float64)
