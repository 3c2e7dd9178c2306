"""Turns the types of shapes.py into JSON Schema (2020-12), as OpenAPI 3.1 has it. Knows no address and no petition."""

from dataclasses import dataclass
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

Schema = dict[str, Any]

PLAIN: dict[Any, str] = {str: "string", int: "integer", bool: "boolean", NoneType: "null"}
COMPONENT = "#/components/schemas/"


@dataclass(frozen=True)
class Of:
    """What JSON Schema can say of a type beyond the type itself, and in words."""

    says: str = ""
    format: str = ""
    pattern: str = ""
    minimum: int | None = None

    @property
    def keywords(self) -> Schema:
        """Return it as JSON Schema says it."""
        found = {
            "description": self.says,
            "format": self.format,
            "pattern": self.pattern,
            "minimum": self.minimum,
        }
        return {name: value for name, value in found.items() if value not in ("", None)}


def schema_of(kind: Any) -> Schema:
    """Return the schema of a type; of a TypedDict a reference to where components_of puts it.

    Raises TypeError for a type that no JSON has, or that nobody needed so far.
    """
    if kind in PLAIN:
        return {"type": PLAIN[kind]}
    if is_typeddict(kind):
        return {"$ref": COMPONENT + kind.__name__}
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        said: Schema = {}
        for each in inner[1:]:
            said |= each.keywords
        return schema_of(inner[0]) | said
    if origin is Literal:
        return {"enum": list(inner)}
    if origin is list:
        return {"type": "array", "items": schema_of(inner[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": schema_of(inner[1])}
    if origin in (UnionType, Union):
        return {"anyOf": [schema_of(each) for each in inner]}
    raise TypeError(f"no schema is known for {kind}")


def components_of(*kinds: Any) -> dict[str, Schema]:
    """Return the schema of each TypedDict and of all that they hold, by name. No field that is not named is sent."""
    found: dict[str, Schema] = {}
    waiting = list(kinds)
    while waiting:
        kind = waiting.pop()
        if is_typeddict(kind):
            if kind.__name__ not in found:
                hints = get_type_hints(kind, include_extras=True)
                found[kind.__name__] = _object(kind, hints)
                waiting += hints.values()
        else:
            waiting += [each for each in get_args(kind) if not isinstance(each, (str, Of))]
    return dict(sorted(found.items()))


def _object(kind: Any, hints: dict[str, Any]) -> Schema:
    said = " ".join((kind.__doc__ or "").split())
    return {
        "type": "object",
        **({"description": said} if said else {}),
        "properties": {name: schema_of(_bare(each)) for name, each in hints.items()},
        "required": [name for name in hints if name in kind.__required_keys__],
        "additionalProperties": False,
    }


def _bare(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is NotRequired else kind
