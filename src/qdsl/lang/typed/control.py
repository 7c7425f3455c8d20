"""Rules for blocks, branches, loops and the other statements."""

from __future__ import annotations

from qdsl.lang.names import Kind
from qdsl.lang.source import Span
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.annotations import annotated
from qdsl.lang.typed.arrays import index_of
from qdsl.lang.typed.checker import NO_REASON, Checker, Reason, rule
from qdsl.lang.typed.loops import loop_variable
from qdsl.lang.typed.scheme import is_generic
from qdsl.lang.typed.space_declarations import refined
from qdsl.lang.typed.types import BOOL, BROKEN, INT, NEVER, NOTHING, Type, pruned
from qdsl.lang.typed.unification import element_of


@rule(surface.Block)
def block(c: Checker, node: surface.Block, expected: Type | None) -> typed.Expr:
    return block_of(c, node, expected)


def block_of(c: Checker, node: surface.Block, expected: Type | None = None) -> typed.Block:
    """Statements; the value is that of a last expression."""
    statements: list[typed.Statement] = []
    for each in node.statements[:-1]:
        statements.extend(statement(c, each))
    last = node.statements[-1] if node.statements else None
    if isinstance(last, surface.ExpressionStatement):
        value = c.expr(last.value, expected)
        return typed.Block(node.span, value.type, tuple(statements), value, display=value.display)
    if last is not None:
        statements.extend(statement(c, last))
    ends = isinstance(last, surface.Return)
    return typed.Block(node.span, NEVER if ends else NOTHING, tuple(statements), None)


@rule(surface.If)
def if_(c: Checker, node: surface.If, expected: Type | None) -> typed.Expr:
    test = condition(c, node.condition, "if")
    then = block_of(c, node.then, expected)
    if node.otherwise is None:
        type_ = NOTHING
        return typed.If(node.span, type_, test, then, None)
    other = c.expr(node.otherwise, expected)
    return _branches(c, node, test, then, other, expected)


def _branches(
    c: Checker, node: surface.If, test: typed.Expr, then: typed.Block, other: typed.Expr, expected: Type | None
) -> typed.Expr:
    kinds = pruned(then.type), pruned(other.type)
    if NOTHING in kinds or BROKEN in kinds:
        return typed.If(node.span, BROKEN if BROKEN in kinds else NOTHING, test, then, other)
    if NEVER in kinds:
        type_ = other.type if kinds[0] is NEVER else then.type
        return typed.If(node.span, type_, test, then, other, display=then.display)
    first, second = ending(then), ending(other)
    joined = _joined_branches(c, first, second)
    if joined is None:
        if not _report_misfit(c, first, second, expected):
            _report_difference(c, node, first, second)
        return c.broken(node.span)
    set_ending(then, joined[0])
    other = set_ending(other, joined[1])
    type_ = _of_either_length(joined[0].type, joined[1].type)
    return typed.If(node.span, type_, test, then, other, display=then.display)


def _joined_branches(c: Checker, first: typed.Expr, second: typed.Expr) -> tuple[typed.Expr, typed.Expr] | None:
    """Both branches as one type."""
    as_second = c.convert(second, first.type)
    if as_second is not None:
        return first, as_second
    as_first = c.convert(first, second.type)
    return None if as_first is None else (as_first, second)


def _report_misfit(c: Checker, first: typed.Expr, second: typed.Expr, expected: Type | None) -> bool:
    """Whether a message was given on the branches that are not what is expected, as far as that is known."""
    if expected is None or isinstance(pruned(expected), types.TypeVar) or is_generic(expected):
        return False
    misfits = [value for value in (first, second) if c.convert(value, expected) is None]
    for value in misfits:
        right = second if value is first else first
        c.fit(value, expected, NO_REASON if len(misfits) == 2 else Reason(right.span, "the other branch"))
    return bool(misfits)


def _report_difference(c: Checker, node: surface.If, first: typed.Expr, second: typed.Expr) -> None:
    """The second branch is no more than other than the first."""
    match element_of(first.type)[0], element_of(second.type)[0]:
        case types.Real(a), types.Real(b) if not c.same_dimension(a, b, node.span):
            c.report(c.wrong_dimension(second.span, b, a, Reason(first.span, "the other branch")))
        case _:
            found = types.resolved(first.type), types.resolved(second.type)
            c.report(c.errors.branches_differ(first.span, found[0], second.span, found[1]))


def _of_either_length(first: Type, second: Type) -> Type:
    """The type of one branch without the lengths that the other does not have."""
    element, shape = element_of(first)
    other = element_of(second)[1]
    if shape is None or other is None or shape == other:
        return first
    return types.Array(element, tuple(m if m == n else None for m, n in zip(shape, other, strict=True)))


def ending(value: typed.Expr) -> typed.Expr:
    """The expression that a block ends with; of anything else, itself."""
    return value.value if isinstance(value, typed.Block) and value.value is not None else value


def set_ending(value: typed.Expr, converted: typed.Expr) -> typed.Expr:
    """The block with its ending converted; of anything else, what it was converted to."""
    if not isinstance(value, typed.Block) or value.value is None:
        return converted
    value.value, value.type = converted, converted.type
    return value


def condition(c: Checker, node: surface.Expr, word: str) -> typed.Expr:
    value = c.expr(node, BOOL)
    if not c.unify(value.type, BOOL, node.span):
        c.report(c.errors.condition(node.span, types.resolved(value.type), word))
    return value


