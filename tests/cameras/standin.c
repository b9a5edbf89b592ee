/* A stand-in for the kernel's side of V4L2, preloaded (LD_PRELOAD) below the real driver in Python.

   A camera is a text file $STANDIN_CAMERAS/videoN, whose lines say what it is:

     card NAME | driver NAME | bus NAME
     caps HEX                 capabilities of this device file (default: capture and streaming)
     mplane                   multi-planar; the pieces of memory of a picture are given with each mode
     mode FOURCC W H RATE STRIDE[,STRIDE] BYTES[,BYTES] [FILE]     FILE holds the picture as it lies in memory;
                              without one it is grey, and the luma of its first pixel 16 + its number
     range FOURCC MINW MAXW STEPW MINH MAXH STEPH                  sizes as a range; each is tightly packed NV12
     fail CALL ERRNO [FOURCC]                                      open, querycap, s_fmt, reqbufs, streamon

   Its memory is a memfd, so mmap is the real one. No time passes: a poll that finds nothing filled has the sensor
   take the next picture. It is as strict as videobuf2: what is out of order is refused with EINVAL or EBUSY.
   The test steers it through the standin_* functions. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MOST 64
#define BUFFERS 8

struct mode { __u32 fourcc, w, h, rate, stride[2], bytes[2]; char file[256]; };
struct range { __u32 fourcc, v[6]; };
struct failure { char call[16]; int error; __u32 fourcc; };
enum state { WITH_USER, QUEUED, FILLED };
struct buffer { enum state state; __u32 used[2], sequence, order; int damaged; };
struct camera {
    int fd, mplane, gone, streaming, count, modes, ranges, failures;
    char card[32], driver[16], bus[32];
    __u32 caps, sequence, order;
    struct mode mode[MOST], now;
    struct range range[MOST];
    struct failure failure[MOST];
    struct buffer buffer[BUFFERS];
    char *memory;
    size_t size;
};

static struct camera *cameras[MOST];
static int truncated, flagged, silent, busy_format;

static int (*real_open)(const char *, int, ...), (*real_close)(int), (*real_ioctl)(int, unsigned long, ...);
static int (*real_poll)(struct pollfd *, nfds_t, int);

__attribute__((constructor)) static void find_real(void) {
    real_open = dlsym(RTLD_NEXT, "open64");
    real_close = dlsym(RTLD_NEXT, "close");
    real_ioctl = dlsym(RTLD_NEXT, "ioctl");
    real_poll = dlsym(RTLD_NEXT, "poll");
}

static __u32 code(const char *name) { return v4l2_fourcc(name[0], name[1], name[2], name[3]); }

static struct camera *camera_of(int fd) {
    for (int i = 0; i < MOST; i++)
        if (cameras[i] && cameras[i]->fd == fd) return cameras[i];
    return NULL;
}

static void read_line(struct camera *c, const char *line) {
    char name[8] = "", a[32] = "", b[32] = "";
    struct mode m = {0};
    struct range r = {0};
    struct failure f = {0};
    if (sscanf(line, "mode %4s %u %u %u %31s %31s %255s", name, &m.w, &m.h, &m.rate, a, b, m.file) >= 6) {
        m.fourcc = code(name);
        sscanf(a, "%u,%u", &m.stride[0], &m.stride[1]);
        sscanf(b, "%u,%u", &m.bytes[0], &m.bytes[1]);
        c->mode[c->modes++] = m;
    } else if (sscanf(line, "range %4s %u %u %u %u %u %u", name, &r.v[0], &r.v[1], &r.v[2], &r.v[3], &r.v[4],
                      &r.v[5]) == 7) {
        r.fourcc = code(name);
        c->range[c->ranges++] = r;
    } else if (sscanf(line, "fail %15s %d %4s", f.call, &f.error, name) >= 2) {
        f.fourcc = name[0] ? code(name) : 0;
        c->failure[c->failures++] = f;
    } else if (sscanf(line, "caps %x", &c->caps) == 1 || sscanf(line, "card %31[^\n]", c->card) == 1 ||
               sscanf(line, "driver %15[^\n]", c->driver) == 1 || sscanf(line, "bus %31[^\n]", c->bus) == 1) {
        return;
    } else if (strncmp(line, "mplane", 6) == 0) {
        c->mplane = 1;
        c->caps = V4L2_CAP_VIDEO_CAPTURE_MPLANE | V4L2_CAP_STREAMING;
    } else if (line[0] != '\n') {
        fprintf(stderr, "stand-in: cannot read: %s", line);
        abort();
    }
}

static int fails(struct camera *c, const char *call) {
    for (int i = 0; i < c->failures; i++)
        if (!strcmp(c->failure[i].call, call) && (!c->failure[i].fourcc || c->failure[i].fourcc == c->now.fourcc)) {
            errno = c->failure[i].error;
            return 1;
        }
    return 0;
}

static int plug_in(const char *path) {
    FILE *file = fopen(path, "r");
    char line[512];
    int slot = 0;
    if (!file) return -1;
    struct camera *c = calloc(1, sizeof *c);
    c->caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
    while (fgets(line, sizeof line, file)) read_line(c, line);
    fclose(file);
    if (fails(c, "open")) { free(c); return -1; }
    c->fd = syscall(SYS_memfd_create, "camera", 0);
    while (cameras[slot]) slot++;
    cameras[slot] = c;
    return c->fd;
}

static int is_camera(const char *path) {
    const char *folder = getenv("STANDIN_CAMERAS");
    size_t length = folder ? strlen(folder) : 0;
    return length && !strncmp(path, folder, length) && !strncmp(path + length, "/video", 6);
}

/* --- what the driver asks --- */

