/* SPDX-License-Identifier: BSD-2-Clause */
/* What arrives at root's endpoint, and the answers. */
#ifndef ROOT_SERVE_H
#define ROOT_SERVE_H

#include <abi/call.h>
#include <stdbool.h>

/** Act on a message from a component or about one. @return true: `m` is the answer; false: there is
 * none */
bool serve_message(struct message *m);

/** The supervisor protocol (idl/supervisor.idl); as serve_message. (protocol.c) */
bool serve_protocol(struct message *m);

#endif
