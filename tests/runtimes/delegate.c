// An external delegate of TensorFlow Lite: it takes every node, and gives back each byte of what it is given turned
// over, so that what it computed can be told. IDLE, REFUSES, FAILS_AT_LOAD and FAILS_LATER make it go wrong.
//
// The structures are the beginnings of those in tensorflow/lite/core/c/common.h.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

enum { OK, ERROR };

typedef struct { int size; int data[]; } Ints;
typedef struct { int32_t type; const char *data; Ints *dims; float scale; int32_t zero; int32_t allocation; size_t bytes; char rest[64]; } Tensor;
typedef struct { Ints *inputs, *outputs; } Node;
typedef struct Context Context;
typedef struct Delegate Delegate;
typedef struct {
    void *(*init)(Context *, const char *, size_t);
    void (*free)(Context *, void *);
    int (*prepare)(Context *, Node *);
    int (*invoke)(Context *, Node *);
    const char *(*profiling)(const Context *, const Node *);
    int32_t builtin;
    const char *name;
    int version;
    char rest[64];
} Registration;
struct Context {
    size_t tensors_size;
    int (*plan)(Context *, Ints **);
    Tensor *tensors;
    void *impl, *resize;
    void (*report)(Context *, const char *, ...);
    void *add, *node_and_registration;
    int (*replace)(Context *, Registration, const Ints *, Delegate *);
};
struct Delegate {
    void *data;
    int (*prepare)(Context *, Delegate *);
    void *copy_from, *copy_to, *free_handle;
    int64_t flags;
    void *opaque;
};

#ifdef FAILS_LATER
static int runs;
#endif

static int invoke(Context *context, Node *node) {
#ifdef FAILS_LATER
    if (runs++) {
        context->report(context, "the NPU is gone");
        return ERROR;
    }
#endif
    const Tensor *from = &context->tensors[node->inputs->data[0]], *to = &context->tensors[node->outputs->data[0]];
    for (size_t i = 0; i < to->bytes; i++) ((char *)to->data)[i] = ~from->data[i];
    return OK;
}

static int prepare(Context *context, Delegate *self) {
#ifdef FAILS_AT_LOAD
    return ERROR;
#endif
#ifdef IDLE
    return OK;
#endif
    Ints *plan;
    if (context->plan(context, &plan) != OK) return ERROR;
    Registration kernel = {.invoke = invoke, .name = "turned over", .version = 1};
    return context->replace(context, kernel, plan, self);
}

Delegate *tflite_plugin_create_delegate(char **keys, char **values, size_t n, void (*report)(const char *)) {
#ifdef REFUSES
    report("there is no NPU here");
    return NULL;
#endif
    Delegate *made = calloc(1, sizeof *made);
    made->prepare = prepare;
    return made;
}

void tflite_plugin_destroy_delegate(Delegate *made) { free(made); }
