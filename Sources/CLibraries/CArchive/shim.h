#pragma once
#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

// Swift cannot import functions whose arguments are macros of function type.
typedef la_ssize_t (*lockstep_archive_read)(struct archive *, void *, const void **);
typedef la_ssize_t (*lockstep_archive_write)(struct archive *, void *, const void *, size_t);

static inline int lockstep_archive_open_read(struct archive *archive, void *source, lockstep_archive_read read) {
    return archive_read_open(archive, source, NULL, read, NULL);
}
static inline int lockstep_archive_open_write(struct archive *archive, void *sink, lockstep_archive_write write) {
    return archive_write_open(archive, sink, NULL, write, NULL);
}
static inline void lockstep_archive_fail(struct archive *archive, const char *message) {
    archive_set_error(archive, -1, "%s", message);
}
// libarchive refuses or mangles names outside of ASCII under the C locale that a program begins with.
static inline void lockstep_use_utf8_names(void) { setlocale(LC_CTYPE, "C.UTF-8"); }
