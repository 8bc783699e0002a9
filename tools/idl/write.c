/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Writes the C header of a protocol: errors, constants and types here, the
 * rest by pack.c, client.c and server.c.
 */
#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "write.h"

void put(const struct writer *w, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(w->out, format, args);
    va_end(args);
}

/* Text that would end the comment, or begin another, is broken up. */
void put_doc(const struct writer *w, const char *indent, const char *doc)
{
    if (!doc)
        return;
    while (true) {
        size_t size = strcspn(doc, "\n");

        put(w, "%s *%s", indent, size ? " " : "");
        for (size_t i = 0; i < size; i++) {
            fputc(doc[i], w->out);
            if ((doc[i] == '*' && doc[i + 1] == '/') || (doc[i] == '/' && doc[i + 1] == '*'))
                fputc(' ', w->out);
        }
        fputc('\n', w->out);
        if (!doc[size])
            return;
        doc += size + 1;
    }
}

void put_upper(const struct writer *w, const char *text)
{
    for (; *text; text++)
        fputc(toupper((unsigned char)*text), w->out);
}

/* The least i64 cannot be written as one constant. */
void put_number(const struct writer *w, number_t number)
{
    char text[48];

    number_print(text, sizeof(text), number);
    if (number == INT64_MIN)
        put(w, "INT64_MIN");
    else if (number > INT64_MAX)
        put(w, "UINT64_C(%s)", text);
    else if (number > INT32_MAX || number < INT32_MIN)
        put(w, number < 0 ? "(-INT64_C(%s))" : "INT64_C(%s)", text + (number < 0));
    else
        put(w, number < 0 ? "(%s)" : "%s", text);
}

void put_type(const struct writer *w, const struct type *type)
{
    switch (type->kind) {
    case TYPE_BOOL:
        put(w, "bool");
        break;
    case TYPE_INT:
        put(w, "%sint%d_t", type->is_signed ? "" : "u", type->bits);
        break;
    case TYPE_ENUM:
        put(w, "enum %s_%s", w->name, type->group->name);
        break;
    case TYPE_STRUCT:
        put(w, "struct %s_%s", w->name, type->group->name);
        break;
    case TYPE_BUFFER:
        put(w, "struct ipc_buffer");
        break;
    default:
        put(w, "cap_t");
        break;
    }
}

static void put_string(const struct writer *w, enum list_kind kind, const struct item *item)
{
    if (kind == LIST_GIVE)
        put(w, ", const char *%s", item->name);
    else if (kind == LIST_TAKE)
        put(w, ", char %s[static %d]", item->name, (int)item->type->limit.value + 1);
    else
        put(w, ", %s", item->name);
}

static void put_bytes(const struct writer *w, enum list_kind kind, const struct item *item)
{
    static const char *const formats[] = {
        [LIST_GIVE] = ", const void *%s, size_t %s_size",
        [LIST_TAKE] = ", void *%s, size_t *%s_size",
        [LIST_PASS] = ", %s, %s_size",
        [LIST_PASS_ADDRESS] = ", %s, &%s_size",
    };

    fprintf(w->out, formats[kind], item->name, item->name);
}

static void put_scalar(const struct writer *w, enum list_kind kind, const struct item *item)
{
    put(w, ", ");
    if (kind == LIST_GIVE || kind == LIST_TAKE) {
        put_type(w, item->type);
        put(w, " %s", kind == LIST_TAKE ? "*" : "");
    }
    put(w, "%s%s", kind == LIST_PASS_ADDRESS ? "&" : "", item->name);
}

void put_list(const struct writer *w, enum list_kind kind, const struct item *list)
{
    for (; list; list = list->next) {
        if (list->type->kind == TYPE_STRING)
            put_string(w, kind, list);
        else if (list->type->kind == TYPE_BYTES)
            put_bytes(w, kind, list);
        else
            put_scalar(w, kind, list);
    }
}

bool method_buffers(const struct method *method)
{
    return layout_of(method->params).buffers || layout_of(method->results).buffers;
}

bool protocol_buffers(const struct protocol *protocol)
{
    const struct method *method = protocol->methods;

    while (method && !method_buffers(method))
        method = method->next;
    return method != NULL;
}

static void write_head(const struct writer *w)
{
    put(w, "/* SPDX-License-Identifier: BSD-2-Clause\n *\n"
        " * Made by tools/idl from %s.idl: change that, not this.\n", w->name);
    if (w->protocol->doc)
        put(w, " *\n");
    put_doc(w, "", w->protocol->doc);
    put(w, " *\n"
        " * Client: %s_METHOD(server, ...). What it returns besides the protocol's errors:\n"
        " * _E_ARG (not sent: an argument is out of its range), _E_REPLY (the server broke the\n"
        " * protocol), _E_TRANSPORT + a kernel error. Results are set only with _OK. A string\n"
        " * result needs room for its limit and a NUL, a byte string result for its limit.\n"
        " * Idempotent methods are called again if the server dies, IPC_TRIES times in all.\n"
        " * Server: fill in a struct %s_server, give %s_service(...) to ipc_serve,\n"
        " * see <ipclib/serve.h>.\n"
        " */\n", w->name, w->name, w->name);
    put(w, "#ifndef PROTO_%s_H\n#define PROTO_%s_H\n\n", w->upper, w->upper);
    put(w, "#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n\n"
        "#include <abi/call.h>\n#include <ipclib/stub.h>\n\n"
        "_Static_assert(MESSAGE_REGS == %d && MESSAGE_WORDS == %d && MESSAGE_CAPS == %d,\n"
        "               \"the wire format is made for these limits\");\n\n",
        MESSAGE_REGS, MESSAGE_WORDS, MESSAGE_CAPS);
    put(w, "#define %s_VERSION %d\n", w->upper, (int)w->protocol->version.value);
}

