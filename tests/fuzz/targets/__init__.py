"""One module for every reader: its ``read`` gets content and a folder of its own, and refuses with ``REFUSALS``."""
