#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# iso.sh OUT KERNEL [IMAGE]: a bootable ISO with GRUB for BIOS and UEFI, which starts the kernel by
# Multiboot2 and gives it the boot image as its first module.
set -euo pipefail

out=$1 kernel=$2 image=${3:-}
for tool in grub-mkrescue xorriso mformat; do
    command -v $tool >/dev/null || { echo "iso.sh: $tool is missing: ./tessera image installs it" >&2; exit 1; }
done
grub-file --is-x86-multiboot2 "$kernel" || { echo "iso.sh: $kernel has no Multiboot2 header" >&2; exit 1; }
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/boot/grub"
cp "$kernel" "$tree/boot/kernel.elf"
# Debug information is for the debugger on this machine, not for the CD.
strip --strip-debug "$tree/boot/kernel.elf"
[ -z "$image" ] || cp "$image" "$tree/boot/boot.img"
cat >"$tree/boot/grub/grub.cfg" <<END
serial --unit=0 --speed=115200
terminal_input serial console
terminal_output serial console
set timeout=0
menuentry "Tessera" {
    multiboot2 /boot/kernel.elf
    ${image:+module2 /boot/boot.img boot.img}
    boot
}
END
grub-mkrescue -o "$out" "$tree" >"$tree.log" 2>&1 || { cat "$tree.log" >&2; rm -f "$tree.log" "$out"; exit 1; }
rm -f "$tree.log"
