"""Encoders for torch: a tensor is its data type, shape and elements, wherever it lies.

Whether it wants a gradient counts, too: training changes one that does and leaves another as it is.
"""

from __future__ import annotations

from typing import Any

from curifactory.errors import UnhashableValueError
from curifactory.hashing.containers import in_order
from curifactory.hashing.registry import Walk, encoder, leaf_encoder
from curifactory.hashing.tokens import hasher, node, text


def add_encoders() -> None:
    """Make the encoders known; called when a value of torch is first seen."""
    import torch

    encoder(torch.Tensor, torch.nn.Parameter)(_tensor)
    leaf_encoder(torch.dtype, torch.layout, torch.memory_format)(_named)
    encoder(torch.device)(_device)
    encoder(torch.Generator)(_generator)


def _tensor(value: Any, walk: Walk) -> bytes:
    parts = [_named(value.dtype), walk.token(tuple(value.shape)), _content(value, walk)]
    if value.requires_grad:
        parts.append(text("requires_grad"))
    return node(b"tensor:", parts)


def _content(value: Any, walk: Walk) -> bytes:
    import torch

    plain = value.detach()
    if plain.is_nested:
        return in_order(b"nested:", plain.unbind(), walk)
    if plain.is_meta:
        raise UnhashableValueError("a tensor on the device 'meta' has no content")
    if plain.is_quantized:
        raise UnhashableValueError("a quantized tensor has no encoding here; dequantize() it")
    if plain.layout is not torch.strided:
        plain = plain.to_sparse_coo().coalesce()
        found = _tensor(plain.indices(), walk), _tensor(plain.values(), walk)
        return node(b"sparse:", (_named(value.layout), *found))
    if plain.is_complex():
        plain = torch.view_as_real(plain.resolve_conj())
    flat = plain.cpu().resolve_neg().contiguous().reshape(-1)
    content = hasher(b"buffer:")
    if flat.numel():
        # a single element may have any stride, and one that is not 1 cannot be seen as bytes
        bytes_ = flat.as_strided(flat.shape, (1,)).view(torch.uint8)
        content.update(bytes_.numpy())
    return content.digest()


def _named(value: Any) -> bytes:
    # torch.float32 and its like have no other name than this
    return node(b"torch:", (text(str(value)),))


def _device(value: Any, walk: Walk) -> bytes:
    return in_order(b"device:", (value.type, value.index), walk)


def _generator(value: Any, walk: Walk) -> bytes:
    return node(b"torch.Generator:", (walk.token(value.device), walk.token(value.get_state())))
