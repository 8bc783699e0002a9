/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Writes the server's side: the table of callbacks, and the dispatcher that
 * lets nothing malformed through to them.
 */
#include "write.h"

static void write_table(const struct writer *w)
{
    put(w, "/*\n * A server of %s. self: what was given to %s_service; badge: says which client\n"
        " * calls. Strings and byte strings are copies on the stack, gone when the callback\n"
        " * returns. A received capability is the callback's to keep or to delete; one in a\n"
        " * result is copied, or given away if it says `move`. Without a callback (NULL) the\n"
        " * client gets %s_E_METHOD.\n */\n"
        "struct %s_server {\n", w->name, w->name, w->upper, w->name);
    for (const struct method *method = w->protocol->methods; method; method = method->next) {
        put(w, "    enum %s_error (*%s)(void *self, word_t badge", w->name, method->name);
        put_list(w, LIST_GIVE, method->params);
        put_list(w, LIST_TAKE, method->results);
        put(w, ");\n");
    }
    if (protocol_buffers(w->protocol))
        put(w, "    /* Bytes of the memory shared with this client; buffers must lie inside. */\n"
            "    word_t (*region)(void *self, word_t badge);\n");
    put(w, "};\n\n");
}

/* Room for what comes in, and for results: these are cleared, since what a
 * callback leaves unset would otherwise show the client the server's stack. */
static void put_locals(const struct writer *w, const struct item *list, bool results)
{
    for (; list; list = list->next) {
        int limit = (int)list->type->limit.value;

        put(w, "    ");
        if (list->type->kind == TYPE_STRING) {
            put(w, "char %s[%d]%s;\n", list->name, limit + 1, results ? " = {0}" : "");
        } else if (list->type->kind == TYPE_BYTES) {
            put(w, "uint8_t %s[%d]%s;\n    size_t %s_size = 0;\n", list->name, limit,
                results ? " = {0}" : "", list->name);
        } else {
            bool aggregate = list->type->kind == TYPE_STRUCT || list->type->kind == TYPE_BUFFER;

            put_type(w, list->type);
            put(w, " %s = %s;\n", list->name, aggregate ? "{0}" : "0");
        }
    }
}

static void put_handler_call(const struct writer *w, const struct method *method)
{
    put(w, "    ipc_error = ipc_server->%s(ipc_self, ipc_badge", method->name);
    put_list(w, LIST_PASS, method->params);
    put_list(w, LIST_PASS_ADDRESS, method->results);
    put(w, ");\n");
    if (method->waits)
        put(w, "    if (ipc_error == %s_DEFER)\n        return IPC_DEFER;\n", w->upper);
    put(w, "    if (ipc_error == %s_OK && %s_%s_reply_pack(ipc_m%s", w->upper, w->name,
        method->name, layout_of(method->results).buffers ? ", ipc_region" : "");
    put_list(w, LIST_PASS, method->results);
    put(w, "))\n        return IPC_REPLY;\n"
        "    return ipc_answer_error(ipc_m, (word_t)ipc_error,\n"
        "                            %s_%s_fails((word_t)ipc_error));\n}\n\n",
        w->name, method->name);
}

static void write_serve(const struct writer *w, const struct method *method)
{
    put(w, "static inline enum ipc_next %s_%s_serve(const struct %s_server *ipc_server,\n"
        "        void *ipc_self, struct message *ipc_m)\n{\n"
        "    const word_t ipc_badge = ipc_m->badge;\n", w->name, method->name, w->name);
    if (method_buffers(method))
        put(w, "    const word_t ipc_region = ipc_server->region\n"
            "        ? ipc_server->region(ipc_self, ipc_badge) : 0;\n");
    put(w, "    enum %s_error ipc_error;\n", w->name);
    put_locals(w, method->params, false);
    put_locals(w, method->results, true);
    put(w, "\n    if (!ipc_server->%s)\n        return ipc_refuse(ipc_m, IPC_E_METHOD);\n",
        method->name);
    put(w, "    if (!%s_%s_request_unpack(ipc_m%s", w->name, method->name,
        layout_of(method->params).buffers ? ", ipc_region" : "");
    put_list(w, LIST_PASS_ADDRESS, method->params);
    put(w, "))\n        return ipc_refuse(ipc_m, IPC_E_MALFORMED);\n");
    put_handler_call(w, method);
}

static void write_late_reply(const struct writer *w, const struct method *method)
{
    bool buffers = layout_of(method->results).buffers;

    put(w, "/*\n * Answer a call of %s whose callback returned %s_DEFER. reply: from ipc_defer.\n"
        " * With an error the results are not looked at. Returns what the kernel says: an error\n"
        " * if the caller is gone or has given up.\n */\n"
        "static inline enum error %s_%s_reply(cap_t reply%s, enum %s_error error", method->name,
        w->upper, w->name, method->name, buffers ? ", word_t region" : "", w->name);
    put_list(w, LIST_GIVE, method->results);
    put(w, ")\n{\n    struct message ipc_m;\n\n"
        "    if (error != %s_OK || !%s_%s_reply_pack(&ipc_m%s", w->upper, w->name,
        method->name, buffers ? ", region" : "");
    put_list(w, LIST_PASS, method->results);
    put(w, "))\n        ipc_answer_error(&ipc_m, (word_t)error, %s_%s_fails((word_t)error));\n"
        "    return sys_send(reply, &ipc_m, 0);\n}\n\n", w->name, method->name);
}

static void write_dispatch(const struct writer *w)
{
    put(w, "/* Serve one request: *ipc_m becomes the reply, or it comes later (IPC_DEFER). */\n"
        "static inline enum ipc_next %s_dispatch(const struct %s_server *ipc_server,\n"
        "        void *ipc_self, struct message *ipc_m)\n{\n"
        "    switch (message_label(ipc_m->tag)) {\n", w->name, w->name);
    for (const struct method *method = w->protocol->methods; method; method = method->next) {
        put(w, "    case %s_METHOD_", w->upper);
        put_upper(w, method->name);
        put(w, ":\n        return %s_%s_serve(ipc_server, ipc_self, ipc_m);\n", w->name,
            method->name);
    }
    put(w, "    default:\n        return ipc_refuse(ipc_m, IPC_E_METHOD);\n    }\n}\n\n");
}

static void write_service(const struct writer *w)
{
    size_t caps = 0;

    for (const struct method *method = w->protocol->methods; method; method = method->next) {
        struct layout layout = layout_of(method->params);

        caps = layout.caps > caps ? layout.caps : caps;
    }
    put(w, "static inline enum ipc_next %s_dispatch_any(const void *ipc_server, void *ipc_self,\n"
        "        struct message *ipc_m)\n{\n"
        "    return %s_dispatch(ipc_server, ipc_self, ipc_m);\n}\n\n", w->name, w->name);
    put(w, "/* This protocol for ipc_serve; callbacks must outlive it. */\n"
        "static inline struct ipc_service %s_service(const struct %s_server *callbacks,\n"
        "                                            void *self)\n{\n"
        "    return (struct ipc_service){.dispatch = %s_dispatch_any, .callbacks = callbacks,\n"
        "                                .self = self, .receive = %zu};\n}\n\n", w->name, w->name,
        w->name, caps);
}

void write_server(const struct writer *w)
{
    write_table(w);
    for (const struct method *method = w->protocol->methods; method; method = method->next) {
        write_serve(w, method);
        if (method->waits)
            write_late_reply(w, method);
    }
    write_dispatch(w);
    write_service(w);
}
