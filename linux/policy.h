/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of the file system a sandbox may reach, by its manifest. Arguments `look=PATH:PATH...`
 * (these and all below them, to be read), `change=...` (to be changed, too) and `see=...`
 * (directories that are there, without what is in them): what none of them names does not exist,
 * but /dev, /proc and /sys. With none of the three all is open. The argument `learn` has what was
 * reached written to the log, for `./tessera learn` to make a manifest of.
 */
#ifndef LINUX_POLICY_H
#define LINUX_POLICY_H

#include <stdbool.h>

struct dentry;
struct inode;

/** There are rules, or they are being learnt: only then do the functions below do anything. */
extern bool policy_is_on;

/** @param root of the whole tree */
void policy_init(struct dentry *root);
/** A walk comes to d. @param last nothing comes after it @return 0, -ENOENT: it is not named */
long policy_enter(struct dentry *d, bool last);
/** May a listing of `dir` show this name? */
bool policy_shows(struct dentry *dir, const char *name, unsigned long length);
/** It is listed. */
void policy_list(struct dentry *dir);
/** Somebody is about to change it. */
void policy_change(const struct inode *i);
/** A route of the manifest is used. */
void policy_use(const char *route);
/** The sandbox ends: what it took. */
void policy_report(void);

#endif