static __u32 buffer_type(struct camera *c) {
    return c->mplane ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE : V4L2_BUF_TYPE_VIDEO_CAPTURE;
}

static int planes_of(struct camera *c) { return c->mplane && c->now.bytes[1] ? 2 : 1; }

static size_t page(size_t bytes) { return (bytes + 4095) & ~4095ul; }

static size_t place_of(struct camera *c, int index, int plane) {
    size_t whole = page(c->now.bytes[0]) + page(c->now.bytes[1]);
    return index * whole + (plane ? page(c->now.bytes[0]) : 0);
}

static int refuse(int error) { errno = error; return -1; }

/* Formats in the order in which they are first named, each once. */
static int enum_format(struct camera *c, struct v4l2_fmtdesc *d) {
    __u32 seen[2 * MOST], count = 0;
    if (d->type != buffer_type(c)) return refuse(EINVAL);
    for (int i = 0; i < c->modes + c->ranges; i++) {
        __u32 fourcc = i < c->modes ? c->mode[i].fourcc : c->range[i - c->modes].fourcc, known = 0;
        for (__u32 k = 0; k < count; k++) known |= seen[k] == fourcc;
        if (!known) seen[count++] = fourcc;
    }
    if (d->index >= count) return refuse(EINVAL);
    d->pixelformat = seen[d->index];
    return 0;
}

static int enum_size(struct camera *c, struct v4l2_frmsizeenum *s) {
    __u32 at = 0;
    for (int i = 0; i < c->ranges; i++)
        if (c->range[i].fourcc == s->pixel_format) {
            if (s->index) return refuse(EINVAL);
            s->type = V4L2_FRMSIZE_TYPE_STEPWISE;
            s->stepwise = (struct v4l2_frmsize_stepwise){.min_width = c->range[i].v[0], .max_width = c->range[i].v[1],
                .step_width = c->range[i].v[2], .min_height = c->range[i].v[3], .max_height = c->range[i].v[4],
                .step_height = c->range[i].v[5]};
            return 0;
        }
    for (int i = 0; i < c->modes; i++)
        if (c->mode[i].fourcc == s->pixel_format && at++ == s->index) {
            s->type = V4L2_FRMSIZE_TYPE_DISCRETE;
            s->discrete.width = c->mode[i].w;
            s->discrete.height = c->mode[i].h;
            return 0;
        }
    return refuse(EINVAL);
}

static int enum_interval(struct camera *c, struct v4l2_frmivalenum *v) {
    for (int i = 0; i < c->modes && !v->index; i++)
        if (c->mode[i].fourcc == v->pixel_format && c->mode[i].w == v->width && c->mode[i].h == v->height &&
            c->mode[i].rate) {
            v->type = V4L2_FRMIVAL_TYPE_DISCRETE;
            v->discrete.numerator = 1;
            v->discrete.denominator = c->mode[i].rate;
            return 0;
        }
    return refuse(EINVAL);
}

/* As drivers do, it takes the mode that is named, or the nearest size of the format, or its first mode. */
static void choose(struct camera *c, __u32 fourcc, __u32 w, __u32 h) {
    struct mode m = c->modes ? c->mode[0] : (struct mode){0};
    long best = -1;
    for (int i = 0; i < c->modes; i++) {
        long far = labs((long)c->mode[i].w - w) + labs((long)c->mode[i].h - h);
        if (c->mode[i].fourcc == fourcc && (best < 0 || far < best)) { m = c->mode[i]; best = far; }
    }
    for (int i = 0; i < c->ranges; i++)
        if (c->range[i].fourcc == fourcc)
            m = (struct mode){.fourcc = fourcc, .w = w, .h = h, .stride = {w}, .bytes = {w * h * 3 / 2}};
    c->now = m;
}

