"""Models that others wrote, by package: their names, and how one is made without its weights.

A package has to be importable (`PYTHONPATH`); none of them is one of ours. Some import torchvision
for transforms of images, which no count needs: where it is missing, its names stand for nothing.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from costmodel.errors import CostModelError

_NEEDED = "torchvision"
#: Who imports it whatever of theirs is used; others do without it.
_IMPORT_IT = ("timm", "pytorchcv")


@dataclass(frozen=True)
class Package:
    """names: of its models. make: a model and the shape of the input that it is meant for."""

    names: Callable[[], list[str]]
    make: Callable[[str], tuple[nn.Module, tuple[int, ...]]]


def _timm() -> Package:
    import timm

    def make(name: str) -> tuple[nn.Module, tuple[int, ...]]:
        model = timm.create_model(name, pretrained=False)
        return model, (1, *model.pretrained_cfg["input_size"])

    return Package(timm.list_models, make)


def _pytorchcv() -> Package:
    from pytorchcv import model_provider

    def make(name: str) -> tuple[nn.Module, tuple[int, ...]]:
        model = model_provider.get_model(name, pretrained=False)
        channels = getattr(model, "in_channels", 3)
        side = getattr(model, "in_size", (224, 224))
        return model, (1, channels, *side)

    return Package(lambda: sorted(model_provider._models), make)


class _First(nn.Module):
    """The first of a model's results: a model of transformers has a record of them."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Any) -> Any:
        return self.model(x)[0]


def _transformers() -> Package:
    import transformers
    from transformers.models.auto import modeling_auto

    mapping = modeling_auto.MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING

    def make(name: str) -> tuple[nn.Module, tuple[int, ...]]:
        config = transformers.AutoConfig.for_model(name)
        model = _First(transformers.AutoModelForImageClassification.from_config(config))
        side = getattr(config, "image_size", None) or 224
        sides = (side, side) if isinstance(side, int) else tuple(side)
        return model, (1, getattr(config, "num_channels", 3), *sides)

    return Package(lambda: sorted({config.model_type for config in mapping}), make)


PACKAGES: dict[str, Callable[[], Package]] = {
    "timm": _timm,
    "pytorchcv": _pytorchcv,
    "transformers": _transformers,
}


class _Names(type):
    """The class of classes that do nothing: every further name of theirs is another such class."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made = _Names(name, (), {"__init__": lambda *_, **__: None, "__module__": cls.__module__})
        setattr(cls, name, made)
        return made


class _Nothing(types.ModuleType):
    """A module whose every name is a class that does nothing."""

    __path__: Sequence[str] = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made = _Names(name, (), {"__init__": lambda *_, **__: None, "__module__": self.__name__})
        setattr(self, name, made)
        return made


class StandIn(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds a package that is missing, as modules in which every name is a class of nothing."""

    def __init__(self, package: str) -> None:
        self.package = package

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name.partition(".")[0] != self.package:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: Any) -> types.ModuleType:
        return _Nothing(spec.name)

    def exec_module(self, module: types.ModuleType) -> None: ...


def package(name: str) -> Package:
    """The models of a package.

    Raises:
        CostModelError: it is not installed here.
    """
    if importlib.util.find_spec(name) is None:
        raise CostModelError(
            f"{name} is not installed; pip install --no-deps --target FOLDER {name}, and "
            "PYTHONPATH=FOLDER"
        )
    if name in _IMPORT_IT and importlib.util.find_spec(_NEEDED) is None:
        sys.meta_path.append(StandIn(_NEEDED))
    return PACKAGES[name]()
