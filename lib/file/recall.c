/* SPDX-License-Identifier: BSD-2-Clause */
/* Recalled leases on their way to the client. */
#include "session.h"

void files_session_recall(struct files_session *session, struct file_handle file)
{
    if (session->recalled_count == FILES_RECALLED || session->all) {
        session->all = true;
        session->recalled_count = 0;
    } else {
        session->recalled[session->recalled_count++] = file;
    }
    session->recalls++;
    /* A client without its window has lost its leases as well: it finds out when it looks. */
    if (session->given != 0)
        (void)files_copy(session->window, &session->recalls, sizeof(session->recalls));
    files_ring(session->bell);
}
