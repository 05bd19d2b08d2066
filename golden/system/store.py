"""The one store of build products: each in a folder named by a digest of everything that went into it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

from golden.spec.errors import UserError
from golden.system.running import ToolError
from golden.system.temporary import clear_leftovers, temporary_folder
from golden.system.writing import explained, write_text


def built(folder: Path, name: str, ingredients: Iterable[str | bytes], build: Callable[[Path], None]) -> Path:
    """Return the product ``folder/name-digest``, made by ``build`` when it is not there yet.

    Parameters
    ----------
    folder
        Where all products are.
    name
        First part of the product's name.
    ingredients
        Everything that decides the product: sources, flags, versions of tools.
    build
        Called with the folder to fill.

    Raises
    ------
    UserError
        As :func:`stored` does.
    """
    digest = hashlib.sha256()
    for ingredient in ingredients:
        content = ingredient.encode(errors="surrogateescape") if isinstance(ingredient, str) else ingredient
        digest.update(len(content).to_bytes(8, "big") + content)
    return stored(folder, f"{name}-{digest.hexdigest()[:16]}", build)


def stored(folder: Path, name: str, build: Callable[[Path], None]) -> Path:
    """Return the product ``folder/name``, made by ``build`` when it is not there yet.

    ``build`` fills a temporary folder, which is renamed when complete, so that a product is whole or absent even when
    a build is interrupted or two run at once; the first one to end makes the product. A build whose tool fails leaves
    ``name.log``. What builds left that were killed by force is cleared by the next one.

    Raises
    ------
    UserError
        If a tool fails, or the folder cannot be written.
    """
    product = folder.absolute() / name
    if product.is_dir():
        return product
    log = product.with_name(f"{name}.log")
    try:
        with explained(folder, "build folder", "folder"), temporary_folder(product.parent, name) as work:
            clear_leftovers(product.parent)
            build(work)
            try:
                work.rename(product)
            except OSError:
                if not product.is_dir():  # otherwise another process was faster
                    raise
            log.unlink(missing_ok=True)
    except ToolError as error:
        write_text(log, error.output)
        raise UserError(f"{error.beginning} is in {log}") from None
    return product
