"""Blocks, branches and loops: assignments become SSA values, early exits become structure.

    var y = x                              %y = while %x { .. } { .. }      what a region assigns, it yields
    while y > 1 { y = y / 2 }        =>

    if x < 0 { return 0 }                  %r = if (lt x 0) { yield 0 } else { <rest>; yield .. }
    <rest>                           =>

    for i in range(n) {                    %i, %go, %y = while .. { i < n and go } {
        if done(i) { break }         =>        if done(i) { yield i, false, y } else { <rest>; yield i + 1, true, y' }
        <rest>                             }
    }

A statement that may leave takes what follows it (`rest`) inside: into the one branch that goes on, or, where both may
go on, into an `if` behind it that asks how it was left. Code without early exits has no flags.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from qdsl.lang.core.builder import Values
from qdsl.lang.core.gather import gathered, is_evolution
from qdsl.lang.core.ir import BOOL, INT, Code, Value
from qdsl.lang.core.layout import core_types
from qdsl.lang.core.lower_arrays import over
from qdsl.lang.core.lower_body import Body, rule
from qdsl.lang.core.lower_effects import always_leaves
from qdsl.lang.core.lower_fence import NO_FRAME, Fence, Frame, Rest, no_exit
from qdsl.lang.core.lower_hoist import hoisted, with_condition_inside
from qdsl.lang.core.lower_steps import tells_space
from qdsl.lang.core.lower_values import NOTHING, Data
from qdsl.lang.report import InternalError
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.places import is_staged


def function_results(body: Body, node: typed.Expr) -> Values:
    """The core values that a function with this body gives back."""

    def returned(data: Data) -> Values:
        return body.conform(data, body.result).values

    return _arm(body, node, Frame(body.types_of(body.result, node.span), returned, no_exit, returned))


# ── sequences of statements ──────────────────────────────────────────────────────────────────────────────────────


def sequence(body: Body, statements: Sequence[typed.Statement], value: typed.Expr | None, frame: Frame) -> Values:
    """Lower statements and then a value; what the region yields."""
    effects = body.program.effects
    for place, each in enumerate(statements):
        with body.b.at(each.span):
            match each:
                case typed.Let() if is_evolution(each) and (found := gathered(each, statements[place + 1 :], value)):
                    statement(body, found[0])
                    return sequence(body, *found[1], frame)
                case typed.Return(value=result) if result is None or not effects.of(result).leaves:
                    return frame.returned(NOTHING if result is None else body.expr(result))
                case typed.Break():
                    return frame.broke()
                case _ if effects.of(each).leaves:
                    return _leaving(body, each, frame, partial(sequence, body, statements[place + 1 :], value, frame))
                case _:
                    statement(body, each)
    if value is None:
        return frame.finish(NOTHING)
    if effects.of(value).leaves:
        return _leaving_value(body, value, frame)
    return frame.finish(body.expr(value))


def _leaving(body: Body, node: typed.Statement, frame: Frame, rest: Callable[[], Values]) -> Values:
    """A statement that may leave the region, and what follows it."""
    match node:
        case typed.Evaluate(value=typed.If() | typed.Block() as value):
            return branch(body, value, frame, lambda _: rest())
        case (
            typed.Let(variable=variable, value=typed.If() | typed.Block() as value)
            | typed.Assign(variable=variable, value=typed.If() | typed.Block() as value)
        ):

            def bound(data: Data) -> Values:
                body.bind(variable, data)
                return rest()

            return branch(body, value, frame, bound)
        case typed.For() if not body.program.effects.of(node.iterable).leaves:
            return _leaving_loop(body, node, frame, rest)
        case typed.While() if not body.program.effects.of(node.condition).leaves:
            return _leaving_loop(body, node, frame, rest)
        case typed.While():
            return _leaving(body, with_condition_inside(node), frame, rest)
        case _:
            first, then = hoisted(node, body.program.effects)
            return _leaving(body, first, frame, lambda: sequence(body, [then], None, _going_on(frame, rest)))


def _going_on(frame: Frame, rest: Callable[[], Values]) -> Frame:
    return replace(frame, finish=lambda _: rest())


def _leaving_value(body: Body, value: typed.Expr, frame: Frame) -> Values:
    """A value in which there is an exit, at the end of a region."""
    if isinstance(value, typed.If | typed.Block):
        return branch(body, value, frame, frame.finish)
    result = typed.Variable("value", value.type)
    local = typed.Local(value.span, value.type, result)
    return sequence(body, [typed.Let(value.span, result, value)], local, frame)


def branch(body: Body, node: typed.If | typed.Block, frame: Frame, rest: Rest) -> Values:
    """A block or an `if` that may leave, and what follows it."""
    if isinstance(node, typed.Block):
        return sequence(body, node.statements, node.value, replace(frame, finish=rest))
    if body.program.effects.of(node.condition).leaves:
        test = typed.Variable("test", types.BOOL)
        asked = replace(node, condition=typed.Local(node.condition.span, types.BOOL, test))
        first = typed.Let(node.condition.span, test, node.condition)
        return _leaving(body, first, frame, lambda: branch(body, asked, frame, rest))
    condition = body.expr(node.condition).value
    if always_leaves(node.then) or (node.otherwise is not None and always_leaves(node.otherwise)):
        inner = replace(frame, finish=rest)
        return body.if_(condition, *_arms(body, node, inner), frame.types)
    fence = Fence.around(body, node, node.type, frame)
    return fence.leave(body.if_(condition, *_arms(body, node, fence.frame()), fence.types), rest)


def _arms(body: Body, node: typed.If, frame: Frame) -> tuple[Callable[[], Values], Callable[[], Values]]:
    return (lambda: _arm(body, node.then, frame)), (lambda: _arm(body, node.otherwise, frame))


def _arm(body: Body, node: typed.Expr | None, frame: Frame) -> Values:
    if isinstance(node, typed.Block):
        return sequence(body, node.statements, node.value, frame)
    return sequence(body, (), node, frame)


@rule(typed.If)
def if_(body: Body, node: typed.If) -> Data:
    """An `if` that is not left early."""
    condition = body.expr(node.condition).value
    fence = Fence.around(body, node, node.type, NO_FRAME)
    values = body.if_(condition, *_arms(body, node, fence.frame()), fence.types)
    count = len(core_types(node.type))
    body.rebind(fence.variables, values[count:])
    return Data(node.type, values[:count])


@rule(typed.Block)
def block(body: Body, node: typed.Block) -> Data:
    """A block that is not left early."""
    for place, each in enumerate(node.statements):
        if is_evolution(each):
            assert isinstance(each, typed.Let)
            found = gathered(each, node.statements[place + 1 :], node.value)
            if found is not None:
                statement(body, found[0])
                return block(body, typed.Block(node.span, node.type, *found[1]))
        with body.b.at(each.span):
            statement(body, each)
    return NOTHING if node.value is None else body.expr(node.value)


# ── statements that go on ────────────────────────────────────────────────────────────────────────────────────────


def statement(body: Body, node: typed.Statement) -> None:
    """A statement that is not left early."""
    match node:
        case typed.Let(variable=variable, value=value):
            _let(body, variable, value)
        case typed.Assign(variable=variable, value=value):
            body.bind(variable, body.bound(value))
        case typed.SetIndex():
            _set_index(body, node)
        case typed.Evaluate(value=value):
            body.bound(value)
        case typed.While(condition=condition) if body.program.effects.of(condition).breaks:
            statement(body, with_condition_inside(node))
        case typed.For() | typed.While() if body.program.effects.of(node.body).breaks:
            _leaving_loop(body, node, NO_FRAME, lambda: ())
        case typed.For():
            _for(body, node)
        case typed.While():
            _while(body, node)
        case typed.Assert(condition=condition, text=text):
            body.check(body.expr(condition).value, Code.ASSERTION, f"not true: {text}")
        case _:
            raise InternalError(f"{type(node).__name__} is no statement that goes on")


def _let(body: Body, variable: typed.Variable, value: typed.Expr) -> None:
    if variable.is_mutable:
        body.bind(variable, body.bound(value))
    else:
        body.bind(variable, body.bound(value))
        body.definitions[variable] = value


def _set_index(body: Body, node: typed.SetIndex) -> None:
    array = body.data(node.variable)
    indices = [body.expr(each).value for each in node.indices]
    element = body.expr(node.value)
    values = [body.b.set(each, indices, new) for each, new in zip(array.values, element.values, strict=True)]
    body.bind(node.variable, Data(array.type, tuple(values)))


# ── loops ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _for(body: Body, node: typed.For) -> None:
    if _makes_staged(body, node):
        _step_by_step(body, node)
        return
    low, high, start = over(body, node.variable, node.iterable)
    fence = Fence.around(body, node, types.NOTHING, NO_FRAME)

    def step(i: Value, *carried: Value) -> Values:
        body.rebind(fence.variables, carried)
        start(i)
        return _arm(body, node.body, fence.frame())

    initial = body.values_of(fence.variables)
    body.rebind(fence.variables, body.b.for_(low, high, initial, body.region(step), fence.types))


def _makes_staged(body: Body, node: typed.For) -> bool:
    """Whether which operators there are depends on the step: then each is written out."""
    if any(is_staged(each.type) for each in body.program.effects.of(node.body).assigns) or is_staged(
        node.variable.type
    ):
        return True
    return tells_space(node.body, node.variable)


def _step_by_step(body: Body, node: typed.For) -> None:
    for value in body.static_steps(node.iterable):
        if isinstance(value, Data):
            body.bind(node.variable, value)
        else:
            body.variables[node.variable] = value
        body.expr(node.body)


def _while(body: Body, node: typed.While) -> None:
    fence = Fence.around(body, node, types.NOTHING, NO_FRAME)

    def condition(*carried: Value) -> Values:
        body.rebind(fence.variables, carried)
        return body.expr(node.condition).values

    def step(*carried: Value) -> Values:
        body.rebind(fence.variables, carried)
        return _arm(body, node.body, fence.frame())

    initial = body.values_of(fence.variables)
    results = body.b.while_(initial, body.region(condition), body.region(step), fence.types)
    body.rebind(fence.variables, results)


def _leaving_loop(body: Body, node: typed.For | typed.While, frame: Frame, rest: Callable[[], Values]) -> Values:
    """A loop with `break` or `return`: a `while` that also carries its counter and whether it goes on."""
    counter = Counter.of(body, node)
    fence = Fence.around(body, node, types.NOTHING, frame)
    count = len(counter.first) + 1

    def condition(*state: Value) -> Values:
        body.rebind(fence.variables, state[count:])
        return (counter.goes_on(state[count - 1], state),)

    def step(*state: Value) -> Values:
        body.rebind(fence.variables, state[count:])
        counter.start(state)

        def stopped(values: Values) -> Values:
            return (*state[: count - 1], body.constant(False), *values)

        inner = Frame(
            kinds,
            lambda _: (*counter.next(state), body.constant(True), *fence.finish(NOTHING)),
            lambda: stopped(fence.finish(NOTHING)),
            lambda data: stopped(fence.returned(data)),
        )
        return _arm(body, node.body, inner)

    kinds = (*(INT for _ in counter.first), BOOL, *fence.types)
    initial = (*counter.first, body.constant(True), *fence.finish(NOTHING))
    state = body.b.while_(initial, body.region(condition), body.region(step), kinds)
    return fence.leave(state[count:], lambda _: rest())


@dataclass(frozen=True, slots=True)
class Counter:
    """What makes a `while` of either loop: a `for` counts from `first`, a `while` asks its condition."""

    body: Body
    first: Values
    goes_on: Callable[[Value, Values], Value]
    start: Callable[[Values], None]

    @staticmethod
    def of(body: Body, node: typed.For | typed.While) -> Counter:
        if isinstance(node, typed.While):
            return Counter(body, (), lambda flag, _: _asked(body, flag, node.condition), lambda _: None)
        low, high, start = over(body, node.variable, node.iterable)

        def below(flag: Value, state: Values) -> Value:
            return body.b.op("and", flag, body.b.op("ilt", state[0], high))

        return Counter(body, (low,), below, lambda state: start(state[0]))

    def next(self, state: Values) -> Values:
        """The counter of the next step; it is below the end, so it does not overflow."""
        return tuple(self.body.b.op("wadd", at, self.body.constant(1)) for at in state[: len(self.first)])


def _asked(body: Body, flag: Value, condition: typed.Expr) -> Value:
    """The loop's condition, which is not computed any more once the loop was left."""
    (answer,) = body.if_(flag, lambda: body.expr(condition).values, lambda: (body.constant(False),), (BOOL,))
    return answer
