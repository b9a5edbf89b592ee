/* Stands in for librknnrt.so: holds every caller to the rules of rknn_api.h, and fails as it is told to.
 *
 * A breach of the rules (order, sizes, null pointers, memory that is no memory) aborts the process with a line that
 * says which. It computes out[i] = in[i % n_in] / 2 + i, in float32, so that a test can tell whether the right bytes
 * were read and written. Written from the documented behaviour; it says nothing about a real NPU.
 *
 * A model is a text file: RKNN-STUB SOC TOOLKIT in TYPE N,H,W,C out N,T,E END
 *
 * Environment:
 *   STUB_SOC, STUB_VERSION, STUB_DRIVER   what it takes itself for (rk3588, 2.5.0, 0.9.8)
 *   STUB_FAIL     CALL:CODE or CALL@NUMBER:CODE: that call (from its NUMBERth on) gives CODE, or null
 *   STUB_SAYS     what it logs when that happens
 *   STUB_ONCE     a path: fail only while there is no such file, which is then made
 *   STUB_RUN      what happens in rknn_run, from its STUB_RUN_FROMth on: hang, crash, or a number of ms
 *   STUB_NO_FD    rknn_create_mem_from_fd takes nothing
 *   STUB_PADS     pixels that a row of the input is longer in memory than the picture is wide
 *   STUB_REPORT   a path: what was called how often, written at rknn_destroy
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MOST_DIMS 16

typedef struct {
    uint32_t index, n_dims, dims[MOST_DIMS];
    char name[256];
    uint32_t n_elems, size;
    int32_t fmt, type, qnt_type;
    int8_t fl;
    int32_t zp;
    float scale;
    uint32_t w_stride, size_with_stride;
    uint8_t pass_through;
    uint32_t h_stride;
} tensor_attr;

typedef struct {
    void *virt_addr;
    uint64_t phys_addr;
    int32_t fd, offset;
    uint32_t size, flags;
    void *priv_data;
} tensor_mem;

enum { FLOAT32 = 0, UINT8 = 3 };
enum { NHWC = 1, UNDEFINED = 3 };
enum { IN_OUT_NUM = 0, INPUT_ATTR = 1, OUTPUT_ATTR = 2, SDK_VERSION = 5 };
enum { ALLOC_INSIDE = 1, FROM_FD = 2 };

static struct {
    uint64_t context;
    tensor_attr given, out;
    tensor_mem *given_mem, *out_mem;
    int memories, runs, imports, cores;
    int was_synced;
    int is_gone;
} held;

static void breach(const char *rule) {
    fprintf(stderr, "E STUB: breach of the rules: %s\n", rule);
    abort();
}

#define MUST(condition) ((condition) ? (void)0 : breach(#condition))

static const char *setting(const char *name, const char *otherwise) {
    const char *value = getenv(name);
    return value && *value ? value : otherwise;
}

/* Whether STUB_ONCE spares this process: asked when it would fail first, and so from then on. */
static int is_spared(void) {
    static int spared = -1;
    const char *once = getenv("STUB_ONCE");
    if (spared < 0) {
        int made = once && *once ? open(once, O_CREAT | O_EXCL | O_WRONLY, 0600) : 0;
        spared = made < 0;
        if (made > 0) close(made);
    }
    return spared;
}

/* 1: `call`, made for the `number`th time, is the one to fail, with `*code`. */
static int is_to_fail(const char *call, int number, int *code) {
    char wanted[64];
    int first = 1;
    const char *spec = setting("STUB_FAIL", "");
    if (sscanf(spec, "%63[^:@]@%d:%d", wanted, &first, code) != 3 && sscanf(spec, "%63[^:@]:%d", wanted, code) != 2)
        return 0;
    if (strcmp(wanted, call) || number < first || is_spared()) return 0;
    fprintf(stderr, "%s\n", setting("STUB_SAYS", "E RKNN: [00:00:00.000] told to fail"));
    return 1;
}

#define FAILS_IF_TOLD(call)                          \
    do {                                             \
        static int number;                           \
        int code;                                    \
        if (held.is_gone) return -7;                 \
        if (is_to_fail(call, ++number, &code)) {     \
            held.is_gone |= code == -7;              \
            return code;                             \
        }                                            \
    } while (0)

