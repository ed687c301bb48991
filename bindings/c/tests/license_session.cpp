// LicenseSession of the examples, with a real thread: license_session PINS LICENCE-FILE.

#include "../example/license_session.hpp"

#include <atomic>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

static int failures = 0;

static void expect(bool holds, const char *what) {
    if (!holds) std::fprintf(stderr, "it does not hold: %s\n", what);
    failures += !holds;
}

static bool soon(const std::function<bool()> &holds) {
    for (int tries = 0; tries < 1000 && !holds(); tries++) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return holds();
}

int main(int count, char **words) {
    std::ifstream file(count == 3 ? words[2] : "");
    const std::string license{std::istreambuf_iterator<char>(file), {}};
    tonegate_options options;
    if (tonegate_options_init(&options, words[1], std::strlen(words[1]), "tonegate-test", 13, TONEGATE_PRODUCTION)) return 2;

    std::mutex lock;
    std::vector<std::uint8_t> stored;
    std::atomic<int> fetches{0}, changes{0};
    tonegate::Callbacks callbacks;
    callbacks.now = [] { return tonegate_time{1763843553, tonegate::clocks().elapsed}; };
    callbacks.load = [&] { const std::lock_guard<std::mutex> held(lock); return stored; };
    callbacks.save = [&](const auto &bytes) { const std::lock_guard<std::mutex> held(lock); stored = bytes; };
    callbacks.on_change = [&](const auto &) { changes++; throw std::runtime_error("an app's own fault"); };
    callbacks.fetch = [&]() -> tonegate::Fetched {
        if (fetches++ == 0) throw std::runtime_error("no network");
        return {license, 0};
    };
    {
        tonegate::LicenseSession session(options, callbacks);
        expect(session.code() == TONEGATE_OK, "it begins");
        expect(soon([&] { return fetches == 1; }), "it fetches at once");
        expect(!session.check("ans").runs, "nothing runs without a licence");
        // A refresh that comes before the failure was taken in hastens nothing: so it is asked for again.
        expect(soon([&] { session.refresh(); return session.check("ans").runs; }), "a refresh brings the licence");
        expect(session.outlook("ans").runs_until == session.verdict().valid_until, "the outlook is the licence's");
        expect(soon([&] { return changes >= 2; }), "each change of verdict is told, whatever the app throws");
        expect(soon([&] { const std::lock_guard<std::mutex> held(lock); return stored.size() > 1000; }), "it is saved");
        session.close();
        session.close();
    }
    callbacks.fetch = []() -> tonegate::Fetched { return {std::nullopt, 60}; };
    tonegate::LicenseSession next(options, callbacks);
    expect(next.check("ans").runs, "at the next start the licence is there at once");
    return failures;
}
