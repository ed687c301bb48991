/*
 * Keeps a licence fresh: session PINS ISSUER STORE LICENCE-FILE [UNIX-TIME [TURNS]]
 *
 * The loop that every platform's LicenseSession is made of: take a turn, fetch when told to, report, store, wait. The
 * fetch here reads a file, where an app would ask its backend. Only one thread may use the session at a time.
 */

#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clocks.h"

/* Fetches a licence text: 0, or -1 and how long the server asked to wait. An app gives it 30 seconds at most. */
typedef int fetch_license(void *context, char *text, size_t capacity, size_t *length, uint64_t *retry_after);

static int fetch_from_file(void *context, char *text, size_t capacity, size_t *length, uint64_t *retry_after) {
    *retry_after = 0;
    FILE *file = fopen(context, "rb");
    if (file == NULL) return -1;
    *length = fread(text, 1, capacity, file);
    fclose(file);
    return 0;
}

static size_t load(const char *path, uint8_t *stored, size_t capacity) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) return 0;
    size_t length = fread(stored, 1, capacity, file);
    fclose(file);
    return length;
}

/* Whole or not at all: into another file first, which then takes the place of the one before. */
static void save(const char *path, const uint8_t *bytes, size_t length) {
    char beside[4096];
    snprintf(beside, sizeof beside, "%s.new", path);
    FILE *file = fopen(beside, "wb");
    if (file == NULL) return;
    int whole = fwrite(bytes, 1, length, file) == length && fflush(file) == 0 && fsync(fileno(file)) == 0;
    if (fclose(file) == 0 && whole) rename(beside, path);
}

static void one_turn(tonegate_session *session, int64_t ahead, fetch_license *fetch, void *context, tonegate_turn *turn) {
    tonegate_session_turn(session, clocks(ahead), turn);
    if (turn->changed) {
        printf("changed: %d, %s\n", turn->verdict.sdk_code, tonegate_reason_message(turn->verdict.reason));
    }
    if (!turn->fetch) return;
    char text[TONEGATE_LICENSE_BYTES + 1];
    size_t length = 0;
    uint64_t retry_after = 0;
    tonegate_verdict verdict;
    bool in_force = false;
    if (fetch(context, text, sizeof text, &length, &retry_after) == 0) {
        tonegate_session_fetched(session, text, length, clocks(ahead), &verdict, &in_force);
    } else {
        tonegate_session_failed(session, retry_after, clocks(ahead));
    }
    turn->wait_secs = 0; /* a fetch has ended: the next turn is due at once */
}

int main(int count, char **words) {
    if (count < 5) {
        fprintf(stderr, "session PINS ISSUER STORE LICENCE-FILE [UNIX-TIME [TURNS]]\n");
        return 2;
    }
    int64_t ahead = count > 5 ? atoll(words[5]) - clocks(0).wall : 0;
    long turns = count > 6 ? atol(words[6]) : -1;
    tonegate_options options;
    int32_t code = tonegate_options_init(&options, words[1], strlen(words[1]), words[2], strlen(words[2]), TONEGATE_PRODUCTION);
    if (code != TONEGATE_OK) {
        fprintf(stderr, "the pins or the issuer cannot be used (%d)\n", code);
        return 2;
    }
    static tonegate_session session; /* 6 KB: not everybody's stack has room for it */
    uint8_t bytes[TONEGATE_STORED_BYTES];
    size_t length = load(words[3], bytes, sizeof bytes);
    uint64_t drawn = (uint64_t)clocks(0).wall ^ (uint64_t)getpid(); /* an app has a better source */
    tonegate_session_begin(&session, &options, bytes, length, drawn, clocks(ahead));

    for (; turns != 0; turns -= turns > 0) {
        tonegate_turn turn;
        one_turn(&session, ahead, fetch_from_file, words[4], &turn);
        tonegate_feature_verdict verdict;
        tonegate_session_check(&session, "ans", strlen("ans"), clocks(ahead), &verdict);
        printf("ans %s\n", verdict.runs ? "runs" : "does not run");
        if (tonegate_session_is_unsaved(&session) == 1
            && tonegate_session_save(&session, bytes, sizeof bytes, &length) == TONEGATE_OK) {
            save(words[3], bytes, length);
        }
        fflush(stdout);
        if (turns != 1) sleep(turn.wait_secs);
    }
    return 0;
}
