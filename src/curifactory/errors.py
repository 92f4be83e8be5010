"""Every error that curifactory raises on purpose: one tree, drawn here.

    CurifactoryError
    ├── ConfigurationError (ValueError)        configuration file, environment, options
    ├── InvalidNameError (ValueError)          a name that cannot be part of a path
    ├── MissingDependencyError (ImportError)   an extra is not installed
    ├── DefinitionError                        a stage, experiment or parameter set is wrong
    │   ├── InputSignatureError (TypeError)
    │   ├── OutputSignatureError (TypeError)
    │   ├── EmptyCachersError (ValueError)
    │   ├── CachersMismatchError (ValueError)
    │   ├── SlotCollisionError (ValueError)    two different things would meet in one file
    │   ├── ParameterSetError (ValueError)     get_params() gave something else
    │   └── UnhashableValueError (TypeError)   a value that has no stable identity
    ├── NotFoundError
    │   ├── MissingInputError (KeyError)       an input that nobody made
    │   ├── ExperimentNotFoundError (LookupError)
    │   ├── ParameterFileNotFoundError (LookupError)
    │   ├── NoArtifactManagerError (LookupError)
    │   ├── RunNotFoundError (LookupError)
    │   ├── ArtifactNotFoundError (LookupError)
    │   └── StoreNotFoundError (LookupError)   no full store of this name
    ├── HistoryError                           a newer version wrote the run history
    ├── ExecutorError (RuntimeError)           other processes cannot carry out steps
    │   ├── WorkerDiedError                    one ended while it carried out a step
    │   ├── ExecutorLostError                  they are gone, or nobody can reach them
    │   └── RemoteStageError                   a stage raised there what cannot be raised here
    ├── CodeChangedError                       code changed, and that is to be an error
    └── ArtifactError
        ├── UnusableArtifactError              it is missing, damaged or another one than promised
        ├── DamagedStoreError                  a full store, or a zip of one, is not what was kept
        ├── ArtifactSaveError (OSError)        a cacher, disk or permission refused to write
        └── InexactArtifactError (ValueError)  the format cannot hold the value exactly

A message says what happened, where (stage, record, file), and what to do.
"""

from __future__ import annotations


class CurifactoryError(Exception):
    """Base of every error that curifactory raises on purpose."""


class ConfigurationError(CurifactoryError, ValueError):
    """The configuration file, an environment variable or an option cannot be used."""


class InvalidNameError(CurifactoryError, ValueError):
    """A name cannot be part of a path inside the project's folders."""


class MissingDependencyError(CurifactoryError, ImportError):
    """A library of an extra is not installed; the message has the pip command."""


class DefinitionError(CurifactoryError):
    """A stage, an experiment or a parameter set is written in a way that cannot work."""


class InputSignatureError(DefinitionError, TypeError):
    """The inputs of a stage and the arguments of its function do not fit together."""


class OutputSignatureError(DefinitionError, TypeError):
    """A stage function returned another number of values than it has outputs."""


class EmptyCachersError(DefinitionError, ValueError):
    """A stage with outputs was given an empty list of cachers."""


class CachersMismatchError(DefinitionError, ValueError):
    """A stage has another number of cachers than of outputs."""


class SlotCollisionError(DefinitionError, ValueError):
    """Two different things would be kept in one file."""


class ParameterSetError(DefinitionError, ValueError):
    """``get_params()`` gave something else than parameter sets."""


class UnhashableValueError(DefinitionError, TypeError):
    """A value has no identity that would be the same tomorrow.

    Attributes
    ----------
    place : str
        Where in the value the part lies that cannot be hashed, such as ``".layers[2]"``.
    """

    def __init__(self, message: str, place: str = "") -> None:
        super().__init__(message)
        self.place = place


class NotFoundError(CurifactoryError):
    """Something that was asked for by name does not exist."""


class MissingInputError(NotFoundError, KeyError):
    """A stage asked for an input that nobody made."""

    # KeyError would show the message in quotes
    __str__ = Exception.__str__


class ExperimentNotFoundError(NotFoundError, LookupError):
    """There is no experiment module of this name."""


class ParameterFileNotFoundError(NotFoundError, LookupError):
    """There is no parameter file, parameter set or index of this name."""


class NoArtifactManagerError(NotFoundError, LookupError):
    """A procedure was run without a manager."""


class RunNotFoundError(NotFoundError, LookupError):
    """No run, or more than one, has this reference."""


class ArtifactNotFoundError(NotFoundError, LookupError):
    """No artifact, or more than one, is meant."""


class StoreNotFoundError(NotFoundError, LookupError):
    """There is no full store in this folder, or of this run."""


class HistoryError(CurifactoryError):
    """The run history cannot be used: a newer version of curifactory wrote it."""


class ExecutorError(CurifactoryError, RuntimeError):
    """Steps cannot be carried out in other processes."""


class WorkerDiedError(ExecutorError):
    """A worker process ended while it carried out a step.

    Attributes
    ----------
    is_final : bool
        Whether the step was tried elsewhere already.
    had_begun : bool
        Whether it may have been this step that ended the process.
    """

    def __init__(self, message: str, is_final: bool = False, had_begun: bool = True) -> None:
        super().__init__(message)
        self.is_final = is_final
        self.had_begun = had_begun


class ExecutorLostError(ExecutorError):
    """The workers, or who gives them work, are gone."""


class RemoteStageError(ExecutorError):
    """A stage raised something in a worker that cannot be raised here; the message has it."""


class CodeChangedError(CurifactoryError):
    """Code or packages changed since artifacts were made, and the policy is ``error``."""


class ArtifactError(CurifactoryError):
    """An artifact cannot be read or written."""


class UnusableArtifactError(ArtifactError):
    """An artifact is missing, damaged or not the one that was promised."""


class DamagedStoreError(ArtifactError):
    """A full store, or a zip file of one, is not what was kept, or cannot be used."""


class ArtifactSaveError(ArtifactError, OSError):
    """An artifact could not be written: cacher, disk or permission."""


class InexactArtifactError(ArtifactError, ValueError):
    """The format of a cacher cannot hold a value exactly, and exactness was asked for."""
