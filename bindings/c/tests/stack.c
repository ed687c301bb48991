/*
 * How much stack the verifier takes: stack PINS LICENCE-FILE. Everything runs in a thread of 64 KiB, below which lies a page
 * that nobody may touch; the stack is filled before, and what was overwritten is what was used.
 */

#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <tonegate.h>

#define STACK (64 * 1024)
#define PAGE 4096
#define FILL 0x5a

static const tonegate_time AT = {1763843553, 0};
static const char *pins;
static char text[TONEGATE_LICENSE_BYTES];
static size_t length, written;
static tonegate_options options;
static tonegate_gate gate;
static tonegate_session session;
static tonegate_state state;
static tonegate_verdict verdict;
static tonegate_feature_verdict feature;
static tonegate_turn turn;
static tonegate_outlook outlook;
static bool in_force;
static char json[TONEGATE_EXPLANATION_BYTES];
static uint8_t stored[TONEGATE_STORED_BYTES];

static void nothing(void) {}

static void set_up(void) {
    if (tonegate_options_init(&options, pins, strlen(pins), "tonegate-test", 13, TONEGATE_PRODUCTION)) exit(2);
    tonegate_state_new(7, &state);
}

static void verify(void) {
    if (tonegate_verify(&options, text, length, AT, &state, &verdict)) exit(2);
}

static void explain(void) {
    if (tonegate_explain(&options, text, length, AT, &state, json, sizeof json, &written)) exit(2);
}

static void gated(void) {
    if (tonegate_gate_new(&gate, &options, &state)) exit(2);
    if (tonegate_gate_load(&gate, text, length, AT, &verdict)) exit(2);
    if (tonegate_gate_renew(&gate, text, length, AT, &verdict, &in_force)) exit(2);
    if (tonegate_gate_check(&gate, "ans", 3, AT, &feature)) exit(2);
    if (tonegate_gate_outlook(&gate, "ans", 3, &outlook)) exit(2);
}

static void in_session(void) {
    if (tonegate_session_begin(&session, &options, NULL, 0, 7, AT)) exit(2);
    if (tonegate_session_turn(&session, AT, &turn) || !turn.fetch) exit(2);
    if (tonegate_session_fetched(&session, text, length, AT, &verdict, &in_force) || !in_force) exit(2);
    if (tonegate_session_check(&session, "ans", 3, AT, &feature)) exit(2);
    if (tonegate_session_save(&session, stored, sizeof stored, &written)) exit(2);
    if (tonegate_session_begin(&session, &options, stored, written, 7, AT)) exit(2);
}

static void *call(void *what) {
    (*(void (**)(void))what)();
    return NULL;
}

static size_t used(void (*what)(void)) {
    uint8_t *memory = mmap(NULL, PAGE + STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory, PAGE, PROT_NONE) != 0) exit(2);
    uint8_t *stack = memory + PAGE;
    memset(stack, FILL, STACK);
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    if (pthread_attr_setstack(&attributes, stack, STACK) != 0) exit(2);
    if (pthread_create(&thread, &attributes, call, &what) != 0) exit(2);
    pthread_join(thread, NULL);
    size_t untouched = 0;
    while (untouched < STACK && stack[untouched] == FILL) untouched++;
    munmap(memory, PAGE + STACK);
    return STACK - untouched;
}

int main(int count, char **words) {
    FILE *file = count == 3 ? fopen(words[2], "rb") : NULL;
    if (file == NULL) return 2;
    pins = words[1];
    length = fread(text, 1, sizeof text, file);
    fclose(file);
    size_t without = used(nothing);
    size_t options_bytes = used(set_up);
    printf("stack_bytes options %zu verify %zu explain %zu gate %zu session %zu of %d, of which the thread's own are %zu\n",
           options_bytes, used(verify), used(explain), used(gated), used(in_session), STACK, without);
    return 0;
}
