/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of this client share. */
#ifndef DISK_FILES_H
#define DISK_FILES_H

#include <check/check.h>
#include <filelib/connection.h>

extern struct files_connection files;
extern struct file_handle root;

/** Look a path up from the root. */
enum file_error find(const char *path, struct file_attributes *to);

/** Write a file from its start, each byte depending on its place. */
enum file_error fill(struct file_handle file, uint64_t size);

/** The tests of disks that fail; `what` is the first letter of the file `test`. */
void failing_disk(char what);

#endif
