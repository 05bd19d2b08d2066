"""Latencies of the gateware's pipelines in clock cycles: rtl builds them, golden/cycles counts them.

Nothing here changes a result. Each stands between an event and the register or memory output that follows from it.
"""

from __future__ import annotations

# A projection (rtl/projection.py): stages of a word, counted from its issue.
ACCUMULATOR_READ = 2  # reads its accumulators
WEIGHTS_READ = 3  # has its weights, which have registers before and behind their memory
ACCUMULATOR_WRITTEN = 4  # writes its accumulators
UPDATE = 3  # from weights to updated weights (rtl/plasticity.py)
WORD = WEIGHTS_READ + UPDATE  # writes its weights, and is gone

BLOCKING = ACCUMULATOR_WRITTEN - ACCUMULATOR_READ
"""So many words that were issued before keep a word off their accumulators."""

DRAIN = 1 + ACCUMULATOR_READ + 1
"""From the wish for a word of accumulators, which a register takes over, to its arrival."""

# A tick (rtl/neuron.py, rtl/population.py).
NEURON = 4  # from the state of a neuron to the next
TICK = 1 + NEURON  # from the issue of a word of neurons, which reads its memories, to its spikes

# A broadcast (rtl/modulators.py).
LEARNING_SIGNAL = 6  # from the issue of a word of neurons to its gated learning signal
BROADCAST = 1 + LEARNING_SIGNAL + 1  # beyond a cycle a word: until it runs, and until its last word is written

CLASS_SUM = DRAIN + 2
"""Cycles of a class beyond one a readout neuron (rtl/readout.py): its last value is selected, and its sum offered."""

PROTOTYPE = 1
"""What prototypes add to that: a potential is compared with its threshold (rtl/prototypes.py)."""

HOST_WINDOW = 5
"""From the selection of an element to its value (rtl/memory.py)."""

HOST_ACCESS = 1 + HOST_WINDOW + 1
"""The same from the processor, which has registers before and behind the windows (rtl/processor.py)."""
