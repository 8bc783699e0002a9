/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The IDL compiler of Tessera. `idl -o DIR FILE...` checks protocols and writes
 * DIR/NAME.h (stubs) and DIR/NAME.md (reference page) for each; without -o it
 * only checks. `idl --compare OLD NEW` says whether NEW may take OLD's place.
 * Exit status: 0 fine, 1 the files have errors, 2 wrong use.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tree.h"

static int usage(void)
{
    fprintf(stderr,
            "usage: idl FILE...               check protocols\n"
            "       idl -o DIR FILE...        ... and write DIR/NAME.h and DIR/NAME.md\n"
            "       idl --compare OLD NEW     may protocol NEW take the place of OLD?\n");
    return 2;
}

/* Written beside and renamed, so that a broken run leaves no half file. */
static bool write_file(const char *folder, const struct protocol *protocol, const char *ending,
                       void (*write)(FILE *, const struct protocol *))
{
    char path[4096], scratch[4096 + 8];
    FILE *out;
    bool good;

    if (snprintf(path, sizeof(path), "%s/%s.%s", folder, protocol->name, ending)
        >= (int)sizeof(path)) {
        fprintf(stderr, "idl: the name of folder %s is too long\n", folder);
        return false;
    }
    snprintf(scratch, sizeof(scratch), "%s.new", path);
    out = fopen(scratch, "w");
    good = out != NULL;
    if (out) {
        write(out, protocol);
        good = !ferror(out);
        good = fclose(out) == 0 && good && rename(scratch, path) == 0;
    }
    if (!good)
        fprintf(stderr, "idl: cannot write %s: %s\n", path, strerror(errno));
    return good;
}

static bool compile(const char *path, const char *folder)
{
    struct source source;
    bool good = source_open(&source, path) && check_protocol(&source);

    if (good && folder)
        good = write_file(folder, source.protocol, "h", write_header)
               && write_file(folder, source.protocol, "md", write_page);
    source_close(&source);
    return good;
}

static bool compare(const char *old_path, const char *new_path)
{
    struct source before, after;
    bool read_old = source_open(&before, old_path) && check_protocol(&before);
    bool read_new = source_open(&after, new_path) && check_protocol(&after);
    bool good = read_old && read_new && compare_protocols(&before, &after);

    source_close(&before);
    source_close(&after);
    return good;
}

int main(int argc, char **argv)
{
    const char *folder = NULL;
    bool good = true;
    int first = 1;

    if (argc == 4 && strcmp(argv[1], "--compare") == 0)
        return compare(argv[2], argv[3]) ? 0 : 1;
    if (argc > 3 && strcmp(argv[1], "-o") == 0) {
        folder = argv[2];
        first = 3;
    }
    if (argc <= first || argv[first][0] == '-')
        return usage();
    for (int i = first; i < argc; i++)
        good = compile(argv[i], folder) && good;
    return good ? 0 : 1;
}
