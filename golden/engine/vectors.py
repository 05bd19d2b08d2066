"""Vector instructions of the engine, on blocks of 16 columns: sums of rows and updates of weights.

Numba's own loops over rows lose most of their time around the vectors: they ask at run time whether arrays overlap,
treat what is left over of a row apart, and widen every sum. So these few are written in LLVM's vectors, which it makes
into whatever the processor has. Arrays are contiguous, rows are whole blocks, and nothing is checked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 16
GROUP = 8  # rows that are summed in 16 bits at once
_I16, _I32, _I64 = ir.IntType(16), ir.IntType(32), ir.IntType(64)


class _Block:
    """Writes the code of an intrinsic: whole vectors of the arrays among its arguments."""

    def __init__(self, context: Any, builder: Any, signature: Any, arguments: Sequence[Any]) -> None:
        self.builder = builder
        arrays = [(place, kind) for place, kind in enumerate(signature.args) if isinstance(kind, types.Array)]
        self.elements = {place: ir.IntType(kind.dtype.bitwidth) for place, kind in arrays}
        self._arrays = {place: context.make_array(kind)(context, builder, arguments[place]) for place, kind in arrays}
        self.nothing = context.get_dummy_value()

    def start(self, argument: int, row: Any = None) -> Any:
        """Address of the first item of an array, or of a row of a matrix."""
        array = self._arrays[argument]
        return (
            array.data if row is None else self.builder.gep(array.data, [self.builder.mul(row, self.width(argument))])
        )

    def width(self, argument: int) -> Any:
        """Columns of a matrix."""
        return cgutils.unpack_tuple(self.builder, self._arrays[argument].shape)[1]

    def _place(self, start: Any, column: Any, element: Any) -> Any:
        return self.builder.bitcast(self.builder.gep(start, [column]), ir.VectorType(element, LANES).as_pointer())

    def load(self, start: Any, column: Any, element: Any) -> Any:
        """Vector of the items from a column on."""
        return self.builder.load(self._place(start, column, element), align=element.width // 8)

    def store(self, value: Any, start: Any, column: Any) -> None:
        """Write a vector to the items from a column on."""
        element = value.type.element
        self.builder.store(value, self._place(start, column, element), align=element.width // 8)

    def wide(self, vector: Any, element: Any) -> Any:
        """Vector with items of another type, which is not narrower."""
        if vector.type.element == element:
            return vector
        return self.builder.sext(vector, ir.VectorType(element, LANES))

    def splat(self, value: Any, element: Any) -> Any:
        """Vector of equal items; a 64-bit value is cut to their width."""
        undefined = ir.Constant(ir.VectorType(element, LANES), ir.Undefined)
        first = self.builder.insert_element(undefined, self.builder.trunc(value, element), ir.Constant(_I32, 0))
        return self.builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(_I32, LANES), [0] * LANES))

    def summed(self, vectors: Sequence[Any]) -> Any:
        """Sum in pairs, so that no addition waits for all others."""
        while len(vectors) > 1:
            vectors = [self.builder.add(*vectors[place : place + 2]) for place in range(0, len(vectors), 2)]
        return vectors[0]

    def add_product(self, argument: int, column: Any, summand: Any, factor: Any) -> None:
        """Add summand times factor, a product of 32 bits, to the items of an array from a column on."""
        start, element = self.start(argument), self.elements[argument]
        product = self.wide(self.builder.mul(self.wide(summand, _I32), self.splat(factor, _I32)), element)
        self.store(self.builder.add(self.load(start, column, element), product), start, column)


def _add_rows_code(typing_context: Any, total: Any, weights: Any, rows: Any, first: Any, last: Any, factor: Any) -> Any:
    """Make total[j] += factor * (sum of weights[rows[i], j] over i = first..last-1), eight rows at a time.

    ``total`` is int32 or int64, ``weights`` int16, ``rows`` int32; last - first is a multiple of 8; eight weights must
    add up within 16 bits, and times ``factor`` within 32.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        block, (first, last, factor) = _Block(context, builder, signature, arguments), arguments[3:]
        loop = cgutils.for_range_slice
        with loop(builder, first, last, ir.Constant(_I64, GROUP), intp=_I64) as (group, _):
            starts = []
            for offset in range(GROUP):
                place = builder.gep(block.start(2), [builder.add(group, ir.Constant(_I64, offset))])
                starts.append(block.start(1, builder.sext(builder.load(place), _I64)))
            zero, lanes = ir.Constant(_I64, 0), ir.Constant(_I64, LANES)
            with loop(builder, zero, block.width(1), lanes, intp=_I64) as (column, _):
                summed = block.summed([block.load(start, column, _I16) for start in starts])
                block.add_product(0, column, summed, factor)
        return block.nothing

    return types.void(total, weights, rows, *3 * [types.int64]), generate


def _add_block_code(typing_context: Any, total: Any, weights: Any, row: Any, column: Any, factor: Any) -> Any:
    """Make total[j] += factor * weights[row, j] for the 16 columns from ``column``; types as in :data:`add_rows`."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        block, (row, column, factor) = _Block(context, builder, signature, arguments), arguments[2:]
        block.add_product(0, column, block.load(block.start(1, row), column, _I16), factor)
        return block.nothing

    return types.void(total, weights, *3 * [types.int64]), generate


def _update_block_code(
    typing_context: Any,
    weights: Any,
    gated: Any,
    masks: Any,
    row: Any,
    column: Any,
    exists: Any,
    pre: Any,
    draw: Any,
    shift: Any,
    limit: Any,
) -> Any:
    """Update 16 weights of a row from ``column``: w = clamp(w + ((x g + ((r ^ mask) mod 2^s)) >> s), -limit, limit).

    ``exists`` has bit j set where column + j has a synapse. The type of ``gated``, int16 or int32, is that of the
    arithmetic; ``weights`` and ``masks`` are int16.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        block = _Block(context, builder, signature, arguments)
        row, column, exists, pre, draw, shift, limit = arguments[3:]
        start, element, one = block.start(0, row), block.elements[1], ir.Constant(_I64, 1)
        low = builder.sub(builder.shl(one, shift), one)
        dither = builder.xor(block.wide(block.load(block.start(2), column, _I16), element), block.splat(draw, element))
        dither = builder.and_(dither, block.splat(low, element))
        product = builder.mul(block.load(block.start(1), column, element), block.splat(pre, element))
        change = builder.ashr(builder.add(product, dither), block.splat(shift, element))
        weight = builder.add(block.wide(block.load(start, column, _I16), element), change)
        for order, value in (("<", limit), (">", builder.neg(limit))):
            bound = block.splat(value, element)
            weight = builder.select(builder.icmp_signed(order, weight, bound), weight, bound)
        if element.width > _I16.width:
            weight = builder.trunc(weight, ir.VectorType(_I16, LANES))
        present = builder.bitcast(builder.trunc(exists, _I16), ir.VectorType(ir.IntType(1), LANES))
        block.store(builder.select(present, weight, ir.Constant(weight.type, [0] * LANES)), start, column)
        return block.nothing

    return types.void(weights, gated, masks, *7 * [types.int64]), generate


add_rows: Any = intrinsic(_add_rows_code)
add_block: Any = intrinsic(_add_block_code)
update_block: Any = intrinsic(_update_block_code)
