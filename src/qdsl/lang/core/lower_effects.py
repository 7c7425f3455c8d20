"""What a piece of a typed tree does beside having a value: what it assigns, how it may be left, what it uses.

In: a node. Out: its `Effect`, or the variables that a function takes from around it. Both are remembered by node, so
that asking at every level of a deep tree costs one walk.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields

from qdsl.lang.names.order import strongly_connected
from qdsl.lang.typed import tree as typed

Node = typed.Expr | typed.Statement


@dataclass(frozen=True, slots=True)
class Effect:
    """`assigns`: variables that may change. `breaks`, `returns`: whether it may leave a loop or function around it."""

    assigns: frozenset[typed.Variable] = frozenset()
    breaks: bool = False
    returns: bool = False

    @property
    def leaves(self) -> bool:
        return self.breaks or self.returns


NO_EFFECT = Effect()


class Effects:
    """The effects of the nodes asked about."""

    def __init__(self) -> None:
        self.known: dict[Node, Effect] = {}

    def of(self, node: Node) -> Effect:
        if node not in self.known:
            self.known[node] = self._find(node)
        return self.known[node]

    def _find(self, node: Node) -> Effect:
        match node:
            case typed.Lambda():
                return NO_EFFECT
            case typed.Break():
                return Effect(breaks=True)
        below = [effect for child in children(node) if (effect := self.of(child)) is not NO_EFFECT]
        assigns = frozenset().union(*(effect.assigns for effect in below))
        if isinstance(node, typed.Assign | typed.SetIndex):
            assigns |= {node.variable}
        returns = isinstance(node, typed.Return) or any(effect.returns for effect in below)
        match node:
            case typed.While():
                breaks = False
            case typed.For(iterable=iterable):
                breaks = self.of(iterable).breaks
            case _:
                breaks = any(effect.breaks for effect in below)
        return Effect(assigns, breaks, returns) if assigns or breaks or returns else NO_EFFECT


def always_leaves(node: Node | None) -> bool:
    """Whether control never comes out at its end."""
    match node:
        case typed.Return() | typed.Break():
            return True
        case typed.Evaluate(value=value) | typed.Let(value=value) | typed.Assign(value=value):
            return always_leaves(value)
        case typed.Block(statements=statements, value=value):
            return any(map(always_leaves, statements)) or always_leaves(value)
        case typed.If(condition=condition, then=then, otherwise=otherwise):
            return always_leaves(condition) or (always_leaves(then) and always_leaves(otherwise))
        case _:
            return False


class Captures:
    """The variables that functions take from around them, in the order of their first use."""

    def __init__(self) -> None:
        self.known: dict[typed.Function | typed.Lambda, tuple[typed.Variable, ...]] = {}

    def of(self, function: typed.Function | typed.Lambda) -> tuple[typed.Variable, ...]:
        """For a lambda its free variables; for both, the session's variables used here or in a function called."""
        if function not in self.known:
            if isinstance(function, typed.Lambda):
                free = _without_bound(function.body, self._used([function.body]))
                self.known[function] = tuple(each for each in free if each not in function.parameters)
            else:
                self._learn(function)
        return self.known[function]

    def of_expression(self, node: Node, given: Collection[object] = ()) -> tuple[typed.Variable, ...]:
        """The variables from outside that an expression uses, but for those inside nodes whose values are given."""
        return tuple(_without_bound(node, self._used([node], given)))

    def _learn(self, function: typed.Function) -> None:
        """What it uses and all that it calls, callees first; functions that call each other use the same."""
        said: dict[typed.Function, dict[typed.Variable, None]] = {}
        called: dict[typed.Function, list[typed.Function]] = {}
        waiting = [function]
        while waiting:
            each = waiting.pop()
            if each not in said:
                said[each], callees = self._said([] if each.body is None else [each.body])
                called[each] = [callee for callee in callees if callee not in self.known]
                waiting += called[each]
                for callee in callees:
                    said[each].update(dict.fromkeys(self.known.get(callee, ())))
        for group in strongly_connected(called):
            used = {variable: None for each in group for variable in said[each] if variable.is_global}
            for each in group:
                for callee in called[each]:
                    used.update(dict.fromkeys(self.known.get(callee, ())))
            self.known.update(dict.fromkeys(group, tuple(used)))

    def _used(self, nodes: list[Node], given: Collection[object] = ()) -> list[typed.Variable]:
        """The variables used in these nodes, and the global ones used by the functions that they call."""
        used, callees = self._said(nodes, given)
        for callee in callees:
            used.update(dict.fromkeys(self.of(callee)))
        return list(used)

    def _said(
        self, nodes: list[Node], given: Collection[object] = ()
    ) -> tuple[dict[typed.Variable, None], dict[typed.Function, None]]:
        """The variables and the functions that these nodes name, in order."""
        used: dict[typed.Variable, None] = {}
        callees: dict[typed.Function, None] = {}
        for each in (each for node in nodes for each in walk(node, given)):
            if isinstance(each, typed.Local):
                if each.variable.value is None:
                    used[each.variable] = None
                else:
                    used.update(dict.fromkeys(self.of_expression(each.variable.value)))
            elif isinstance(each, (typed.Call, typed.FunctionValue)):
                callees[each.function] = None
        return used, callees


def _without_bound(node: Node, used: list[typed.Variable]) -> Iterator[typed.Variable]:
    bound = set(bound_in(node))
    return (variable for variable in used if variable not in bound)


def bound_in(node: Node) -> Iterator[typed.Variable]:
    """The variables that a piece of the tree binds."""
    for each in walk(node):
        match each:
            case typed.Let(variable=variable) | typed.For(variable=variable) | typed.Comprehension(variable=variable):
                yield variable
            case typed.Lambda(parameters=parameters):
                yield from parameters


def walk(node: Node, given: Collection[object] = ()) -> Iterator[Node]:
    """The node and all below it, without those of the functions called and those `given`."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if each in given:
            continue
        yield each
        waiting.extend(reversed(children(each)))


def children(node: Node) -> list[Node]:
    """The nodes directly below, in the order in which they are evaluated where that is one."""
    below: list[Node] = []
    for name in _field_names(type(node)):
        _collect(getattr(node, name), below)
    return below


def _collect(value: object, below: list[Node]) -> None:
    if isinstance(value, typed.Expr | typed.Statement):
        below.append(value)
    elif isinstance(value, tuple):
        for each in value:
            _collect(each, below)


_NAMES: dict[type[Node], tuple[str, ...]] = {}


def _field_names(kind: type[Node]) -> tuple[str, ...]:
    if kind not in _NAMES:
        plain = {"span", "type", "display", "variable", "parameters", "mapped", "operators", "name"}
        _NAMES[kind] = tuple(each.name for each in fields(kind) if each.name not in plain)
    return _NAMES[kind]