static void describe(tensor_attr *tensor, const char *name, int type, int rank, const uint32_t *dims) {
    memset(tensor, 0, sizeof *tensor);
    snprintf(tensor->name, sizeof tensor->name, "%s", name);
    tensor->n_dims = rank;
    tensor->n_elems = 1;
    for (int i = 0; i < rank; i++) tensor->n_elems *= tensor->dims[i] = dims[i];
    tensor->fmt = rank == 4 ? NHWC : UNDEFINED;
    tensor->type = type;
    tensor->size = tensor->size_with_stride = tensor->n_elems * (type == UINT8 ? 1 : 4);
    tensor->w_stride = rank == 4 ? dims[2] : 0;
}

static int dims_of(char *text, uint32_t *dims) {
    int rank = 0;
    for (char *part = strtok(text, ","); part && rank < MOST_DIMS; part = strtok(NULL, ",")) dims[rank++] = atoi(part);
    return rank;
}

static int load(const char *path) {
    char soc[32], toolkit[32], type[16], given[64], out[64], end[8] = "";
    FILE *file = fopen(path, "r");
    if (!file) return -1;
    int got = fscanf(file, "RKNN-STUB %31s %31s in %15s %63s out %63s %7s", soc, toolkit, type, given, out, end);
    fclose(file);
    if (got != 6 || strcmp(end, "END")) {
        fprintf(stderr, "E RKNN: [00:00:00.000] parseRKNN from buffer: Invalid RKNN format!\n");
        return -6;
    }
    if (strcmp(soc, setting("STUB_SOC", "rk3588"))) {
        fprintf(stderr, "E RKNN: [00:00:00.000] target platform %s, current platform %s\n", soc,
                setting("STUB_SOC", "rk3588"));
        return -13;
    }
    uint32_t dims[MOST_DIMS];
    int rank = dims_of(given, dims);
    describe(&held.given, "given", !strcmp(type, "uint8") ? UINT8 : FLOAT32, rank, dims);
    held.given.w_stride += atoi(setting("STUB_PADS", "0"));
    rank = dims_of(out, dims);
    describe(&held.out, "out", FLOAT32, rank, dims);
    return 0;
}

int rknn_init(uint64_t *context, void *model, uint32_t size, uint32_t flag, void *extend) {
    MUST(context != NULL && model != NULL);
    MUST(size == 0 && flag == 0 && extend == NULL);
    MUST(held.context == 0);
    FAILS_IF_TOLD("rknn_init");
    int code = load(model);
    if (code == 0) *context = held.context = 0x5afe;
    return code;
}

int rknn_query(uint64_t context, int command, void *info, uint32_t size) {
    MUST(context == held.context && context != 0 && info != NULL);
    FAILS_IF_TOLD("rknn_query");
    if (command == IN_OUT_NUM) {
        MUST(size == 8);
        ((uint32_t *)info)[0] = ((uint32_t *)info)[1] = 1;
    } else if (command == INPUT_ATTR || command == OUTPUT_ATTR) {
        MUST(size == sizeof(tensor_attr));
        MUST(((tensor_attr *)info)->index == 0);
        *(tensor_attr *)info = command == INPUT_ATTR ? held.given : held.out;
    } else {
        MUST(command == SDK_VERSION && size == 512);
        snprintf(info, 256, "%s (stub@2026-01-01T00:00:00)", setting("STUB_VERSION", "2.5.0"));
        snprintf((char *)info + 256, 256, "%s", setting("STUB_DRIVER", "0.9.8"));
    }
    return 0;
}

int rknn_set_core_mask(uint64_t context, int mask) {
    MUST(context == held.context && context != 0);
    MUST(mask == 1 || mask == 2 || mask == 3 || mask == 4 || mask == 7 || mask == 0xffff);
    FAILS_IF_TOLD("rknn_set_core_mask");
    held.cores = mask;
    return 0;
}

static tensor_mem *remembered(tensor_mem made) {
    tensor_mem *memory = malloc(sizeof made);
    *memory = made;
    held.memories++;
    return memory;
}

tensor_mem *rknn_create_mem(uint64_t context, uint32_t size) {
    static int number;
    int code;
    MUST(context == held.context && context != 0 && size > 0);
    if (held.is_gone || is_to_fail("rknn_create_mem", ++number, &code)) return NULL;
    tensor_mem made = {.virt_addr = malloc(size), .fd = -1, .size = size, .flags = ALLOC_INSIDE};
    return remembered(made);
}

