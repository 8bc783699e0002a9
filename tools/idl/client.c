/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Writes the function with which a client calls a method.
 */
#include "write.h"

static void put_item_docs(const struct writer *w, const struct item *list, const char *what)
{
    for (; list; list = list->next) {
        if (!list->doc)
            continue;
        put(w, " * %s %s:\n", what, list->name);
        put_doc(w, "", list->doc);
    }
}

static void put_comment(const struct writer *w, const struct method *method)
{
    put(w, "/*\n");
    put_doc(w, "", method->doc ? method->doc : method->name);
    put_item_docs(w, method->params, "Parameter");
    put_item_docs(w, method->results, "Result");
    if (method->errors)
        put(w, " * Errors:");
    for (const struct item *item = method->errors; item; item = item->next)
        put(w, " %s%s", item->name, item->next ? "," : ".\n");
    if (method->idempotent)
        put(w, " * Idempotent: called again if the server dies, IPC_TRIES times in all.\n");
    if (method->waits)
        put(w, " * May wait long.\n");
    put(w, " */\n");
}

static void put_call(const struct writer *w, const struct method *method,
                     const struct layout *results)
{
    const char *indent = method->idempotent ? "        " : "    ";

    if (method->idempotent)
        put(w, "    do {\n");
    put(w, "%sif (!%s_%s_request_pack(&ipc_m%s", indent, w->name, method->name,
        layout_of(method->params).buffers ? ", region" : "");
    put_list(w, LIST_PASS, method->params);
    put(w, "))\n%s    return %s_E_ARG;\n", indent, w->upper);
    if (results->caps)
        put(w, "%sif (!ipc_slots_open(&ipc_slots, %zu))\n"
            "%s    return (enum %s_error)(%s_E_TRANSPORT + E_SLOT);\n", indent, results->caps,
            indent, w->name, w->upper);
    put(w, "%sipc_error = sys_call(server, &ipc_m);\n", indent);
    if (results->caps)
        put(w, "%sif (ipc_error != E_OK)\n%s    ipc_slots_close(&ipc_slots, 0, false);\n", indent,
            indent);
    if (method->idempotent)
        put(w, "    } while (ipc_error == E_DIED && --ipc_tries > 0);\n");
}

static void put_outcome(const struct writer *w, const struct method *method,
                        const struct layout *results)
{
    put(w, "    if (ipc_error != E_OK)\n"
        "        return (enum %s_error)(%s_E_TRANSPORT + ipc_error);\n", w->name, w->upper);
    put(w, "    if (message_label(ipc_m.tag) == 0 && %s_%s_reply_unpack(&ipc_m%s", w->name,
        method->name, results->buffers ? ", region" : "");
    put_list(w, LIST_PASS, method->results);
    if (results->caps)
        put(w, ")) {\n        ipc_slots_close(&ipc_slots, message_caps(ipc_m.tag), true);\n"
            "        return %s_OK;\n    }\n", w->upper);
    else
        put(w, "))\n        return %s_OK;\n", w->upper);
    if (results->caps)
        put(w, "    ipc_slots_close(&ipc_slots, message_caps(ipc_m.tag), false);\n");
    put(w, "    return (enum %s_error)\n"
        "        ipc_refusal(ipc_m.tag, %s_%s_fails(message_label(ipc_m.tag)));\n", w->name,
        w->name, method->name);
}

void write_client(const struct writer *w, const struct method *method)
{
    struct layout results = layout_of(method->results);

    put_comment(w, method);
    put(w, "static inline enum %s_error %s_%s(cap_t server%s", w->name, w->name, method->name,
        method_buffers(method) ? ", word_t region" : "");
    put_list(w, LIST_GIVE, method->params);
    put_list(w, LIST_TAKE, method->results);
    put(w, ")\n{\n    struct message ipc_m;\n");
    if (results.caps)
        put(w, "    struct ipc_slots ipc_slots;\n");
    put(w, "    enum error ipc_error;\n");
    if (method->idempotent)
        put(w, "    unsigned ipc_tries = IPC_TRIES;\n");
    put(w, "\n");
    put_call(w, method, &results);
    put_outcome(w, method, &results);
    put(w, "}\n\n");
}
