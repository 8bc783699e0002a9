#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The first program of Debian's kernel when the cases are recorded: the mounts that Tessera's sandbox
# has too, then the cases.
mount -t proc proc /proc
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs -o mode=1777 shm /dev/shm
mount -t tmpfs -o mode=1777 tmp /tmp
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=linux
cases $CASES
echo "cases end: $?"
poweroff -f
