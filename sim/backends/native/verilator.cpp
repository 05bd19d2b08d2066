// A processor compiled by Verilator, behind the bench.

#include "Vthreefactor.h"
#include "verilated_syms.h"
#if VM_TRACE
#include "verilated_vcd_c.h"
#endif

#include <cerrno>
#include <map>

#include "ports.h"
#include "storage.h"

#if VM_TRACE
// File of a waveform. That the disk is full is remembered, where Verilator's own file ends the process.
class Waves final : public VerilatedVcdFile {
public:
    int failure = 0;  // errno

    ssize_t write(const char* data, ssize_t length) override {
        const ssize_t written = VerilatedVcdFile::write(data, length);
        if (written >= 0 || errno == EAGAIN || errno == EINTR) return written;
        if (!failure) failure = errno;
        return length;
    }
};
#endif

class Model {
    VerilatedContext context;
    Vthreefactor top{&context, "top"};
    std::map<std::string, const VerilatedScope*> scopes;
    bool changed = true;  // an input, since the outputs were computed
#if VM_TRACE
    Waves file;
    VerilatedVcdC waves{&file};  // declared after top, so that it is closed first
    uint64_t time = 0;
#endif

public:
    explicit Model([[maybe_unused]] const char* path) {
        const std::string root = "top.threefactor.";
        for (const auto& [name, scope] : *context.scopeNameMap())
            if (std::string(scope->name()).rfind(root, 0) == 0)
                scopes[plain(scope->name() + root.size())] = scope;
#if VM_TRACE
        context.traceEverOn(true);
        top.trace(&waves, 99);
        waves.open(path);
#endif
    }

    ~Model() {
        // Scopes leave the context of the thread, which is that of the model that was opened last.
        Verilated::threadContextp(&context);
    }

    // 0, or why the waves are not whole.
    int failure() const {
#if VM_TRACE
        return file.failure;
#else
        return 0;
#endif
    }

    int close() {
#if VM_TRACE
        waves.close();
#endif
        return failure();
    }

    // Outputs follow the inputs.
    void settle() {
#if VM_TRACE
        step(0);
#else
        if (changed) top.eval(), changed = false;
#endif
    }

    // A clock cycle. Without waves the design takes both edges for one, so that a single evaluation does.
    void clock() {
#if VM_TRACE
        step(1);
#else
        top.clk = !top.clk;
        top.eval();
#endif
    }

#if VM_TRACE
    void step(bool level) {
        top.clk = level;
        top.eval();
        waves.dump(time);
        time += 5;
    }
#endif

    template <typename Port>
    void set(Port& port, uint64_t value) {
        changed |= port != value;
        port = value;
    }

    void reset(bool level) { set(top.rst, level); }

    bool locate(const std::string& path, const char* name, Storage& storage) const {
        const auto scope = scopes.find(path);
        const VerilatedVar* variable = scope == scopes.end() ? nullptr : scope->second->varFind(name);
        if (!variable || variable->udims() > 1) return false;
        storage.rows = static_cast<const uint8_t*>(variable->datap());
        storage.depth = variable->udims() ? variable->range(0)->elements() : 1;
        storage.width = variable->entBits();
        storage.row_bytes = variable->entSize();
        return true;
    }

    void sample(bool valid, uint64_t payload) {
        set(top.i_sample___05Fvalid, valid);
        set(top.i_sample___05Fpayload, payload);
    }
    void label(bool valid, uint64_t payload) {
        set(top.i_label___05Fvalid, valid);
        set(top.i_label___05Fpayload, payload);
    }
    void request(bool valid, uint64_t payload) {
        set(top.i_request___05Fvalid, valid);
        set(top.i_request___05Fpayload, payload);
    }
    void prediction_ready(bool ready) { set(top.o_prediction___05Fready, ready); }
    void response_ready(bool ready) { set(top.o_response___05Fready, ready); }
    void spikes_ready(uint64_t ready) {
#define CORE(k) set(top.o_spikes___05F##k##___05Fready, ready >> k & 1);
        FOR_EACH_CORE(CORE)
#undef CORE
    }

    bool sample_ready() const { return top.i_sample___05Fready; }
    bool label_ready() const { return top.i_label___05Fready; }
    bool request_ready() const { return top.i_request___05Fready; }
    bool prediction_valid() const { return top.o_prediction___05Fvalid; }
    uint64_t prediction() const { return top.o_prediction___05Fpayload; }
    bool response_valid() const { return top.o_response___05Fvalid; }
    uint32_t response() const { return top.o_response___05Fpayload; }
    bool teaching() const { return top.teaching; }
    uint64_t spikes_valid() const {
        uint64_t valid = 0;
#define CORE(k) valid |= uint64_t(top.o_spikes___05F##k##___05Fvalid) << k;
        FOR_EACH_CORE(CORE)
#undef CORE
        return valid;
    }
    uint64_t spikes_payload(unsigned core) const {
#define CORE(k) if (core == k) return top.o_spikes___05F##k##___05Fpayload;
        FOR_EACH_CORE(CORE)
#undef CORE
        return 0;
    }
};

#include "bench.h"
