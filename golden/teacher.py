"""Winner-take-all teacher: a ternary error between the label and its strongest rival."""

from __future__ import annotations

import numpy as np

from golden.arith import Int
from golden.spec.config import Network
from golden.spec.network_formats import STRONG_ERROR


def class_errors(network: Network, potentials: Int, label: int) -> Int | None:
    """Return the error e[c], shape (C,), or None when the teacher is content.

    The rival w is the strongest class other than the label, the lowest among equals. With the lead
    d = y_label - y_w the teacher is content when d >= margin * P * 2^(readout_bits - 1). Otherwise
    e_label = a and e_w = -a with a = 1, or 2 when d <= 0. Prototypes learn every sample: the teacher is never content.
    """
    others = potentials.copy()
    others[label] = np.iinfo(np.int64).min
    rival = int(others.argmax())
    lead = int(potentials[label] - potentials[rival])
    if lead >= network.margin_potential and not network.prototypes:
        return None
    errors = np.zeros(network.classes, dtype=np.int64)
    errors[label] = STRONG_ERROR if lead <= 0 else 1
    errors[rival] = -errors[label]
    return errors
