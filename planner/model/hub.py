"""Configurations and checkpoint headers from the Hugging Face hub; never a weight.

The library keeps config.json in its cache, as vLLM will look for it there.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.errors import InvalidInputError, PlannerError, UnavailableError, UnknownNameError
from planner.model.config_file import (
    CONFIG,
    MAX_CONFIG_BYTES,
    MODELOPT,
    read_object,
    with_modelopt,
)
from planner.model.local_caches import hub_cache
from planner.model.model_folder import FoundFiles, logical
from planner.model.safetensors_header import (
    DTYPE_BITS,
    SINGLE,
    CheckpointFacts,
    TensorHeader,
    from_tensors,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_ENDPOINT = "https://huggingface.co"
_TIMEOUT_S = 10.0


def fetch(name: str, revision: str | None, environ: Mapping[str, str]) -> FoundFiles:
    """The configuration of a model of the hub, and its stored tensors where that is cheap.

    Raises:
        UnknownNameError: the hub has no such model or revision, or it is private.
        UnavailableError: gated, not reachable, or the server is no hub.
        InvalidInputError: its config.json cannot be one.
    """
    hub = _Hub(name, revision, environ)
    config = hub.read(CONFIG)
    if config is None:
        raise InvalidInputError(
            f"{name} has no {CONFIG} on the hub",
            cause="it is no transformers checkpoint: a GGUF, LoRA or diffusers repository?",
            fix="name the repository of the original model",
        )
    if "quantized_layers" not in (config.get("quantization_config") or {}):
        beside = hub.read(MODELOPT) if _may_have_modelopt(config) else None
        config = with_modelopt(config, beside) if beside else config
    checkpoint, notes = hub.checkpoint()
    return FoundFiles(config=config, checkpoint=logical(checkpoint, config), notes=notes)


def _may_have_modelopt(config: Mapping[str, Any]) -> bool:
    own = config.get("quantization_config")
    return own is None or (isinstance(own, dict) and own.get("quant_algo") == "MIXED_PRECISION")


class _Hub:
    """One model at one revision of one hub."""

    def __init__(self, name: str, revision: str | None, environ: Mapping[str, str]) -> None:
        self._name = name
        self._revision = revision
        self._endpoint = (environ.get("HF_ENDPOINT") or _ENDPOINT).rstrip("/")
        # None: the library looks for the token it has stored
        self._token = environ.get("HF_TOKEN") or environ.get("HUGGING_FACE_HUB_TOKEN") or None
        self._cache = hub_cache(environ)

    def read(self, file: str) -> dict[str, Any] | None:
        """One JSON file of the repository; None when it has none of that name."""
        # the library takes 0.3 s to import, and only this way needs it
        from huggingface_hub import errors

        try:
            path = self._download(file)
        except errors.EntryNotFoundError:
            return None
        except PlannerError:
            raise
        # the transport's own errors come from a library whose name changed with its version
        except Exception as error:
            raise self._error(error) from error
        return read_object(path)

    def _download(self, file: str) -> Path:
        """Into the library's cache, unless it is there already or far too large."""
        from huggingface_hub import file_download

        url = file_download.hf_hub_url(
            self._name, file, revision=self._revision, endpoint=self._endpoint
        )
        # asked first and once: the library itself would retry for half a minute
        head = file_download.get_hf_file_metadata(url, token=self._token, timeout=_TIMEOUT_S)
        if head.size is not None and head.size > MAX_CONFIG_BYTES:
            raise InvalidInputError(
                f"{file} of {self._name} has {head.size:,} bytes, more than {MAX_CONFIG_BYTES:,}",
                cause="it was not downloaded: no file of its kind is that large",
            )
        path = file_download.hf_hub_download(
            self._name,
            file,
            revision=self._revision,
            cache_dir=self._cache,
            endpoint=self._endpoint,
            token=self._token,
            etag_timeout=_TIMEOUT_S,
        )
        return Path(path)

    def checkpoint(self) -> tuple[CheckpointFacts | None, tuple[str, ...]]:
        """The stored tensors: one range read, or one request to the hub for all shards."""
        from huggingface_hub import HfApi, errors

        api = HfApi(endpoint=self._endpoint, token=self._token)
        try:
            try:
                files = [
                    api.parse_safetensors_file_metadata(self._name, SINGLE, revision=self._revision)
                ]
            except errors.EntryNotFoundError:
                every: Callable[..., Any] | None = getattr(
                    api, "get_sharded_safetensors_metadata", None
                )
                if every is None or self._revision is not None:
                    return None, ()
                files = list(every(self._name).files_metadata.values())
        except errors.EntryNotFoundError:
            return None, ()
        except Exception as error:  # noqa: BLE001 - as above; the configuration answers alone
            return None, (f"checkpoint headers not read: {_short(error)}",)
        found = {
            name: TensorHeader(tensor.dtype, tuple(tensor.shape))
            for file in files
            for name, tensor in file.tensors.items()
        }
        unknown = {tensor.dtype for tensor in found.values()} - set(DTYPE_BITS)
        if unknown:
            return None, (f"checkpoint headers not read: unknown dtype {min(unknown)}",)
        return from_tensors(found), ()

    def _error(self, error: Exception) -> PlannerError:
        """The library's error as one of ours."""
        from huggingface_hub import errors

        if isinstance(error, errors.GatedRepoError):
            return UnavailableError(
                f"{self._name} is gated: its files need an accepted licence",
                cause=f"{self._endpoint} refuses without a token that has access",
                fix="accept the licence on its page and set HF_TOKEN, or give a config.json",
            )
        if isinstance(error, errors.RevisionNotFoundError):
            return UnknownNameError(
                f"{self._name} has no revision {self._revision}",
                cause=f"{self._endpoint} knows no such branch, tag or commit",
                fix="leave --revision out, or name a branch, a tag or a commit",
            )
        if isinstance(error, (errors.RepositoryNotFoundError, errors.HFValidationError)):
            return UnknownNameError(
                f"{self._endpoint} has no model {self._name}",
                cause="it does not exist, or it is private and no token with access is set",
                fix="check the name, or set HF_TOKEN",
            )
        return UnavailableError(
            f"{self._endpoint} cannot be asked for {self._name}",
            cause=_short(error),
            fix="check the network, HF_ENDPOINT and the proxy, or give a local directory or "
            "a config.json",
        )


def _short(error: Exception) -> str:
    """The first line of a library's message."""
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