static int set_format(struct camera *c, struct v4l2_format *f) {
    if (f->type != buffer_type(c)) return refuse(EINVAL);
    if (c->count || busy_format) return refuse(EBUSY);
    struct v4l2_pix_format_mplane *mp = &f->fmt.pix_mp;
    if (c->mplane) choose(c, mp->pixelformat, mp->width, mp->height);
    else choose(c, f->fmt.pix.pixelformat, f->fmt.pix.width, f->fmt.pix.height);
    if (fails(c, "s_fmt")) return -1;
    memset(&f->fmt, 0, sizeof f->fmt);
    if (c->mplane) {
        *mp = (struct v4l2_pix_format_mplane){.width = c->now.w, .height = c->now.h, .pixelformat = c->now.fourcc,
            .num_planes = planes_of(c)};
        for (int i = 0; i < planes_of(c); i++)
            mp->plane_fmt[i] = (struct v4l2_plane_pix_format){.sizeimage = c->now.bytes[i],
                .bytesperline = c->now.stride[i]};
    } else
        f->fmt.pix = (struct v4l2_pix_format){.width = c->now.w, .height = c->now.h, .pixelformat = c->now.fourcc,
            .bytesperline = c->now.stride[0], .sizeimage = c->now.bytes[0]};
    return 0;
}

static int request_buffers(struct camera *c, struct v4l2_requestbuffers *r) {
    if (r->type != buffer_type(c) || r->memory != V4L2_MEMORY_MMAP) return refuse(EINVAL);
    if (c->streaming) return refuse(EBUSY);
    if (r->count && fails(c, "reqbufs")) return -1;
    if (c->memory) munmap(c->memory, c->size);
    c->memory = NULL;
    c->count = r->count = r->count > BUFFERS ? BUFFERS : r->count;
    c->size = place_of(c, c->count, 0);
    memset(c->buffer, 0, sizeof c->buffer);
    if (c->count == 0) return 0;
    c->memory = ftruncate(c->fd, c->size) ? MAP_FAILED
                                          : mmap(NULL, c->size, PROT_READ | PROT_WRITE, MAP_SHARED, c->fd, 0);
    return c->memory == MAP_FAILED ? -1 : 0;
}

/* What the driver is told of a buffer, as QUERYBUF and DQBUF do. */
static int tell(struct camera *c, struct v4l2_buffer *b) {
    struct buffer *held = &c->buffer[b->index];
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    b->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC | (held->damaged ? V4L2_BUF_FLAG_ERROR : 0);
    b->timestamp.tv_sec = now.tv_sec;
    b->timestamp.tv_usec = now.tv_nsec / 1000;
    b->sequence = held->sequence;
    if (!c->mplane) {
        b->bytesused = held->used[0];
        b->m.offset = place_of(c, b->index, 0);
        b->length = c->now.bytes[0];
        return 0;
    }
    if (b->length < (__u32)planes_of(c)) return refuse(EINVAL);
    for (int i = 0; i < planes_of(c); i++) {
        b->m.planes[i].bytesused = held->used[i];
        b->m.planes[i].length = c->now.bytes[i];
        b->m.planes[i].m.mem_offset = place_of(c, b->index, i);
    }
    return 0;
}

static int queue(struct camera *c, struct v4l2_buffer *b) {
    if (b->index >= (__u32)c->count || c->buffer[b->index].state != WITH_USER) return refuse(EINVAL);
    c->buffer[b->index].state = QUEUED;
    c->buffer[b->index].order = ++c->order;
    return 0;
}

static int oldest(struct camera *c, enum state state) {
    int found = -1;
    for (int i = 0; i < c->count; i++)
        if (c->buffer[i].state == state && (found < 0 || c->buffer[i].order < c->buffer[found].order)) found = i;
    return found;
}

static int dequeue(struct camera *c, struct v4l2_buffer *b) {
    if (!c->streaming) return refuse(EINVAL);
    int index = oldest(c, FILLED);
    if (index < 0) return refuse(EAGAIN);
    c->buffer[index].state = WITH_USER;
    b->index = index;
    return tell(c, b);
}

static int stream(struct camera *c, int on) {
    if (on && (!c->count || fails(c, "streamon"))) return c->count ? -1 : refuse(EINVAL);
    c->streaming = on;
    for (int i = 0; i < c->count && !on; i++) c->buffer[i].state = WITH_USER;
    return 0;
}

/* --- the sensor --- */

