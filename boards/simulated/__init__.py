"""A whole board in simulation: its top between simulated pins, and a serial line to it."""
