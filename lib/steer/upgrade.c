/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Another program for a component: an image of the boot archive by its name, or the bytes of a
 * file, which whoever runs the command brings behind it.
 */
#include <rt/bytes.h>
#include <rt/clock.h>

#include "steer_priv.h"

#define PIECE  800u       /* as supervisor.idl says */
#define WAIT_NS 100000000ul /* in which one that does not serve shows it */

/* The file that is being brought. */
static struct {
    char component[SUPERVISOR_NAME_MAX + 1];
    char image[SUPERVISOR_NAME_MAX + 1]; /* as root calls it */
    uint64_t at, size;
} file;

/* Its vault is handed over; what the new image makes of it is in the report. */
static void replace(char *name, const char *image)
{
    char *words[] = {name, name, NULL};
    enum supervisor_error error = supervisor_replace(steer_now.supervisor, name, image);

    if (error == SUPERVISOR_E_NOT_FOUND)
        steer_print("there is no component `%s`, or no image `%s` in the boot image\n", name,
                    image);
    else if (error == SUPERVISOR_E_BAD_IMAGE)
        steer_print("the image `%s` is damaged: `%s` goes on with the one that it had\n", image,
                    name);
    else if (steer_succeeded(error, name) && rt_sleep_ns(WAIT_NS))
        steer_why(2, words);
}

static uint64_t number(const char *text)
{
    uint64_t value = 0;

    for (; *text >= '0' && *text <= '9' && value < 1ul << 40; text++)
        value = value * 10 + (uint64_t)(*text - '0');
    return value;
}

static void begin(const char *name, uint64_t size)
{
    enum supervisor_error error;

    if (size == 0) {
        steer_print("the file for `%s` is empty\n", name);
        return;
    }
    error = supervisor_bring(steer_now.supervisor, name, size, file.image);
    if (!steer_succeeded(error, name) || rt_length(name) > SUPERVISOR_NAME_MAX)
        return;
    memcpy(file.component, name, rt_length(name) + 1);
    file.at = 0;
    file.size = size;
}

void steer_upgrade(int argc, char **argv)
{
    steer_give_up();
    if (argc == 3)
        replace(argv[1], argv[2]);
    else
        begin(argv[1], number(argv[3]));
}

size_t steer_wants(void)
{
    return file.size - file.at;
}

void steer_give_up(void)
{
    file.at = file.size = 0;
}

void steer_bring(const struct steer *to, const void *bytes, size_t size)
{
    const uint8_t *from = bytes;

    steer_use(to);
    for (size_t at = 0, piece; at < size; at += piece) {
        piece = size - at < PIECE ? size - at : PIECE;
        if (!steer_succeeded(supervisor_put(steer_now.supervisor, file.image, file.at + at,
                                            from + at, piece),
                             file.image)) {
            steer_give_up();
            return;
        }
    }
    file.at += size;
    if (file.at == file.size)
        replace(file.component, file.image);
}
