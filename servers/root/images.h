/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The programs that components are made of: those of the boot image, and those that were brought
 * while the system runs, in memory of root's. One that no component has any more gives way to the
 * next that is brought.
 */
#ifndef ROOT_IMAGES_H
#define ROOT_IMAGES_H

#include "archive.h"
#include "component.h"

#define IMAGE_BYTES_MAX (16ul << 20)

/** By its name. @return data NULL: there is none */
struct archive_file image_find(const char *name);

/** The frame of a page of an image. @param slot set to its slot @return the CNode that it is in */
cap_t image_frame(const char *data, word_t *slot);

/** Room for a program that will be brought. @param name set to what it is called from now on
 * @return false: it is empty or too large, or there is no memory */
bool image_begin(const struct component *c, word_t bytes, char name[static COMPONENT_NAME]);

/** Bytes of it. @return false: there is no such image, it is shorter, or a component has it */
bool image_put(const char *name, word_t offset, const void *bytes, word_t size);

#endif
