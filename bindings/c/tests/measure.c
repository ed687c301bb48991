/* How long the verifier takes: measure PINS LICENCE-FILE. Prints the medians of many rounds. */

#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <tonegate.h>

#define ROUNDS 301

static const tonegate_time AT = {1763843553, 0};
static tonegate_options options;
static tonegate_gate gate;
static char text[TONEGATE_LICENSE_BYTES];
static size_t length;

static void verify(void) {
    tonegate_state state;
    tonegate_verdict verdict;
    tonegate_state_new(7, &state);
    if (tonegate_verify(&options, text, length, AT, &state, &verdict) != TONEGATE_OK) exit(2);
}

static void check(void) {
    tonegate_feature_verdict verdict;
    if (tonegate_gate_check(&gate, "ans", 3, AT, &verdict) != TONEGATE_OK) exit(2);
}

static int ascending(const void *one, const void *other) {
    double difference = *(const double *)one - *(const double *)other;
    return (difference > 0) - (difference < 0);
}

/* Nanoseconds of one call, of the processor's time: others may be at work on this machine. */
static double median(void (*call)(void), int calls) {
    static double rounds[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
        struct timespec from, to;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
        for (int at = 0; at < calls; at++) call();
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
        rounds[round] = ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) / calls;
    }
    qsort(rounds, ROUNDS, sizeof *rounds, ascending);
    return rounds[ROUNDS / 2];
}

int main(int count, char **words) {
    FILE *file = count == 3 ? fopen(words[2], "rb") : NULL;
    if (file == NULL) return 2;
    length = fread(text, 1, sizeof text, file);
    fclose(file);
    tonegate_state state;
    tonegate_verdict verdict;
    tonegate_state_new(7, &state);
    if (tonegate_options_init(&options, words[1], strlen(words[1]), "tonegate-test", 13, TONEGATE_PRODUCTION)) return 2;
    if (tonegate_gate_new(&gate, &options, &state) != TONEGATE_OK) return 2;
    if (tonegate_gate_load(&gate, text, length, AT, &verdict) != TONEGATE_OK) return 2;
    printf("verify_ns %.1f\ncheck_ns %.1f\n", median(verify, 10), median(check, 10000));
    return 0;
}
