"""Named presets."""

from __future__ import annotations

from golden.spec.config import ConfigurationError, Hardware, Network, Preset, Training

PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            name="digits",
            summary="8x8 handwritten digits, two recurrent layers, learns on an iCEBreaker",
            dataset="digits",
            network=Network(
                inputs=64,
                classes=10,
                neurons=48,
                layers=2,
                population=4,
                readout_fan_in=12,
                centred_input=True,
                homeostasis_decay=12,
                margin=3,
                forward_amplitude=51,
            ),
            hardware=Hardware(lanes=4, layers_per_core=2, single_port=True),
            training=Training(layer_shift=4, readout_shift=3, epochs=15, slower=(6, 9, 12)),
        ),
        Preset(
            name="tiny",
            summary="a small net for tests: wraps, saturates and stalls often",
            dataset="digits",
            network=Network(
                inputs=64,
                classes=10,
                neurons=16,
                layers=2,
                population=2,
                readout_fan_in=5,
                ring_degree=4,
                modulators=6,
                weight_bits=5,
                readout_bits=5,
                threshold_bits=5,
                input_amplitude=6,
                forward_amplitude=8,
                recurrent_amplitude=6,
                readout_amplitude=3,
                margin=4,
                centred_input=True,
            ),
            hardware=Hardware(lanes=4, tick_lanes=2),
            training=Training(layer_shift=8, readout_shift=7, epochs=4, slower=(2,)),
        ),
    )
}


def preset_named(name: str) -> Preset:
    """Return the preset called ``name``, or raise :class:`ConfigurationError` naming those there are."""
    try:
        return PRESETS[name]
    except KeyError:
        raise ConfigurationError(f"there is no preset {name!r}; choose one of {', '.join(PRESETS)}") from None
