"""Whether Microsoft's packages understand what they receive.

Their models keep what they do not know and hand on what they cannot read as it came. So every
model that a package makes of an answer is looked at: each property has to be one of the model's,
each value of the type that the model declares, each enumeration's value one that it has.
"""

import datetime
import enum
import functools
import importlib
import logging
import typing

from azure.mgmt.compute._utils.model_base import Model as ComputeModel
from azure.mgmt.resource.deployments._utils.model_base import Model as DeploymentsModel
from azure.mgmt.resource.resources._utils.model_base import Model as ResourcesModel
from azure.mgmt.resource.subscriptions._utils.model_base import Model as SubscriptionsModel

# What Azure sends and the specification does not have (`vm/community_gallery_operations.json` of
# the recordings).
UNSPECIFIED = {"CommunityGallery.communityMetadata"}

# An enumeration that Microsoft stopped adding to.
UNFINISHED = {"HardwareProfile.vmSize"}

MODELS = (ComputeModel, DeploymentsModel, ResourcesModel, SubscriptionsModel)


class Understanding(logging.Handler):
    """Collects what the packages make of answers, and what they warn of."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.received = []
        self.warnings = []
        for base in MODELS:
            base._deserialize = classmethod(self._noting(base._deserialize.__func__))
        logging.getLogger("azure.mgmt").addHandler(self)
        logging.getLogger("azure").addHandler(logging.NullHandler())

    def _noting(self, deserialize):
        def noting(cls, data, discriminators):
            model = deserialize(cls, data, discriminators)
            self.received.append(model)
            return model

        return noting

    def emit(self, record):
        self.warnings.append(record.getMessage())

    def misunderstood(self):
        """What was not understood since this was last asked."""
        found = [what for model in self.received for what in _strange(model)]
        found += self.warnings
        self.received.clear()
        self.warnings.clear()
        return sorted(set(found))


def _strange(model):
    """What in a model is not as the model declares it."""
    kind = type(model)
    fields = {field._rest_name: name for name, field in model._attr_to_rest_field.items()}
    hints = _hints(kind)
    for key in list(model):
        if f"{kind.__name__}.{key}" in UNSPECIFIED | UNFINISHED:
            continue
        if key not in fields:
            yield f"{kind.__name__} has no property {key} ({model[key]!r})"
        else:
            path, declared = f"{kind.__name__}.{key}", _leaves(hints[fields[key]])
            yield from _cast(path, model._data[key], declared)
            yield from _strange_value(path, getattr(model, fields[key]), declared)


@functools.cache
def _hints(kind):
    """The declared types of a model's properties."""
    models = importlib.import_module(kind.__module__.rpartition(".")[0])
    names = {"_models": models, "datetime": datetime}
    return typing.get_type_hints(kind, localns=names)


def _leaves(hint):
    """The types that a declaration names, however they are nested."""
    arguments = typing.get_args(hint)
    return {hint}.union(*map(_leaves, arguments)) if arguments else {hint}


def _cast(path, received, declared):
    """What the package makes a number or a truth of, whatever it was."""
    wanted = {bool, int, float} & declared
    if wanted and not isinstance(received, (list, dict, type(None))):
        if type(received) not in wanted | ({int} if float in wanted else set()):
            yield f"{path} is {received!r}"


def _strange_value(path, value, declared):
    if isinstance(value, MODELS):
        yield from _strange(value)
    elif isinstance(value, list):
        for item in value:
            yield from _strange_value(path, item, declared)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strange_value(path, item, declared)
    elif value is not None and typing.Any not in declared:
        types = [one for one in declared if isinstance(one, type)]
        enumerations = [one for one in types if issubclass(one, enum.Enum)]
        if not isinstance(value, tuple(enumerations or types)):
            yield f"{path} is {value!r}, no {' or '.join(sorted(t.__name__ for t in types))}"