static void write_constants(const struct writer *w)
{
    for (const struct item *item = w->protocol->constants; item; item = item->next) {
        if (item->doc) {
            put(w, "/*\n");
            put_doc(w, "", item->doc);
            put(w, " */\n");
        }
        put(w, "#define %s_%s ", w->upper, item->name);
        put_number(w, item->value.value);
        put(w, "\n");
    }
    put(w, "\n");
}

static void put_inner_doc(const struct writer *w, const char *doc)
{
    if (!doc)
        return;
    put(w, "    /*\n");
    put_doc(w, "    ", doc);
    put(w, "     */\n");
}

static void write_errors(const struct writer *w)
{
    put(w, "enum %s_error {\n    %s_OK = 0,\n", w->name, w->upper);
    for (const struct item *item = w->protocol->errors; item; item = item->next) {
        put_inner_doc(w, item->doc);
        put(w, "    %s_E_", w->upper);
        put_upper(w, item->name);
        put(w, " = %d,\n", (int)item->value.value);
    }
    put(w, "    %s_E_MALFORMED = IPC_E_MALFORMED,   /* the server refused the message unread */\n"
        "    %s_E_METHOD = IPC_E_METHOD,         /* the server has no such method */\n"
        "    %s_E_FAILED = IPC_E_FAILED,         /* the server could not answer as it should */\n"
        "    %s_E_DOWN = IPC_E_DOWN,             /* the server stays down until it is started */\n"
        "    %s_E_REPLY = IPC_E_REPLY,           /* the reply breaks the protocol */\n"
        "    %s_E_ARG = IPC_E_ARG,               /* an argument is out of range: not sent */\n"
        "    %s_DEFER = IPC_E_DEFER,             /* callback of a `waits` method: not yet */\n"
        "    %s_E_TRANSPORT = IPC_E_TRANSPORT,   /* plus an enum error from the kernel */\n"
        "    %s_E_TRANSPORT_LAST = IPC_E_TRANSPORT + 0xffff\n};\n\n",
        w->upper, w->upper, w->upper, w->upper, w->upper, w->upper, w->upper, w->upper,
        w->upper);
}

static void write_enum(const struct writer *w, const struct group *group)
{
    put(w, "enum %s_%s {\n", w->name, group->name);
    for (const struct item *item = group->items; item; item = item->next) {
        put_inner_doc(w, item->doc);
        put(w, "    %s_", w->upper);
        put_upper(w, group->name);
        put(w, "_");
        put_upper(w, item->name);
        put(w, " = ");
        put_number(w, item->value.value);
        put(w, "%s\n", item->next ? "," : "");
    }
    put(w, "};\n\n/* Is this word one of them? */\n"
        "static inline bool %s_%s_valid(word_t ipc_word)\n{\n"
        "    switch ((int64_t)ipc_word) {\n", w->name, group->name);
    for (const struct item *item = group->items; item; item = item->next) {
        put(w, "    case ");
        put_number(w, item->value.value);
        put(w, ":\n");
    }
    put(w, "        return true;\n    default:\n        return false;\n    }\n}\n\n");
}

static void write_struct(const struct writer *w, const struct group *group)
{
    put(w, "struct %s_%s {\n", w->name, group->name);
    for (const struct item *item = group->items; item; item = item->next) {
        put_inner_doc(w, item->doc);
        put(w, "    ");
        put_type(w, item->type);
        put(w, " %s;\n", item->name);
    }
    put(w, "};\n\n");
}

static void write_groups(const struct writer *w)
{
    for (const struct group *group = w->protocol->groups; group; group = group->next) {
        if (group->doc) {
            put(w, "/*\n");
            put_doc(w, "", group->doc);
            put(w, " */\n");
        }
        if (group->base)
            write_enum(w, group);
        else
            write_struct(w, group);
    }
}

static void write_numbers(const struct writer *w)
{
    put(w, "/* Labels of the requests. */\nenum {\n");
    for (const struct method *method = w->protocol->methods; method; method = method->next) {
        put(w, "    %s_METHOD_", w->upper);
        put_upper(w, method->name);
        put(w, " = %d%s\n", (int)method->number.value, method->next ? "," : "");
    }
    put(w, "};\n\n");
}

void write_header(FILE *out, const struct protocol *protocol)
{
    struct writer w = {.out = out, .protocol = protocol, .name = protocol->name};
    size_t size = strlen(protocol->name);

    for (size_t i = 0; i < size && i + 1 < sizeof(w.upper); i++)
        w.upper[i] = (char)toupper((unsigned char)protocol->name[i]);
    write_head(&w);
    write_constants(&w);
    write_errors(&w);
    write_groups(&w);
    write_numbers(&w);
    for (const struct method *method = protocol->methods; method; method = method->next) {
        write_packing(&w, method);
        write_client(&w, method);
    }
    write_server(&w);
    put(&w, "#endif\n");
}
