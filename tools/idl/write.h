/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the writers of C share. In the C that they write, every name of their
 * own begins with `ipc_`, so that it cannot meet a name of the protocol.
 */
#ifndef IDL_WRITE_H
#define IDL_WRITE_H

#include "layout.h"
#include "tree.h"

/* Where the C goes and for which protocol. */
struct writer {
    FILE *out;
    const struct protocol *protocol;
    const char *name;           /* of the protocol */
    char upper[PATH_MAX_SIZE];  /* the same in capitals */
};

/* What stands in an argument list: what a side gives, or where it takes; or a
 * call of a function that wants one or the other. */
enum list_kind {
    LIST_GIVE,          /* uint32_t size, const void *data, size_t data_size */
    LIST_TAKE,          /* uint32_t *size, void *data, size_t *data_size */
    LIST_PASS,          /* size, data, data_size */
    LIST_PASS_ADDRESS   /* &size, data, &data_size: of locals */
};

void put(const struct writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Documentation as lines that begin with `indent` and ` * `; nothing for NULL. */
void put_doc(const struct writer *w, const char *indent, const char *doc);
/* Each item of the list behind a comma, or nothing. */
void put_list(const struct writer *w, enum list_kind kind, const struct item *list);
/* The C type of a scalar, enum, struct, buffer or capability. */
void put_type(const struct writer *w, const struct type *type);
/* A number as a C constant. */
void put_number(const struct writer *w, number_t number);
/* `text` in capitals. */
void put_upper(const struct writer *w, const char *text);

/* NAME_METHOD_request_pack and _unpack, NAME_METHOD_reply_pack and _unpack, NAME_METHOD_fails. */
void write_packing(const struct writer *w, const struct method *method);
/* The client's function. */
void write_client(const struct writer *w, const struct method *method);
/* The table of callbacks, NAME_dispatch, NAME_service. */
void write_server(const struct writer *w);

/* Does the method, or any method, pass buffers in either direction? */
bool method_buffers(const struct method *method);
bool protocol_buffers(const struct protocol *protocol);

#endif
