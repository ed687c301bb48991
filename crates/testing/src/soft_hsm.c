/* A PKCS#11 module around SoftHSM that tests turn (soft_hsm.rs) by files in $TONEGATE_TOKEN_DIR: while `hang` is
 * there, no signature comes back; while `unplugged` is there, no slot holds a token and every call on a session
 * says so. Every sign-in leaves a byte in `sign-ins`. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef unsigned long rv;
/* CK_FUNCTION_LIST of PKCS#11 2.40: a version, then 68 functions. */
struct list { unsigned char version[2]; void *functions[68]; };
enum { GET_FUNCTION_LIST = 3, GET_SLOT_LIST = 4, OPEN_SESSION = 12, LOGIN = 18, FIND_OBJECTS_INIT = 26, SIGN_INIT = 42,
       SIGN = 43 };
#define DEVICE_REMOVED 0x32UL

static struct list ours;
static struct list *theirs;

static const char *place(const char *name) {
    static __thread char path[4096];
    snprintf(path, sizeof path, "%s/%s", getenv("TONEGATE_TOKEN_DIR"), name);
    return path;
}
static int is(const char *name) { return access(place(name), F_OK) == 0; }

static rv get_slot_list(unsigned char present, unsigned long *slots, unsigned long *count) {
    if (is("unplugged")) { *count = 0; return 0; }
    return ((rv (*)(unsigned char, unsigned long *, unsigned long *))theirs->functions[GET_SLOT_LIST])(present, slots, count);
}
static rv open_session(unsigned long slot, unsigned long flags, void *app, void *notify, unsigned long *session) {
    if (is("unplugged")) return DEVICE_REMOVED;
    return ((rv (*)(unsigned long, unsigned long, void *, void *, unsigned long *))theirs->functions[OPEN_SESSION])(
        slot, flags, app, notify, session);
}
static rv login(unsigned long session, unsigned long user, unsigned char *pin, unsigned long length) {
    int file = open(place("sign-ins"), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (file >= 0) { if (write(file, "x", 1) != 1) abort(); close(file); }
    return ((rv (*)(unsigned long, unsigned long, unsigned char *, unsigned long))theirs->functions[LOGIN])(
        session, user, pin, length);
}
static rv find_objects_init(unsigned long session, void *template, unsigned long count) {
    if (is("unplugged")) return DEVICE_REMOVED;
    return ((rv (*)(unsigned long, void *, unsigned long))theirs->functions[FIND_OBJECTS_INIT])(session, template, count);
}
static rv sign_init(unsigned long session, void *mechanism, unsigned long key) {
    if (is("unplugged")) return DEVICE_REMOVED;
    return ((rv (*)(unsigned long, void *, unsigned long))theirs->functions[SIGN_INIT])(session, mechanism, key);
}
static rv sign(unsigned long session, unsigned char *data, unsigned long length, unsigned char *to, unsigned long *size) {
    while (is("hang")) usleep(10000);
    return ((rv (*)(unsigned long, unsigned char *, unsigned long, unsigned char *, unsigned long *))
            theirs->functions[SIGN])(session, data, length, to, size);
}

rv C_GetFunctionList(struct list **list) {
    if (!theirs) {
        void *module = dlopen(getenv("TONEGATE_TOKEN_MODULE"), RTLD_NOW);
        rv (*get)(struct list **) = module ? (rv (*)(struct list **))dlsym(module, "C_GetFunctionList") : NULL;
        if (!get || get(&theirs)) return 5;
        ours = *theirs;
        ours.functions[GET_FUNCTION_LIST] = C_GetFunctionList;
        ours.functions[GET_SLOT_LIST] = get_slot_list;
        ours.functions[OPEN_SESSION] = open_session;
        ours.functions[LOGIN] = login;
        ours.functions[FIND_OBJECTS_INIT] = find_objects_init;
        ours.functions[SIGN_INIT] = sign_init;
        ours.functions[SIGN] = sign;
    }
    *list = &ours;
    return 0;
}
