"""Where independent runs are computed: processes of this machine, or a Dask cluster, behind one interface.

Dask rather than Ray: it is pure Python, and its client hands out an executor of :mod:`concurrent.futures`, so that the
code that uses one cannot tell the two apart.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager

from golden.spec.errors import UserError

LOCAL = "local"
PATIENCE = 10  # seconds until a scheduler has to answer


@contextmanager
def opened_executor(workers: int, cluster: str | None = None) -> Iterator[Executor]:
    """Open an executor; when the block fails or is interrupted, what still runs or waits is given up.

    Parameters
    ----------
    workers
        Processes on this machine.
    cluster
        Address of a Dask scheduler, whose workers have the same version of this project; ``local`` starts a cluster
        of ``workers`` processes here. None does without Dask.

    Raises
    ------
    UserError
        If Dask is not installed, or no scheduler answers.
    """
    with _processes(workers) if cluster is None else _dask(workers, cluster) as executor:
        yield executor


@contextmanager
def _processes(workers: int) -> Iterator[Executor]:
    # Spawned, since a fork of a process with threads may hang.
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_begin_worker) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in multiprocessing.active_children():
                worker.terminate()
            raise


def _begin_worker() -> None:
    """Leave Ctrl-C and a closed terminal to the parent, and end when it ends, however it does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _dask(workers: int, address: str) -> Iterator[Executor]:
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise UserError("--cluster needs Dask; type: pip install 'threefactor[cluster]'") from None
    local = None
    try:
        if address == LOCAL:
            local = LocalCluster(
                n_workers=workers, threads_per_worker=1, dashboard_address=None, silence_logs=logging.CRITICAL
            )
        client = Client(address if local is None else local, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise UserError(f"no Dask scheduler answers at {address!r} ({error}); start one with: dask scheduler") from None
    executor: Executor = client.get_executor()
    try:
        yield executor
    finally:
        executor.shutdown(wait=False)
        client.close()
        if local is not None:
            local.close()
