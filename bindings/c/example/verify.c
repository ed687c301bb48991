/*
 * Verifies a licence file and explains it: verify PINS ISSUER FILE [UNIX-TIME]
 *
 * Exits with 0 where the licence is good, with 1 where it is not. An app keeps the state between two starts; this
 * program begins as a new device each time.
 */

#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clocks.h"

int main(int count, char **words) {
    if (count < 4) {
        fprintf(stderr, "verify PINS ISSUER FILE [UNIX-TIME]\n");
        return 2;
    }
    tonegate_options options;
    int32_t code = tonegate_options_init(&options, words[1], strlen(words[1]), words[2], strlen(words[2]), TONEGATE_PRODUCTION);
    if (code != TONEGATE_OK) {
        fprintf(stderr, "the pins or the issuer cannot be used (%d)\n", code);
        return 2;
    }
    FILE *file = fopen(words[3], "rb");
    if (file == NULL) {
        perror(words[3]);
        return 2;
    }
    char text[TONEGATE_LICENSE_BYTES + 1]; /* one more, so that a text that is too long is seen to be */
    size_t length = fread(text, 1, sizeof text, file);
    fclose(file);

    tonegate_time now = clocks(0);
    if (count > 4) now.wall = atoll(words[4]);
    tonegate_state state;
    tonegate_state_new(0, &state); /* an app draws the number at random, once per device */

    static char json[TONEGATE_EXPLANATION_BYTES];
    size_t written;
    if (tonegate_explain(&options, text, length, now, &state, json, sizeof json, &written) == TONEGATE_OK) puts(json);

    tonegate_verdict verdict;
    code = tonegate_verify(&options, text, length, now, &state, &verdict);
    if (code < 0) {
        fprintf(stderr, "tonegate_verify was misused (%d)\n", code);
        return 2;
    }
    printf("SDK code %d: %s. %s\n", code, tonegate_reason_message(verdict.reason), tonegate_next_step(&verdict));
    return code == TONEGATE_OK ? 0 : 1;
}
