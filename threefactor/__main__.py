"""Run the command line as ``python -m threefactor``."""

from __future__ import annotations

from threefactor.cli import main

if __name__ == "__main__":
    main()
