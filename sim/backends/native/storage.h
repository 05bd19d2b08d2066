// Memories and registers of a compiled processor, found by the path of their module.

#pragma once
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>

// Values as the compiler lays them out: little-endian rows; a register is a memory of depth 1.
struct Storage {
    const uint8_t* rows = nullptr;
    uint64_t depth = 0, width = 0, row_bytes = 0;
    uint8_t* copy = nullptr;  // what becomes of `rows` with the next clock edge, where the model keeps it beside them
    std::function<void()> refresh;  // computes a value that the model does not keep up to date

    uint64_t elements(uint64_t bits) const { return depth * (width / bits); }

    // Invert a bit, as a fault of the hardware does. The models own what `rows` points to, and it is not constant.
    void flip(uint64_t row, uint64_t bit) const {
        const uint64_t byte = row * row_bytes + bit / 8;
        const_cast<uint8_t*>(rows)[byte] ^= 1 << bit % 8;
        if (copy) copy[byte] ^= 1 << bit % 8;
    }

    // Element `lane` of a row, `bits` wide (at most 57: eight bytes from the one that it begins in).
    int64_t element(uint64_t row, uint64_t lane, uint64_t bits, bool is_signed) const {
        const uint64_t first = lane * bits, byte = first / 8;
        uint64_t raw = 0;
        std::memcpy(&raw, rows + row * row_bytes + byte, byte + 8 <= row_bytes ? 8 : row_bytes - byte);
        raw = (raw >> first % 8) & ((uint64_t(1) << bits) - 1);
        return is_signed && raw >> (bits - 1) ? int64_t(raw) - (int64_t(1) << bits) : int64_t(raw);
    }
};

// Amaranth numbers a submodule whose name is also that of a signal: "weights$128". Paths here go without the number.
inline std::string plain(std::string path) {
    for (size_t start = 0; (start = path.find('$', start)) != std::string::npos;) {
        size_t end = start + 1;
        while (end < path.size() && std::isdigit(static_cast<unsigned char>(path[end]))) ++end;
        if (end > start + 1 && (end == path.size() || path[end] == '.')) path.erase(start, end - start);
        else ++start;
    }
    return path;
}
