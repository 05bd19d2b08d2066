// A whole board compiled by Verilator, and what is connected to its pins: a serial line, lights, buttons, a flash.

#include "Vthreefactor.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>

#include "flash.h"
#include "pins.h"

// Both directions of the line: a start bit, eight data bits from the lowest up, a stop bit. Times are in clock cycles
// of the board and need not be whole, since the other end has a clock of its own.
constexpr int BITS = 8, STOP = BITS + 1;

// What the other end sends: bytes wait in a queue, and are sent with a pause between them.
class Sender {
    const double bit, pause;
    std::deque<uint8_t> queue;
    double start = 0;   // when the byte under way began
    double change = 0;  // when the next bit is due
    int position = STOP + 1;
    unsigned frame = 0;
    bool high = true;

public:
    uint64_t sent = 0;

    Sender(double bit, double pause) : bit(bit), pause(pause) {}

    void push(const uint8_t* bytes, uint64_t count) { queue.insert(queue.end(), bytes, bytes + count); }

    uint64_t unsent() const { return queue.size() + (position <= STOP); }

    // Level of the line in a cycle; cycles are asked for one by one.
    bool level(uint64_t cycle) {
        if (cycle >= change && unsent()) advance(double(cycle));
        return high;
    }

    void advance(double now) {
        if (position <= STOP) {  // the next bit, or the pause behind the last one
            high = frame >> position & 1;
            change = start + (++position + (position > STOP ? pause : 0)) * bit;
            sent += position > STOP;
            return;
        }
        start = now >= change + 1 ? now : std::max(change, 0.0);  // back to back, without rounding to a cycle
        frame = unsigned(queue.front()) << 1 | 1u << STOP;
        queue.pop_front();
        high = false;
        position = 1;
        change = start + bit;
    }
};

// What the other end receives: bits are looked at in their middle, from the edge on that begins a byte.
class Receiver {
    enum { BROKEN = -2, IDLE = -1, START = 0 };
    const double bit;
    double start = 0, look = 0;
    int position = BROKEN;  // the line must be high before the first byte
    unsigned byte = 0;

public:
    std::deque<uint8_t> arrived;
    uint64_t received = 0, framing_errors = 0;

    explicit Receiver(double bit) : bit(bit) {}

    // Look at the line in a cycle; true when a byte has arrived.
    bool look_at(bool high, uint64_t cycle) {
        if (position < START) {
            if (high) position = IDLE;
            else if (position == IDLE) {
                start = double(cycle);
                look = start + bit / 2;
                position = START;
            }
            return false;
        }
        if (double(cycle) < look) return false;
        if (position == STOP) {
            position = high ? IDLE : BROKEN;
            framing_errors += !high;
            received += high;
            if (high) arrived.push_back(uint8_t(byte));
            return high;
        }
        byte = byte >> 1 | unsigned(high) << (BITS - 1);
        position = position == START && high ? IDLE : position + 1;  // a start bit that has gone was none
        look = start + (position + 0.5) * bit;
        return false;
    }
};

// What Python reads.
struct Status {
    uint64_t cycles, sent, received, unsent, framing_errors, leds;
};

// What is undefined when the power comes is drawn from a seed, if the model was compiled to draw it.
struct Power : VerilatedContext {
    explicit Power(int seed) {
        randReset(2);
        randSeed(seed);
    }
};

class Board {
    Power context;
    Vthreefactor top{&context, "top"};
    Sender sender;
    Receiver receiver;
    uint64_t cycle = 0;

public:
    std::unique_ptr<Flash> flash;

    Board(double bit, double pause, int seed) : context(seed), sender(bit, pause), receiver(bit) {
        // The pins are as the world has them: all buttons are released.
        top.oscillator___05Fi = 0;
#define BUTTON(n, port) top.port = 0;
        FOR_EACH_BUTTON(BUTTON)
#undef BUTTON
    }

    ~Board() {
        // Scopes leave the context of the thread, which is that of the model that was opened last.
        Verilated::threadContextp(&context);
    }

    void send(const uint8_t* bytes, uint64_t count) { sender.push(bytes, count); }

    // The design takes both edges of the clock for one, so that a single evaluation is a cycle, unless it is said to
    // have HALVES. Returns whether a byte has ended the run.
    bool run(uint64_t cycles, bool until_byte) {
        for (const uint64_t end = cycle + cycles; cycle < end;) {
            top.uart_0_rx___05Fi = sender.level(cycle);
            top.oscillator___05Fi = !top.oscillator___05Fi;
#ifdef FLASH
            top.FLASH(cipo___05Fi) = !flash || flash->level();
#endif
            top.eval();
#ifdef HALVES
            top.oscillator___05Fi = !top.oscillator___05Fi;
            top.eval();
#endif
            ++cycle;
#ifdef FLASH
            if (flash) flash->look_at(top.FLASH(cs___05Fo), top.FLASH(clk___05Fo), top.FLASH(copi___05Fo));
#endif
            if (receiver.look_at(top.uart_0_tx___05Fo, cycle) && until_byte) return true;
        }
        return false;
    }

    uint64_t take(uint8_t* bytes, uint64_t room) {
        auto& arrived = receiver.arrived;
        const uint64_t count = std::min<uint64_t>(room, arrived.size());
        std::copy_n(arrived.begin(), count, bytes);
        arrived.erase(arrived.begin(), arrived.begin() + int64_t(count));
        return count;
    }

    bool press(uint64_t number, bool pressed) {
#define BUTTON(n, port) if (number == n) return top.port = pressed, true;
        FOR_EACH_BUTTON(BUTTON)
#undef BUTTON
        return false;
    }

    uint64_t leds() const {
        uint64_t lit = 0;
#define LED(n, port) lit |= uint64_t(top.port & 1) << n;
        FOR_EACH_LED(LED)
#undef LED
        return lit;
    }

    Status status() const {
        return {cycle, sender.sent, receiver.received, sender.unsent(), receiver.framing_errors, leds()};
    }
};

#define API extern "C" __attribute__((visibility("default")))
// Cycles that the other end takes for a bit, bits that it pauses between bytes, and the seed of what is undefined, from 1.
API Board* board_open(double bit, double pause, int seed) { return new Board(bit, pause, seed); }
API void board_close(Board* board) { delete board; }
API void board_send(Board* board, const uint8_t* bytes, uint64_t count) { board->send(bytes, count); }
API int board_run(Board* board, uint64_t cycles, int until_byte) { return board->run(cycles, until_byte); }
API uint64_t board_take(Board* board, uint8_t* bytes, uint64_t room) { return board->take(bytes, room); }
API int board_press(Board* board, uint64_t number, int pressed) { return board->press(number, pressed); }
API void board_status(Board* board, Status* status) { *status = board->status(); }
// Connect a flash that holds bytes; its times are real ones, so that the clock of the board matters.
API void board_connect_flash(Board* board, const uint8_t* bytes, uint64_t count, double clock_hz) {
    board->flash = std::make_unique<Flash>(std::vector<uint8_t>(bytes, bytes + count), clock_hz);
}
// How often each fault has happened so far; returns how many bytes have been read.
API uint64_t board_flash(Board* board, uint64_t* faults) {
    if (!board->flash) return 0;
    std::copy_n(board->flash->faults, FLASH_FAULTS, faults);
    return board->flash->read;
}
