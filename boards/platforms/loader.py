"""How a bitstream gets into a board."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Loader:
    """How a bitstream gets into a board.

    Attributes
    ----------
    usb
        Vendor and product of what the board answers with on USB, as Linux writes them.
    name
        What openFPGALoader calls the board; empty where the board is a drive that the bitstream is copied to.
    volatile
        The chip itself can be loaded, which forgets when power goes; otherwise a bitstream goes into the flash.
    boot_loader
        What answers is a boot loader (USB DFU) that has to be called first.
    drive
        Label of that drive.
    interface
        Number of the USB interface that is the serial line, where others are serial ports as well.
    """

    usb: tuple[str, str]
    name: str = ""
    volatile: bool = True
    boot_loader: bool = False
    drive: str = ""
    interface: int | None = None

    @property
    def udev_rule(self) -> str:
        """Rule that lets whoever sits at the computer use the board: what programs it and its serial port."""
        vendor, product = self.usb
        ids = f'ATTRS{{idVendor}}=="{vendor}", ATTRS{{idProduct}}=="{product}"'
        return f'SUBSYSTEM=="usb|tty|hidraw", {ids}, TAG+="uaccess"'
