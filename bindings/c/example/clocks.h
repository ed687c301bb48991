/* The two clocks of a device, as tonegate wants them. docs/EMBEDDING.md says which clock on which platform. */

#ifndef CLOCKS_H
#define CLOCKS_H

#include <time.h>

#include <tonegate.h>

#if defined(__APPLE__)
#define STEADY CLOCK_MONOTONIC /* runs on while the device sleeps */
#elif defined(CLOCK_BOOTTIME)
#define STEADY CLOCK_BOOTTIME /* Linux, Android, HarmonyOS: so does this one, and CLOCK_MONOTONIC does not */
#else
#define STEADY CLOCK_MONOTONIC
#endif

/* Both clocks now; `ahead` seconds are added to the wall clock, which is for tries with old licences. */
static inline tonegate_time clocks(int64_t ahead) {
    struct timespec wall, steady;
    clock_gettime(CLOCK_REALTIME, &wall);
    clock_gettime(STEADY, &steady);
    tonegate_time now = {(int64_t)wall.tv_sec + ahead, (uint64_t)steady.tv_sec};
    return now;
}

#endif
