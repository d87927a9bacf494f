"""What values the contract knows: each checks itself on loading, and documents what it takes."""

import math
import re
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate

_SURROGATE = re.compile("[\ud800-\udfff]")


class Text(fields.String):
    """A text to judge: at least one letter, at most `longest` code points, no NUL, no half of a surrogate pair.

    Other strings that are kept are like it: `least` tells how many code points they have, letters or not.
    """

    def __init__(self, longest: int, least: int | None = None, required: bool = True, **options: Any):
        self.longest, self.least = longest, least
        pattern = r"^[^\u0000]*\p{L}[^\u0000]*$" if least is None else r"^[^\u0000]*$"
        sizes = {"minLength": 1 if least is None else least, "maxLength": longest}
        described = {**sizes, "pattern": pattern, **options.pop("metadata", {})}
        super().__init__(required=required, metadata=described, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **options)
        if len(text) > self.longest:
            raise ValidationError(f"Longer than {self.longest} code points.")
        if "\0" in text:
            raise ValidationError("Has a NUL character.")
        if _SURROGATE.search(text):
            raise ValidationError("Has a lone surrogate, which is no character.")
        if self.least is None:
            if not any(map(str.isalpha, text)):
                raise ValidationError("Has no letter.")
        elif len(text) < self.least:
            raise ValidationError("Is empty.")
        return text


class Texts(fields.List[Any]):
    """A list of texts, each checked on its own: a bad one is loaded as its `ValidationError`, and spoils no other.

    The specification says nothing of the items, since none makes a request invalid.
    """

    def __init__(self, longest: int, most: int, **options: Any):
        self.most = most
        described = {"minItems": 1, "maxItems": most, **options.pop("metadata")}
        super().__init__(fields.Raw(), required=True, metadata=described, **options)
        self.one = Text(longest, metadata={})

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> list[Any]:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        if not 1 <= len(value) <= self.most:
            raise ValidationError(f"Has {len(value)} items; expected 1 to {self.most}.")
        return [self._text(item) for item in value]

    def _text(self, item: Any) -> str | ValidationError:
        try:
            text: str = self.one.deserialize(item)
        except ValidationError as fault:
            return fault
        return text


class Share(fields.Float):
    """A JSON number from 0 to 1; a string or a boolean is none."""

    def __init__(self, **options: Any):
        super().__init__(validate=validate.Range(0, 1), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> float:
        if isinstance(value, str | bool):
            raise ValidationError("Not a number.")
        result: float = super()._deserialize(value, attr, data, **options)
        return result


class Flag(fields.Boolean):
    """JSON's true or false; a number or a string is neither."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Not true or false.")
        return value


class ByLabel(fields.Dict):
    """A number for each label: their names are the model's, so that one specification fits all."""

    def __init__(self, **options: Any):
        super().__init__(keys=fields.String(), values=fields.Float(), required=True, **options)


class Mark(fields.Raw):
    """The caller's own id: a JSON string or number, loaded as it is."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValidationError("Not a string or a number.")
        if isinstance(value, float) and not math.isfinite(value):
            raise ValidationError("Too large a number.")
        return value
