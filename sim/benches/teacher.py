"""Teacher against golden.teacher.class_errors and golden.readout.predict."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import Any

import cocotb
import numpy as np
from cocotb.handle import HierarchyObject

from golden.readout import predict
from golden.spec.config import Network
from golden.teacher import class_errors
from rtl.teacher import Teacher
from sim.benches.support.harness import parameters_of_bench, require
from sim.benches.support.streams import RandomStalls, StreamSink, StreamSource, start

ROUNDS = 150


def network_of(parameters: dict[str, Any]) -> Network:
    """Configuration that has only to do with the teacher."""
    return Network(**{"inputs": 4, "neurons": 16, "population": 2, "readout_bits": 4, **parameters["network"]})


def component(parameters: dict[str, Any]) -> Teacher:
    """Teacher under test."""
    return Teacher(network_of(parameters), adjustable=parameters["adjustable"])


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def verdicts(dut: HierarchyObject) -> None:
    """Leads around zero and around the margin, for every label; ties of winners and of rivals; extreme potentials.

    An adjustable teacher has another margin every time.
    """
    parameters = parameters_of_bench()
    network, teacher = network_of(parameters), component(parameters)
    classes = network.classes
    low, high = network.class_potential.low, network.class_potential.high
    draw, corners = random.Random(6), Counter[str]()
    await start(dut)
    source = StreamSource(dut, "i", teacher.i.payload.shape(), RandomStalls("i"))
    sink = StreamSink(dut, "o", teacher.o.payload.shape(), RandomStalls("o"))
    for index in range(ROUNDS):
        label, learn = index % classes, draw.random() < 0.9
        dut.label.value, dut.learn.value = label, learn
        if parameters["adjustable"]:
            network = replace(network, margin=draw.choice((0, 1, 2, 3, 5, 255)))
            dut.margin.value = network.margin
        margin = network.margin_potential
        leads = (margin, margin - 1, margin + 1, 0, 1, -1, 2, -margin)
        rival_value = draw.choice((0, -1, 7, draw.randrange(low, high + 1)))
        potentials = [min(rival_value, draw.choice((rival_value, rival_value - 1, low))) for _ in range(classes)]
        potentials = [max(low, value) for value in potentials]
        potentials[(label + 1 + draw.randrange(classes - 1)) % classes] = rival_value
        potentials[label] = max(low, min(high, rival_value + draw.choice((*leads, low, high))))
        await source.send({"label": c, "value": value, "last": c == classes - 1} for c, value in enumerate(potentials))
        verdict = await sink.get()
        case = f"potentials {potentials}, label {label}, learn {learn}: {verdict}"
        values = np.array(potentials)
        errors = class_errors(network, values, label)
        assert verdict["winner"] == predict(values), case
        assert verdict["update"] == (learn and errors is not None), case
        if errors is not None:
            assert verdict["label"] == label, case
            assert {verdict["label"]: errors.max(), verdict["rival"]: errors.min()} == {
                int(c): errors[c] for c in np.flatnonzero(errors)
            }, case
            assert verdict["strong"] == (errors.max() == 2), case
        others = np.delete(values, label)
        lead = potentials[label] - others.max()
        corners["exactly at the margin"] += lead == margin
        corners["one below the margin"] += learn and lead == margin - 1
        corners["never content"] += margin > high - low
        corners["no lead"] += learn and lead == 0
        corners["lead of one"] += learn and lead == 1
        corners["rivals tie"] += learn and errors is not None and int((others == others.max()).sum()) > 1
        corners["winners tie"] += int((values == values.max()).sum()) > 1
        corners["lowest and highest"] += learn and {low, high} <= set(potentials)
        corners["not learning"] += not learn and errors is not None
        corners["verdict waits"] += sink.waits[-1] > 0
    require(corners, "exactly at the margin", "one below the margin", "no lead", "lead of one", "winners tie")
    require(corners, "not learning", "verdict waits", *(("rivals tie",) if classes > 2 else ()))
    require(corners, *(("never content",) if parameters["adjustable"] else ()))
