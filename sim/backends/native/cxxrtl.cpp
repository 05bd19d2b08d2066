// A processor compiled by CXXRTL, behind the bench.

#include "processor.h"
#if WAVES
#include <cxxrtl/cxxrtl_vcd.h>
#endif

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <map>

#include "ports.h"
#include "storage.h"

class Model {
    cxxrtl_design::p_threefactor top;
    cxxrtl::debug_items items;
    std::map<std::string, const cxxrtl::debug_item*> named;
#if WAVES
    cxxrtl::vcd_writer waves;
    std::ofstream file;
    uint64_t time = 0;
#endif
    int failed = 0;  // errno of the waves

public:
    explicit Model([[maybe_unused]] const char* path) {
        top.debug_info(&items, nullptr, "");
        for (const auto& [name, parts] : items.table) {
            std::string dotted = name;  // scopes are joined by blanks
            std::replace(dotted.begin(), dotted.end(), ' ', '.');
            if (parts.size() == 1) named[plain(dotted)] = &parts[0];
        }
#if WAVES
        file.open(path, std::ios::binary);
        remember();
        waves.timescale(1, "ns");
        waves.add(items);
#endif
    }

#if WAVES
    void remember() {
        if (!file && !failed) failed = errno ? errno : EIO;
    }
#endif

    // 0, or why the waves are not whole.
    int failure() const { return failed; }

    int close() {
#if WAVES
        file.close();
        remember();
#endif
        return failure();
    }

    void settle() { step(false); }
    void clock() { step(true); }
    void reset(bool level) { top.p_rst.set<bool>(level); }

    void step(bool level) {
        top.p_clk.set<bool>(level);
        top.step();
#if WAVES
        waves.sample(time);
        time += 5;
        file << waves.buffer;
        remember();
        waves.buffer.clear();
#endif
    }

    bool locate(const std::string& path, const char* name, Storage& storage) const {
        const auto found = named.find(path + '.' + name);
        if (found == named.end()) return false;
        const cxxrtl::debug_item& item = *found->second;
        storage.rows = reinterpret_cast<const uint8_t*>(item.curr);
        storage.depth = item.depth;
        storage.width = item.width;
        storage.copy = reinterpret_cast<uint8_t*>(item.next);
        storage.row_bytes = (item.width + 31) / 32 * sizeof(*item.curr);
        if (item.outline) storage.refresh = item.outline->eval;
        return true;
    }

    void sample(bool valid, uint64_t payload) {
        top.p_i__sample____valid.set<bool>(valid);
        top.p_i__sample____payload.set<uint64_t>(payload);
    }
    void label(bool valid, uint64_t payload) {
        top.p_i__label____valid.set<bool>(valid);
        top.p_i__label____payload.set<uint64_t>(payload);
    }
    void request(bool valid, uint64_t payload) {
        top.p_i__request____valid.set<bool>(valid);
        top.p_i__request____payload.set<uint64_t>(payload);
    }
    void prediction_ready(bool ready) { top.p_o__prediction____ready.set<bool>(ready); }
    void response_ready(bool ready) { top.p_o__response____ready.set<bool>(ready); }
    void spikes_ready(uint64_t ready) {
#define CORE(k) top.p_o__spikes____##k##____ready.set<bool>(ready >> k & 1);
        FOR_EACH_CORE(CORE)
#undef CORE
    }

    bool sample_ready() const { return top.p_i__sample____ready.get<bool>(); }
    bool label_ready() const { return top.p_i__label____ready.get<bool>(); }
    bool request_ready() const { return top.p_i__request____ready.get<bool>(); }
    bool prediction_valid() const { return top.p_o__prediction____valid.get<bool>(); }
    uint64_t prediction() const { return top.p_o__prediction____payload.get<uint64_t>(); }
    bool response_valid() const { return top.p_o__response____valid.get<bool>(); }
    uint32_t response() const { return top.p_o__response____payload.get<uint32_t>(); }
    bool teaching() const { return top.p_teaching.get<bool>(); }
    uint64_t spikes_valid() const {
        uint64_t valid = 0;
#define CORE(k) valid |= uint64_t(top.p_o__spikes____##k##____valid.get<bool>()) << k;
        FOR_EACH_CORE(CORE)
#undef CORE
        return valid;
    }
    uint64_t spikes_payload(unsigned core) const {
#define CORE(k) if (core == k) return top.p_o__spikes____##k##____payload.get<uint64_t>();
        FOR_EACH_CORE(CORE)
#undef CORE
        return 0;
    }
};

#include "bench.h"
