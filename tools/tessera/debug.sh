# SPDX-License-Identifier: BSD-2-Clause
#: ./tessera debug [--system NAME] [-- GDB OPTIONS]
#:                                boot under GDB, stopped before the first instruction
#: needs build run debug

system=default
[ "${1:-}" = --system ] && system=${2:?debug: --system needs a name, one of build/images} && shift 2
[ "${1:-}" = -- ] && shift
build_system "$system"
image=$(image_of "$system")
# A socket of our own, so that two sessions do not meet.
socket=$(mktemp -u)
serial=$BUILD/serial.txt
qemu-system-x86_64 -machine q35,accel=tcg -cpu max -m 512M -display none -no-reboot -monitor none \
    -serial "file:$serial" -kernel "$BUILD/kernel.elf" -initrd "$image" \
    -chardev "socket,id=gdb,path=$socket,server=on,wait=off" -gdb chardev:gdb -S </dev/null &
qemu=$!
trap 'kill "$qemu" 2>/dev/null; rm -f "$socket"' EXIT
while [ ! -S "$socket" ] && kill -0 "$qemu"; do read -rt 0.05 <> <(:) || true; done
echo "The serial line goes to $serial (tail -f it elsewhere). 'tessera' lists the macros."
gdb -q -iex "set pagination off" -ex "target remote $socket" -x tools/debug/tessera.py "$@" "$BUILD/kernel.elf"
