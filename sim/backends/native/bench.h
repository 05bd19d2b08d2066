// The bench around a compiled processor: streams, host accesses, digests. One loop for every compiler of hardware.
//
// Included by verilator.cpp and cxxrtl.cpp after a `Model` with
//   void clock(bool level)                    set clk and evaluate
//   one setter a stream input, one getter a stream output, see the calls below
//   bool locate(path, name, Storage&)         a memory or register by the path of its module
//   int failure(), int close()                errno of the waves so far; end them
// Python's side of the structures is sim/backends/compiled.py.

#pragma once
#include <utility>
#include <vector>

#include "ports.h"
#include "storage.h"

// Samples to run, and how far that has come. Arrays belong to Python.
struct Job {
    // In.
    const uint32_t* words;    // payloads of i_sample, all samples one after the other
    const uint64_t* labels;   // payloads of i_label
    uint64_t word_count, sample_count;
    uint64_t observe;         // stop before the edge at every event of `Events`
    uint64_t patience;        // cycles without any transfer after which the processor counts as stuck
    // Out.
    uint64_t* predictions;    // payloads of o_prediction
    uint64_t* digests;        // digest after each sample, or null
    uint64_t* cycles;         // cycle counter of the run when the sample's prediction was taken
    uint64_t next_word, next_label, completed, elapsed, quiet;
};

// What the coming clock edge will do.
struct Events {
    uint64_t risen;                  // bit i: watched signal i has risen
    uint64_t teaching;               // the verdict stands
    uint64_t spikes;                 // bit k: core k delivers payload[k]
    uint64_t payload[CORES];
};

enum Status : int { FINISHED, OBSERVED, INTERRUPTED, STUCK };

class Bench {
    // A conjunction of signals with values, and the cycles in which it held.
    struct Cover { std::vector<std::pair<Storage, int64_t>> terms; uint64_t hits = 0; };
    struct Term { Storage storage; uint64_t bits; bool is_signed; const uint64_t* coefficients; uint64_t count; };

    Model model;
    std::vector<Storage> watched;
    uint64_t watched_before = 0;
    std::vector<Term> terms;
    std::vector<Cover> covers;
    uint64_t random = 0;             // state of the stall generator, 0: never stall
    bool evaluated = false;          // inputs are set and outputs stand; the edge is still to come
    bool sample_offered = false, label_offered = false, request_offered = false;
    bool prediction_ready = false, response_ready = false;
    uint64_t spikes_ready = 0;
    bool was_teaching = false;

    // Whether a stream that may pause goes on in this cycle.
    bool go() {
        if (!random) return true;
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        return random >> 63;
    }

    // A source that has offered keeps its offer until it is taken; a sink may change its mind every cycle.
    void offer(const Job& job) {
        sample_offered = job.next_word < job.word_count && (sample_offered || go());
        label_offered = job.next_label < job.sample_count && (label_offered || go());
        model.sample(sample_offered, sample_offered ? job.words[job.next_word] : 0);
        model.label(label_offered, label_offered ? job.labels[job.next_label] : 0);
        model.prediction_ready(prediction_ready = go());
        spikes_ready = 0;
        for (unsigned core = 0; core < CORES; ++core) spikes_ready |= uint64_t(go()) << core;
        model.spikes_ready(spikes_ready);
        model.settle();
        evaluated = true;
    }

    void count_covers() {
        for (Cover& cover : covers) {
            bool holds = true;
            for (auto& [storage, value] : cover.terms) {
                if (storage.refresh) storage.refresh();
                holds = holds && storage.element(0, 0, storage.width, false) == value;
            }
            cover.hits += holds;
        }
    }

    bool observe(Events& events) {
        uint64_t levels = 0;
        for (size_t index = 0; index < watched.size(); ++index) {
            if (watched[index].refresh) watched[index].refresh();
            levels |= uint64_t(watched[index].element(0, 0, 1, false)) << index;
        }
        const bool teaching = model.teaching();
        events.risen = levels & ~watched_before;
        events.teaching = teaching && !was_teaching;
        events.spikes = model.spikes_valid() & spikes_ready;
        watched_before = levels;
        was_teaching = teaching;
        for (unsigned core = 0; core < CORES; ++core) events.payload[core] = model.spikes_payload(core);
        return events.risen || events.teaching || events.spikes;
    }

    void edge(Job& job) {
        const bool taken = sample_offered && model.sample_ready();
        const bool started = label_offered && model.label_ready();
        const bool done = prediction_ready && model.prediction_valid();
        const bool moved = taken || started || done || (model.spikes_valid() & spikes_ready);
        ++job.elapsed;
        if (taken) ++job.next_word, sample_offered = false;
        if (started) ++job.next_label, label_offered = false;
        if (done) {
            job.predictions[job.completed] = model.prediction();
            job.cycles[job.completed] = job.elapsed;
            if (job.digests) job.digests[job.completed] = digest();
            ++job.completed;
        }
        job.quiet = moved ? 0 : job.quiet + 1;
        model.clock();
        evaluated = false;
    }

    uint64_t digest() const {
        uint64_t sum = 0;
        for (const Term& term : terms) {
            const uint64_t lanes = term.storage.width / term.bits;
            for (uint64_t row = 0, index = 0; index < term.count; ++row)
                for (uint64_t lane = 0; lane < lanes; ++lane, ++index)
                    sum += uint64_t(term.storage.element(row, lane, term.bits, term.is_signed)) * term.coefficients[index];
        }
        return sum;
    }

public:
    explicit Bench(const char* waves) : model(waves) {}

