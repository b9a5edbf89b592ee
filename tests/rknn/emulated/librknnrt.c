/* Stands in for librknnrt.so below rknn-toolkit-lite2, for aarch64: the older half of rknn_api.h, which that calls
 * (rknn_inputs_set, rknn_outputs_get). It computes what ../stub/librknnrt.c does: out[i] = in[i % n_in] / 2 + i.
 * Written from the documented behaviour; it says nothing about a real NPU.
 *
 * A model: any file. Its input is uint8 [1, 8, 8, 3], its output float32 [1, 4, 16].
 * Environment: STUB_FAIL, CALL:CODE: what that call gives instead of 0; STUB_SAYS: what it logs then.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GIVEN 192
#define OUT 64
#define FLOAT32 0
#define UINT8 3
#define NHWC 1
#define UNDEFINED 3

typedef struct {
    uint32_t index;
    void *buffer;
    uint32_t size;
    uint8_t pass_through;
    int32_t type, format;
} input;

typedef struct {
    uint8_t want_float, is_prealloc;
    uint32_t index;
    void *buffer;
    uint32_t size;
} output;

typedef struct {
    uint32_t index, n_dims, dims[16];
    char name[256];
    uint32_t n_elems, size;
    int32_t format, type, quantization;
    int8_t fl;
    int32_t zp;
    float scale;
    uint32_t w_stride, size_with_stride;
    uint8_t pass_through;
    uint32_t h_stride;
} tensor;

enum { IN_OUT_NUM = 0, INPUT_ATTR = 1, OUTPUT_ATTR = 2, SDK_VERSION = 5 };

static uint8_t given[GIVEN];

static int told(const char *call) {
    const char *spec = getenv("STUB_FAIL"), *says = getenv("STUB_SAYS");
    size_t length = strlen(call);
    if (!spec || strncmp(spec, call, length) || spec[length] != ':') return 0;
    fprintf(stderr, "%s\n", says ? says : "E RKNN: [00:00:00.000] told to fail");
    return atoi(spec + length + 1);
}

static tensor described(const char *name, int is_given) {
    tensor made = {.n_dims = is_given ? 4 : 3, .n_elems = is_given ? GIVEN : OUT};
    static const uint32_t dims[2][4] = {{1, 4, 16, 0}, {1, 8, 8, 3}};
    memcpy(made.dims, dims[is_given], sizeof dims[0]);
    snprintf(made.name, sizeof made.name, "%s", name);
    made.size = made.size_with_stride = is_given ? GIVEN : 4 * OUT;
    made.format = is_given ? NHWC : UNDEFINED;
    made.type = is_given ? UINT8 : FLOAT32;
    return made;
}

int rknn_init(uint64_t *context, void *model, uint32_t size, uint32_t flags, void *extend) {
    (void)model, (void)size, (void)flags, (void)extend;
    *context = 0x5afe;
    return told("rknn_init");
}

int rknn_query(uint64_t context, int command, void *info, uint32_t size) {
    (void)context;
    memset(info, 0, size);
    if (command == IN_OUT_NUM) ((uint32_t *)info)[0] = ((uint32_t *)info)[1] = 1;
    else if (command == INPUT_ATTR || command == OUTPUT_ATTR) *(tensor *)info = described("x", command == INPUT_ATTR);
    else if (command == SDK_VERSION) {
        snprintf(info, 256, "2.3.2 (stub@2026-01-01T00:00:00)");
        snprintf((char *)info + 256, 256, "0.9.8");
    } else return -5;
    return 0;
}

int rknn_inputs_set(uint64_t context, uint32_t count, input inputs[]) {
    (void)context;
    if (count != 1 || inputs[0].size != GIVEN || inputs[0].type != UINT8 || inputs[0].format != NHWC) return -8;
    memcpy(given, inputs[0].buffer, GIVEN);
    return told("rknn_inputs_set");
}

int rknn_run(uint64_t context, void *extend) {
    (void)context, (void)extend;
    return told("rknn_run");
}

int rknn_outputs_get(uint64_t context, uint32_t count, output outputs[], void *extend) {
    (void)context, (void)extend;
    if (count != 1 || !outputs[0].want_float) return -9;
    if (!outputs[0].is_prealloc) {
        outputs[0].buffer = malloc(4 * OUT);
        outputs[0].size = 4 * OUT;
    }
    for (uint32_t i = 0; i < OUT; i++) ((float *)outputs[0].buffer)[i] = given[i % GIVEN] / 2.0f + i;
    return told("rknn_outputs_get");
}

int rknn_outputs_release(uint64_t context, uint32_t count, output outputs[]) {
    (void)context;
    for (uint32_t i = 0; i < count; i++)
        if (!outputs[i].is_prealloc) free(outputs[i].buffer);
    return 0;
}

int rknn_set_core_mask(uint64_t context, int mask) {
    (void)context, (void)mask;
    return 0;
}

int rknn_set_input_shapes(uint64_t context, uint32_t count, tensor *shapes) {
    (void)context, (void)count, (void)shapes;
    return -5;
}

int rknn_destroy(uint64_t context) {
    (void)context;
    return 0;
}
