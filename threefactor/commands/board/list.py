"""``threefactor board list``."""

from __future__ import annotations

import click

from boards.host.ports import ports
from threefactor import options
from threefactor.console import emit_json, emit_table, remarks


@click.command("list")
@options.as_json
def command(as_json: bool) -> None:
    """List the serial ports, and which boards each may lead to, as far as USB tells."""
    found = ports()
    if as_json:
        emit_json(
            {
                "ports": [
                    {
                        "port": port.name,
                        "description": port.description,
                        "usb": None if port.usb is None else ":".join(port.usb),
                        "serial_number": port.serial_number,
                        "boards": [board.name for board in port.boards],
                        "baud": port.boards[0].baud if port.boards else None,
                    }
                    for port in found
                ]
            }
        )
        return
    if not found:
        remarks.print("there are no serial ports; plug a board in", soft_wrap=True)
        return
    emit_table(
        ("port", "USB", "what the system calls it", "may be"),
        (
            (
                port.name,
                "" if port.usb is None else ":".join(port.usb),
                port.description,
                ", ".join(board.name for board in port.boards) or "-",
            )
            for port in found
        ),
    )
