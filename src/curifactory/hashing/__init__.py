"""Identity of values: equal content, equal digest, whenever and wherever it is computed.

A value is walked once (`walk`), each part becomes a token (`tokens`) through the encoder of its
class (`registry`), and the token of the whole becomes the digest. Nothing goes through ``repr``,
``id``, pickle or bytecode.
"""

from curifactory.hashing import (  # noqa: F401, each makes its encoders known
    callables,
    classes,
    containers,
    instances,
    leaves,
)
from curifactory.hashing.registry import register_encoder
from curifactory.hashing.representations import set_hash_functions
from curifactory.hashing.tokens import ENCODING_VERSION
from curifactory.hashing.walk import digest

__all__ = ["ENCODING_VERSION", "digest", "register_encoder", "set_hash_functions"]