def asserted(c: Checker, node: surface.Expr) -> typed.Expr:
    """What `assert` claims: a truth value, or an array of them that all have to be true."""
    value = c.expr(node, BOOL)
    element, shape = element_of(value.type)
    every = c.resolved.scope.value("all")
    if element is BOOL and shape is not None and len(shape) == 1 and every is not None and every.entity:
        return typed.Call(node.span, BOOL, every.entity[0], (value,), (False,))
    if pruned(value.type) not in (BOOL, BROKEN):
        c.report(c.errors.condition(node.span, types.resolved(value.type), "assert"))
    return value


# ── statements ───────────────────────────────────────────────────────────────────────────────────────────────────


def statement(c: Checker, node: surface.Item) -> list[typed.Statement]:
    """A statement inside a block; what was broken gives none."""
    match node:
        case surface.Let() | surface.Var():
            return [bind(c, node)]
        case surface.Assign():
            return assign(c, node)
        case surface.ExpressionStatement(value=value):
            return [typed.Evaluate(node.span, c.expr(value))]
        case surface.For(name=name, iterable=iterable, body=body):
            loop = loop_variable(c, name, iterable)
            return [typed.For(node.span, loop.variable, loop.iterable, loop.before(block_of(c, body)))]
        case surface.While(condition=test, body=body):
            return [typed.While(node.span, condition(c, test, "while"), block_of(c, body))]
        case surface.Break():
            return [typed.Break(node.span)]
        case surface.Return(value=value):
            return [return_(c, node, value)]
        case surface.Assert(condition=test):
            return [typed.Assert(node.span, asserted(c, test), test.span.text)]
        case _:
            return []


def bind(c: Checker, node: surface.Let | surface.Var, is_global: bool = False) -> typed.Let:
    """`let x = e`, `var x: T = e`."""
    declared = annotated(c, node.type) if node.type is not None else None
    value = c.expr(node.value, declared)
    if declared is not None and node.type is not None:
        value = c.fit(value, declared, Reason(node.type.span, "declared here"))
    elif pruned(value.type) is NOTHING:
        c.report(c.errors.no_value(node.value.span, "this", ""))
        value = c.broken(node.value.span)
    type_ = value.type if declared is None else refined(declared, value.type)
    if isinstance(node, surface.Var) and isinstance(pruned(type_), types.Function):
        c.report(c.errors.function_in_var(node.name.span, node.name.text))
        type_ = BROKEN
    variable = typed.Variable(
        node.name.text,
        type_,
        node.name.span,
        is_mutable=isinstance(node, surface.Var),
        is_global=is_global,
        display=value.display,
    )
    c.note(variable)
    c.settle_let(variable)
    if not variable.is_mutable:
        c.products.let(variable, node.value)
    symbol = c.symbol(node.name)
    if symbol is not None:
        symbol.entity = variable
    return typed.Let(node.span, variable, value)


def assign(c: Checker, node: surface.Assign) -> list[typed.Statement]:
    """`x = e`, `v[i] = e`."""
    target = node.target
    base = target.value if isinstance(target, surface.Index) else target
    symbol = c.symbol(base)
    value = c.expr(node.value)
    if symbol is None or symbol.kind is not Kind.VAR or not isinstance(symbol.entity, typed.Variable):
        return []
    variable = symbol.entity
    if isinstance(target, surface.Index):
        return _set_index(c, node, target, variable, value)
    type_ = types.resolved(value.type)
    if pruned(variable.type) is INT and isinstance(type_, types.Real):
        c.report(c.errors.variable_is_int(value.span, type_, variable.name, variable.span, _literal(symbol.node)))
        return []
    reason = Reason(variable.span, f"`{variable.name}` began so")
    fitted = c.fit(value, variable.type, reason)
    _widen(variable, fitted.type)
    return [typed.Assign(node.span, variable, fitted)]


def _widen(variable: typed.Variable, type_: Type) -> None:
    """`H = H + Z(r[k])`: from here on, H acts on that space too."""
    own, further = pruned(variable.type), pruned(type_)
    if isinstance(own, types.Operator) and isinstance(further, types.Operator):
        variable.type = types.Operator(own.dimension, own.places | further.places)


def _literal(node: surface.Node | None) -> Span | None:
    """The Int literal that a `var` began with, to which `.0` can be added."""
    if isinstance(node, surface.Var) and isinstance(node.value, surface.Number):
        return node.value.span
    return None


def _set_index(
    c: Checker, node: surface.Assign, target: surface.Index, variable: typed.Variable, value: typed.Expr
) -> list[typed.Statement]:
    element, shape = element_of(variable.type)
    if shape is None:
        if element is not BROKEN:
            c.report(c.errors.not_indexable(target.value.span, types.resolved(variable.type)))
        return []
    if any(isinstance(each, surface.Slice) for each in target.indices):
        c.report(c.errors.slice_assigned(target.span))
        return []
    if len(target.indices) != len(shape):
        c.report(c.errors.index_count(target.span, len(shape)))
        return []
    indices = tuple(
        index_of(c, each, length)
        for each, length in zip(target.indices, shape, strict=True)
        if isinstance(each, surface.Expr)
    )
    converted = c.fit(value, element, Reason(variable.span, f"the elements of `{variable.name}`"))
    return [typed.SetIndex(node.span, variable, indices, converted)]


def return_(c: Checker, node: surface.Return, value: surface.Expr | None) -> typed.Return:
    """What a `return` gives has to fit the declared result; where none is declared, the end of the body sees to it."""
    body = c.bodies[-1] if c.bodies else None
    if value is None:
        c.report(c.errors.no_value(node.span, "this `return`", "write the result of the function behind it"))
        return typed.Return(node.span, None)
    result = c.expr(value, body.result if body else None)
    if body is not None and body.result is not None:
        result = c.fit(result, body.result, Reason(body.declared, "declared here"))
    returned = typed.Return(node.span, result)
    if body is not None:
        body.returns.append(returned)
    return returned