/* The memory's own mapping, as a device would have it: the address that the caller gave is not needed for that. */
tensor_mem *rknn_create_mem_from_fd(uint64_t context, int32_t fd, void *address, uint32_t size, int32_t offset) {
    static int number;
    int code;
    struct stat file;
    MUST(context == held.context && context != 0 && address != NULL && size > 0 && offset >= 0);
    MUST(fstat(fd, &file) == 0 && offset + (int64_t)size <= file.st_size);
    if (held.is_gone || getenv("STUB_NO_FD") || is_to_fail("rknn_create_mem_from_fd", ++number, &code)) return NULL;
    char *mapped = mmap(NULL, file.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED) return NULL;
    held.imports++;
    tensor_mem made = {.virt_addr = mapped + offset, .fd = fd, .offset = offset, .size = size, .flags = FROM_FD};
    made.priv_data = (void *)(uintptr_t)file.st_size;
    return remembered(made);
}

int rknn_set_io_mem(uint64_t context, tensor_mem *memory, tensor_attr *tensor) {
    MUST(context == held.context && context != 0 && memory != NULL && tensor != NULL);
    int is_given = !strcmp(tensor->name, "given");
    tensor_attr *own = is_given ? &held.given : &held.out;
    MUST(tensor->n_elems == own->n_elems && tensor->pass_through == 0);
    MUST(tensor->type == own->type);
    MUST(!(own->n_dims == 4) || tensor->fmt == NHWC);
    MUST(memory->size >= own->size);
    FAILS_IF_TOLD("rknn_set_io_mem");
    *(is_given ? &held.given_mem : &held.out_mem) = memory;
    return 0;
}

int rknn_mem_sync(uint64_t context, tensor_mem *memory, int mode) {
    MUST(context == held.context && context != 0);
    MUST(memory == (mode == 1 ? held.given_mem : held.out_mem));
    FAILS_IF_TOLD("rknn_mem_sync");
    held.was_synced = mode == 1;
    return 0;
}

static void misbehave(const char *how) {
    if (!strcmp(how, "crash")) raise(SIGSEGV);
    if (!strcmp(how, "hang")) {
        signal(SIGTERM, SIG_IGN);
        for (;;) pause();
    }
    struct timespec time = {.tv_sec = atoi(how) / 1000, .tv_nsec = atoi(how) % 1000 * 1000000L};
    nanosleep(&time, NULL);
}

int rknn_run(uint64_t context, void *extend) {
    MUST(context == held.context && context != 0 && extend == NULL);
    MUST(held.given_mem != NULL && held.out_mem != NULL);
    MUST(held.was_synced);
    int first = atoi(setting("STUB_RUN_FROM", "1"));
    const char *how = getenv("STUB_RUN");
    if (how && *how && held.runs + 1 >= first && !is_spared()) misbehave(how);
    FAILS_IF_TOLD("rknn_run");
    float *out = held.out_mem->virt_addr;
    for (uint32_t i = 0; i < held.out.n_elems; i++) {
        uint32_t at = i % held.given.n_elems;
        const void *given = held.given_mem->virt_addr;
        out[i] = (held.given.type == UINT8 ? ((const uint8_t *)given)[at] : ((const float *)given)[at]) / 2 + i;
    }
    held.runs++;
    return 0;
}

int rknn_destroy_mem(uint64_t context, tensor_mem *memory) {
    MUST(context == held.context && context != 0 && memory != NULL);
    if (memory == held.given_mem) held.given_mem = NULL;
    if (memory == held.out_mem) held.out_mem = NULL;
    if (memory->flags == FROM_FD) munmap((char *)memory->virt_addr - memory->offset, (uintptr_t)memory->priv_data);
    else free(memory->virt_addr);
    free(memory);
    held.memories--;
    return 0;
}

int rknn_destroy(uint64_t context) {
    MUST(context == held.context && context != 0);
    MUST(held.memories == 0);
    const char *path = getenv("STUB_REPORT");
    FILE *report = path ? fopen(path, "w") : NULL;
    if (report) {
        fprintf(report, "{\"runs\": %d, \"imports\": %d, \"cores\": %d}\n", held.runs, held.imports, held.cores);
        fclose(report);
    }
    memset(&held, 0, sizeof held);
    return 0;
}
