// A serial flash of the class of a W25Q128 on SPI: what is read, and whether it is asked as its data sheet demands.

#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

// What a chip does wrong; boards/simulated/flash.py has the words.
enum FlashFault {
    COMMAND, ASLEEP, WAKING, PERIOD, PULSE, SELECTED_SOON, CLOCKED_SOON, UNSTEADY, BROKEN_OFF, BEYOND, FLASH_FAULTS
};

// Like the chip of a board that was configured from it, it is in deep power-down at first.
class Flash {
    // Times in nanoseconds, of the data sheet of the W25Q128JV: release from deep power-down (tRES1), between two
    // commands (tSHSL), from selection to clock (tSLCH), a pulse of the clock and its period when reading (fR), and
    // from a falling edge to data (tCLQV), with as much again for the way there and back.
    static constexpr double RELEASE = 3000, DESELECTED = 50, SETUP = 5, HALF = 8, WHOLE = 20, ANSWER = 15;
    enum { WAKE = 0xAB, READ = 0x03, COMMAND_BITS = 8, ADDRESS_BITS = 32 };

    const std::vector<uint8_t> bytes;
    const double cycle;  // nanoseconds
    double now = 0, awake_at = 0, deselected_at = -1e9, selected_at = 0, rose_at = -1e9, fell_at = -1e9;
    bool asleep = true, selected = false, clock = false, data = false, answer = true, next_answer = true;
    uint64_t bits = 0, word = 0;

    void fault_if(bool wrong, FlashFault kind) { faults[kind] += wrong; }

    void take_bit() {
        word = word << 1 | data;
        if (++bits == COMMAND_BITS) {
            fault_if(word != WAKE && word != READ, COMMAND);
            fault_if(asleep && word != WAKE, ASLEEP);
            fault_if(!asleep && selected_at < awake_at, WAKING);
        }
    }

    void give_bit() {
        if (bits < ADDRESS_BITS || word >> 24 != READ || asleep) return;
        const uint64_t place = (word & 0xFFFFFF) + (bits - ADDRESS_BITS) / 8;
        fault_if(place >= bytes.size() && bits % 8 == 0, BEYOND);
        next_answer = bytes[place % bytes.size()] >> (7 - bits % 8) & 1;
        read += bits++ % 8 == 0;
    }

    void deselect() {
        if (bits == COMMAND_BITS && word == WAKE) {
            if (asleep) awake_at = now + RELEASE;
            asleep = false;
        } else fault_if(bits < ADDRESS_BITS, BROKEN_OFF);
        deselected_at = now;
        answer = next_answer = true;
    }

public:
    uint64_t read = 0, faults[FLASH_FAULTS] = {};

    Flash(std::vector<uint8_t> bytes, double clock_hz) : bytes(std::move(bytes)), cycle(1e9 / clock_hz) {}

    // What the chip sees when its next cycle ends; the line is pulled up where nothing drives it.
    bool level() {
        if (now + cycle >= fell_at + ANSWER) answer = next_answer;
        return answer;
    }

    // Look at the pins in a cycle.
    void look_at(bool select, bool rising, bool value) {
        now += cycle;
        const bool moved = value != data;
        data = value;
        if (select && !selected) {
            fault_if(now - deselected_at < DESELECTED, SELECTED_SOON);
            selected_at = now;
            bits = word = 0;
        }
        if (select && rising && !clock) {
            fault_if(now - rose_at < WHOLE, PERIOD);
            fault_if(now - fell_at < HALF, PULSE);
            fault_if(now - selected_at < SETUP, CLOCKED_SOON);
            fault_if(moved, UNSTEADY);
            rose_at = now;
            if (bits < ADDRESS_BITS) take_bit();
        }
        if (select && !rising && clock) {
            fault_if(now - rose_at < HALF, PULSE);
            fell_at = now;
            give_bit();
        }
        if (!select && selected) deselect();
        selected = select;
        clock = rising;
    }
};
