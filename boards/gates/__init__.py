"""The netlist that synthesis makes of a board's design, run as it is: cells of the chip, simulated between the pins."""
