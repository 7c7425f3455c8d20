"""Types as text, on one line and without blanks around their signs: `Length/Time^2`. Only the record that a function
gives may take several lines (`printer`).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from fractions import Fraction

from qdsl.lang.report import InternalError
from qdsl.lang.surface.tree import (
    Expr,
    TypeArray,
    TypeExpr,
    TypeField,
    TypeFunction,
    TypeHole,
    TypeName,
    TypeOne,
    TypePower,
    TypeProduct,
    TypeRecord,
)

_FUNCTION, _PRODUCT, _POWER, _ATOM = range(4)


class TypePrinter:
    """Types; the values in them (`[T; n + 1]`, `Fock(20)`) are the subclass's."""

    @abstractmethod
    def value(self, expr: Expr) -> str:
        """An expression on one line."""

    def type(self, type_: TypeExpr, level: int = _FUNCTION) -> str:
        """The text of a type, in brackets if it binds looser than `level`."""
        text, own = self.leveled_type(type_)
        return text if own >= level else f"({text})"

    def leveled_type(self, type_: TypeExpr) -> tuple[str, int]:
        match type_:
            case TypeOne():
                return "1", _ATOM
            case TypeHole():
                return "?", _ATOM
            case TypeName():
                return self.type_name(type_), _ATOM
            case TypeProduct(operator=operator, left=left, right=right):
                return f"{self.type(left, _PRODUCT)}{operator}{self.type(right, _POWER)}", _PRODUCT
            case TypePower(base=base, exponent=exponent):
                return f"{self.type(base, _ATOM)}^{_exponent(exponent)}", _POWER
            case TypeArray(element=element, shape=shape):
                lengths = f"; {self.values(shape)}" if shape else ""
                return f"[{self.type(element)}{lengths}]", _ATOM
            case TypeRecord(fields=fields):
                return f"({self.type_fields(fields)})", _ATOM
            case TypeFunction(parameters=parameters, result=result):
                return f"({', '.join(map(self.type, parameters))}) -> {self.type(result)}", _FUNCTION
            case _:
                raise InternalError(f"no way to print a {type(type_).__name__}")

    def type_name(self, type_: TypeName) -> str:
        name = type_.name.text
        if type_.arguments:
            return f"{name}<{', '.join(map(self.type, type_.arguments))}>"
        if type_.fields:
            return f"{name}({self.type_fields(type_.fields)})"
        values = f"({self.values(type_.values)})" if type_.values else ""
        length = f"[{self.value(type_.length)}]" if type_.length is not None else ""
        return f"{name}{values}{length}"

    def type_fields(self, fields: Iterable[TypeField]) -> str:
        return ", ".join(f"{field.name.text}: {self.type(field.type)}" for field in fields)

    def values(self, values: Iterable[Expr]) -> str:
        return ", ".join(map(self.value, values))


def _exponent(exponent: Fraction) -> str:
    return str(exponent) if exponent.denominator == 1 else f"({exponent})"
