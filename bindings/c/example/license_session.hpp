// A LicenseSession in C++17, in one header: a thread around tonegate_session_*, for React Native, HarmonyOS, Qt, Unreal and the like.
//
// Only the session's calls run under the lock: fetch, store and events run outside of it, on the session's thread, and what
// they throw counts as a failure and never ends the session. docs/EMBEDDING.md says how each platform wraps it.

#ifndef LICENSE_SESSION_HPP
#define LICENSE_SESSION_HPP

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <time.h>
#include <tonegate.h>

namespace tonegate {

// Both clocks of the device.
inline tonegate_time clocks() {
    timespec wall{}, steady{};
    clock_gettime(CLOCK_REALTIME, &wall);
#if defined(CLOCK_BOOTTIME)
    clock_gettime(CLOCK_BOOTTIME, &steady); // Linux, Android, HarmonyOS: runs on while the device sleeps
#else
    clock_gettime(CLOCK_MONOTONIC, &steady); // so does this one on Apple's systems
#endif
    return {static_cast<std::int64_t>(wall.tv_sec), static_cast<std::uint64_t>(steady.tv_sec)};
}

struct Fetched {
    std::optional<std::string> license; // nothing: the fetch failed
    std::uint64_t retry_after = 0;      // seconds that the server asked to wait
};

struct Callbacks {
    std::function<Fetched()> fetch; // takes 30 s at most
    std::function<std::vector<std::uint8_t>()> load;
    std::function<void(const std::vector<std::uint8_t> &)> save; // whole or not at all
    std::function<void(const tonegate_verdict &)> on_change;
    std::function<tonegate_time()> now = clocks;
};

class LicenseSession {
public:
    LicenseSession(const tonegate_options &options, Callbacks callbacks) : callbacks_(std::move(callbacks)) {
        std::vector<std::uint8_t> stored;
        guarded([&] { stored = callbacks_.load(); });
        std::random_device device;
        const std::uint64_t drawn = (std::uint64_t{device()} << 32) ^ device();
        code_ = tonegate_session_begin(session_.get(), &options, stored.data(), stored.size(), drawn, callbacks_.now());
        if (code_ == TONEGATE_OK) thread_ = std::thread([this] { run(); });
    }

    LicenseSession(const LicenseSession &) = delete;
    LicenseSession &operator=(const LicenseSession &) = delete;
    ~LicenseSession() { close(); }

    // 0, or why it never began: TONEGATE_E_STORAGE where the options were not filled.
    std::int32_t code() const { return code_; }

    // Ends the thread; a fetch that is under way is waited for. Not from a callback.
    void close() {
        {
            const std::lock_guard<std::mutex> held(lock_);
            closed_ = true;
        }
        wake_.notify_all();
        if (thread_.joinable()) thread_.join();
    }

    // Ask at each use of a feature, and every 60 s while it lasts.
    tonegate_feature_verdict check(std::string_view feature) {
        tonegate_feature_verdict verdict{TONEGATE_ANSWER_BYPASS, TONEGATE_FORMAT_INVALID, TONEGATE_REASON_EMPTY, false, 0};
        const std::lock_guard<std::mutex> held(lock_);
        tonegate_session_check(session_.get(), feature.data(), feature.size(), callbacks_.now(), &verdict);
        if (tonegate_session_is_unsaved(session_.get()) == 1) wake_.notify_all();
        return verdict;
    }

    tonegate_verdict verdict() {
        tonegate_verdict verdict{};
        const std::lock_guard<std::mutex> held(lock_);
        tonegate_session_verdict(session_.get(), callbacks_.now(), &verdict);
        return verdict;
    }

    tonegate_outlook outlook(std::string_view feature) {
        tonegate_outlook outlook{};
        const std::lock_guard<std::mutex> held(lock_);
        tonegate_session_outlook(session_.get(), feature.data(), feature.size(), &outlook);
        return outlook;
    }

    // The network is back, or the user is: no wait after a failure holds any more.
    void refresh() {
        const std::lock_guard<std::mutex> held(lock_);
        tonegate_session_hasten(session_.get());
        hastened_ = true;
        wake_.notify_all();
    }

private:
    void run() {
        for (;;) {
            tonegate_turn turn{};
            {
                const std::lock_guard<std::mutex> held(lock_);
                if (closed_) return;
                hastened_ = false;
                tonegate_session_turn(session_.get(), callbacks_.now(), &turn);
            }
            if (turn.changed) guarded([&] { callbacks_.on_change(turn.verdict); });
            if (turn.fetch) take(fetched());
            save();
            if (turn.fetch) continue; // a fetch has ended: the next turn is due at once
            std::unique_lock<std::mutex> held(lock_);
            wake_.wait_for(held, std::chrono::seconds(turn.wait_secs), [this] { return closed_ || hastened_ || unsaved(); });
        }
    }

    Fetched fetched() {
        Fetched fetched;
        guarded([&] { fetched = callbacks_.fetch(); });
        return fetched;
    }

    void take(const Fetched &fetched) {
        const std::lock_guard<std::mutex> held(lock_);
        if (!fetched.license) {
            tonegate_session_failed(session_.get(), fetched.retry_after, callbacks_.now());
            return;
        }
        tonegate_verdict verdict{};
        bool in_force = false;
        const std::string &text = *fetched.license;
        tonegate_session_fetched(session_.get(), text.data(), text.size(), callbacks_.now(), &verdict, &in_force);
    }

    void save() {
        std::vector<std::uint8_t> bytes(TONEGATE_STORED_BYTES);
        std::size_t length = 0;
        {
            const std::lock_guard<std::mutex> held(lock_);
            if (!unsaved()) return;
            tonegate_session_save(session_.get(), bytes.data(), bytes.size(), &length);
        }
        bytes.resize(length);
        guarded([&] { callbacks_.save(bytes); });
    }

    bool unsaved() const { return tonegate_session_is_unsaved(session_.get()) == 1; }

    // What an app's own code throws stays with the app.
    template <typename Call> static void guarded(Call call) {
#if defined(__cpp_exceptions) || defined(_CPPUNWIND)
        try {
            call();
        } catch (...) {
        }
#else
        call(); // built without exceptions, as Unreal builds: nothing can be thrown
#endif
    }

    Callbacks callbacks_;
    std::unique_ptr<tonegate_session> session_ = std::make_unique<tonegate_session>();
    std::mutex lock_; // guards session_, closed_, hastened_
    std::condition_variable wake_;
    bool closed_ = false;
    bool hastened_ = false;
    std::int32_t code_ = TONEGATE_OK;
    std::thread thread_;
};

} // namespace tonegate

#endif
