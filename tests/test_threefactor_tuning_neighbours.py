"""The first trials of a search stand a single step away from the start, on every side that there is."""

from __future__ import annotations

from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from threefactor.tuning.neighbours import neighbours

CHOICES = {
    "shift": IntDistribution(1, 7),
    "amplitude": IntDistribution(2, 400, log=True),
    "neurons": IntDistribution(16, 256, step=16),
    "encoder": CategoricalDistribution(("range", "quantiles", "levels")),
}


def test_one_choice_differs_by_one_step() -> None:
    start = {"shift": 4, "amplitude": 100, "neurons": 128, "encoder": "quantiles"}
    found = list(neighbours(start, CHOICES))
    changed = [{name: value for name, value in one.items() if value != start[name]} for one in found]
    assert changed == [
        {"shift": 5},
        {"shift": 3},
        {"amplitude": 150},
        {"amplitude": 67},
        {"neurons": 192},
        {"neurons": 80},
        {"encoder": "range"},
        {"encoder": "levels"},
    ]


def test_no_step_leaves_its_range() -> None:
    start = {"shift": 1, "amplitude": 399, "neurons": 16, "encoder": "range"}
    found = list(neighbours(start, CHOICES))
    assert [one["shift"] for one in found if one["shift"] != 1] == [2]
    assert [one["amplitude"] for one in found if one["amplitude"] != 399] == [400, 266]
    assert [one["neurons"] for one in found if one["neurons"] != 16] == [32]
    for one in found:
        assert all(CHOICES[name]._contains(CHOICES[name].to_internal_repr(value)) for name, value in one.items())


def test_what_has_no_steps_is_passed_over() -> None:
    assert list(neighbours({"x": 0.5}, {"x": FloatDistribution(0, 1)})) == []
    assert list(neighbours({"x": 3}, {"x": IntDistribution(3, 3)})) == []
