/* SPDX-License-Identifier: BSD-2-Clause */
/* Recalled leases on their way to the client. */
#include "session.h"

void files_session_recall(struct files_session *session, struct file_handle file)
{
    if (session->recalls == NULL)
        return;
    if (session->recalled_count == FILES_RECALLED || session->all) {
        session->all = true;
        session->recalled_count = 0;
    } else {
        session->recalled[session->recalled_count++] = file;
    }
    __atomic_store_n(session->recalls, *session->recalls + 1, __ATOMIC_RELEASE);
    files_ring(session->bell);
}
