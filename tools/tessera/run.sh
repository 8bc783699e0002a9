# SPDX-License-Identifier: BSD-2-Clause
#: ./tessera run [--small] [--system NAME] [-- QEMU OPTIONS]
#:                                boot in QEMU; Ctrl-A x leaves; --small: 64 MiB and a plain CPU
#: needs build run

memory=512M
cpu=max
system=default
while [ $# -gt 0 ]; do
    case $1 in
    --small) memory=64M cpu=qemu64 ;;
    --system) system=${2:?run: --system needs a name, one of build/images} && shift ;;
    --) shift && break ;;
    *) die "run: '$1' is not an option of it" "./tessera run [--small] [--system NAME] [-- QEMU options]" ;;
    esac
    shift
done

build_system "$system"
image=$(image_of "$system")
accel=$(accelerator)
echo "Starting QEMU ($accel, $memory). Ctrl-A x leaves."
exec qemu-system-x86_64 -machine "q35,accel=$accel" -cpu "$cpu" -m "$memory" -nographic -no-reboot \
    -kernel "$BUILD/kernel.elf" -initrd "$image" "$@"