    bool watch(const char* path, const char* name) {
        watched.emplace_back();
        return watched.size() <= 64 && model.locate(path, name, watched.back());
    }

    // A point with a term more, or a new one; returns how many points there are, or 0 when there is no such signal.
    uint64_t cover(bool begins, const char* path, const char* name, int64_t value) {
        if (begins) covers.emplace_back();
        Storage storage;
        if (!model.locate(path, name, storage)) return 0;
        covers.back().terms.emplace_back(storage, value);
        return covers.size();
    }

    uint64_t covered(uint64_t index) const { return covers[index].hits; }

    bool locate(const char* path, const char* name, Storage& storage) { return model.locate(path, name, storage); }

    bool add_term(const char* path, const char* name, uint64_t bits, bool is_signed, const uint64_t* coefficients,
                  uint64_t count) {
        Storage storage;
        if (!model.locate(path, name, storage) || storage.elements(bits) < count) return false;
        terms.push_back({storage, bits, is_signed, coefficients, count});
        return true;
    }

    // An interrupted or observed job goes on when it is run again with the same arguments.
    Status run(Job& job, uint64_t budget, Events& events) {
        for (; job.completed < job.sample_count; --budget) {
            if (!budget) return INTERRUPTED;
            if (job.quiet > job.patience) return STUCK;
            if (!evaluated) {
                offer(job);
                count_covers();
                if (job.observe && observe(events)) return OBSERVED;
            }
            edge(job);
        }
        watched_before = was_teaching = 0;
        return FINISHED;
    }

    // Serve host accesses in order; every read appends to `values`. Returns how many were done.
    uint64_t host(const uint64_t* requests, uint64_t count, uint32_t* values, uint64_t patience) {
        model.sample(false, 0);
        model.label(false, 0);
        model.prediction_ready(false);
        uint64_t done = 0;
        for (uint64_t quiet = 0; done < count && quiet <= patience; ++quiet) {
            request_offered = request_offered || go();
            model.request(request_offered, requests[done]);
            model.response_ready(response_ready = go());
            model.settle();
            if (response_ready && model.response_valid()) *values++ = model.response();
            if (request_offered && model.request_ready()) ++done, request_offered = false, quiet = 0;
            model.clock();
        }
        model.request(false, 0);
        model.response_ready(false);
        return done;
    }

    void stalls(uint64_t seed) { random = seed; }

    // Reset the processor; what was offered to it is withdrawn.
    void reset() {
        sample_offered = label_offered = request_offered = evaluated = was_teaching = false;
        watched_before = 0;
        model.sample(false, 0);
        model.label(false, 0);
        model.request(false, 0);
        model.prediction_ready(false);
        model.response_ready(false);
        model.reset(true);
        model.settle();
        model.clock();
        model.reset(false);
    }

    int failure() const { return model.failure(); }
    int close() { return model.close(); }
};

#define API extern "C" __attribute__((visibility("default")))
API Bench* bench_open(const char* waves) { return new Bench(waves); }
// Both return 0, or the errno that says why the waves are not whole.
API int bench_failure(Bench* bench) { return bench->failure(); }
API int bench_close(Bench* bench) {
    const int failure = bench->close();
    delete bench;
    return failure;
}
API void bench_stalls(Bench* bench, uint64_t seed) { bench->stalls(seed); }
API int bench_watch(Bench* bench, const char* path, const char* name) { return bench->watch(path, name); }
API uint64_t bench_cover(Bench* bench, int begins, const char* path, const char* name, int64_t value) {
    return bench->cover(begins, path, name, value);
}
API uint64_t bench_covered(Bench* bench, uint64_t index) { return bench->covered(index); }
API int bench_term(Bench* bench, const char* path, const char* name, uint64_t bits, int is_signed,
                   const uint64_t* coefficients, uint64_t count) {
    return bench->add_term(path, name, bits, is_signed, coefficients, count);
}
API void bench_reset(Bench* bench) { bench->reset(); }
API uint64_t bench_width(Bench* bench, const char* path, const char* name) {
    Storage storage;
    return bench->locate(path, name, storage) ? storage.width : 0;
}
API int bench_read(Bench* bench, const char* path, const char* name, uint64_t bits, int is_signed, int64_t* values,
                   uint64_t count) {
    Storage storage;
    if (!bench->locate(path, name, storage) || storage.elements(bits) < count) return 0;
    if (storage.refresh) storage.refresh();
    const uint64_t lanes = storage.width / bits;
    for (uint64_t index = 0; index < count; ++index)
        values[index] = storage.element(index / lanes, index % lanes, bits, is_signed);
    return 1;
}
API uint64_t bench_depth(Bench* bench, const char* path, const char* name) {
    Storage storage;
    return bench->locate(path, name, storage) ? storage.depth : 0;
}
API int bench_flip(Bench* bench, const char* path, const char* name, uint64_t row, uint64_t bit) {
    Storage storage;
    if (!bench->locate(path, name, storage) || row >= storage.depth || bit >= storage.width) return 0;
    storage.flip(row, bit);
    return 1;
}
API int bench_run(Bench* bench, Job* job, uint64_t budget, Events* events) { return bench->run(*job, budget, *events); }
API uint64_t bench_host(Bench* bench, const uint64_t* requests, uint64_t count, uint32_t* values, uint64_t patience) {
    return bench->host(requests, count, values, patience);
}
