/* SPDX-License-Identifier: BSD-2-Clause */
/* A program with the C library in it. */
int main(void)
{
    return 0;
}
