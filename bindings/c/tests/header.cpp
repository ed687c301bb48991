// The header is C++ too: compiled, linked and asked.

#include <tonegate.h>

#include <cstring>

int main() {
    tonegate_gate gate{};
    tonegate_state state{};
    tonegate_options options{};
    if (tonegate_gate_new(&gate, &options, &state) != TONEGATE_E_STORAGE) return 1;
    if (tonegate_gate_size() != sizeof gate) return 1;
    return std::strlen(tonegate_version()) > 0 ? 0 : 1;
}