static void take_picture(struct camera *c) {
    int index = oldest(c, QUEUED);
    c->sequence++;
    if (index < 0) return; /* nobody gave a buffer back: the picture is lost */
    struct buffer *b = &c->buffer[index];
    b->state = FILLED;
    b->order = ++c->order;
    b->sequence = c->sequence;
    b->damaged = flagged > 0 ? flagged-- : 0;
    FILE *file = c->now.file[0] ? fopen(c->now.file, "rb") : NULL;
    for (int i = 0; i < planes_of(c); i++) {
        b->used[i] = file ? fread(c->memory + place_of(c, index, i), 1, c->now.bytes[i], file) : c->now.bytes[i];
        if (!file) memset(c->memory + place_of(c, index, i), 128, c->now.bytes[i]);
    }
    if (file) fclose(file);
    else c->memory[place_of(c, index, 0)] = 16 + c->sequence % 220; /* the first pixel's luma tells which it is */
    if (truncated > 0 && truncated--) b->used[0] /= 2;
}

static int poll_one(struct pollfd *p, struct camera *c) {
    p->revents = 0;
    if (!c->gone && c->streaming && oldest(c, FILLED) < 0 && !silent) take_picture(c);
    if (c->gone) p->revents = POLLERR | POLLHUP;
    else if (!c->streaming || (oldest(c, QUEUED) < 0 && oldest(c, FILLED) < 0)) p->revents = POLLERR;
    else if (oldest(c, FILLED) >= 0) p->revents = POLLIN | POLLRDNORM;
    return p->revents != 0;
}

/* --- what the test says --- */

void standin_pass(int pictures) {
    for (int i = 0; i < MOST; i++)
        for (int k = 0; cameras[i] && k < pictures; k++) take_picture(cameras[i]);
}

void standin_unplug(void) {
    for (int i = 0; i < MOST; i++)
        if (cameras[i]) cameras[i]->gone = 1;
}

void standin_truncate(int pictures) { truncated = pictures; }
void standin_damage(int pictures) { flagged = pictures; }
void standin_silence(int on) { silent = on; }
void standin_busy(int on) { busy_format = on; }

/* --- in the place of libc's --- */

static int opened(const char *path, int flags, int mode) {
    /* A driver opens for reading and writing; whoever writes the text file does not. */
    int is_driver = (flags & O_ACCMODE) == O_RDWR && !(flags & O_CREAT);
    return is_driver && is_camera(path) ? plug_in(path) : real_open(path, flags, mode);
}

#define OPEN(name)                                                                                                     \
    int name(const char *path, int flags, ...) {                                                                       \
        va_list more;                                                                                                  \
        va_start(more, flags);                                                                                         \
        int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, int) : 0;                                              \
        va_end(more);                                                                                                  \
        return opened(path, flags, mode);                                                                              \
    }
OPEN(open)
OPEN(open64)

int close(int fd) {
    for (int i = 0; i < MOST; i++)
        if (cameras[i] && cameras[i]->fd == fd) {
            if (cameras[i]->memory) munmap(cameras[i]->memory, cameras[i]->size);
            free(cameras[i]);
            cameras[i] = NULL;
        }
    return real_close(fd);
}

int poll(struct pollfd *fds, nfds_t count, int timeout) {
    struct camera *c = count == 1 ? camera_of(fds[0].fd) : NULL;
    return c ? poll_one(fds, c) : real_poll(fds, count, timeout);
}

int ioctl(int fd, unsigned long request, ...) {
    va_list more;
    va_start(more, request);
    void *argument = va_arg(more, void *);
    va_end(more);
    struct camera *c = camera_of(fd);
    if (!c) return real_ioctl(fd, request, argument);
    if (c->gone) return refuse(ENODEV);
    switch (request) {
    case VIDIOC_QUERYCAP: {
        struct v4l2_capability *has = argument;
        memset(has, 0, sizeof *has);
        memcpy(has->card, c->card, sizeof c->card);
        memcpy(has->driver, c->driver, sizeof c->driver);
        memcpy(has->bus_info, c->bus, sizeof c->bus);
        /* The card can also do what only its other device files do. */
        has->capabilities = c->caps | V4L2_CAP_META_CAPTURE | V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_DEVICE_CAPS;
        has->device_caps = c->caps;
        return fails(c, "querycap") ? -1 : 0;
    }
    case VIDIOC_ENUM_FMT: return enum_format(c, argument);
    case VIDIOC_ENUM_FRAMESIZES: return enum_size(c, argument);
    case VIDIOC_ENUM_FRAMEINTERVALS: return enum_interval(c, argument);
    case VIDIOC_S_FMT: return set_format(c, argument);
    case VIDIOC_REQBUFS: return request_buffers(c, argument);
    case VIDIOC_QUERYBUF:
        return ((struct v4l2_buffer *)argument)->index < (__u32)c->count ? tell(c, argument) : refuse(EINVAL);
    case VIDIOC_QBUF: return queue(c, argument);
    case VIDIOC_DQBUF: return dequeue(c, argument);
    case VIDIOC_STREAMON: return stream(c, 1);
    case VIDIOC_STREAMOFF: return stream(c, 0);
    default: return refuse(ENOTTY);
    }
}
