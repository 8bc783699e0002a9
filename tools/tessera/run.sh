# SPDX-License-Identifier: BSD-2-Clause
#: ./tessera run [--small] [--system NAME] [--disk IMAGE]... [-- QEMU OPTIONS]
#:                                boot in QEMU; Ctrl-A x leaves; --small: 64 MiB and a plain CPU
#: needs build run

memory=512M
cpu=max
system=default
disks=()

# add_disk IMAGE: a file as a virtio disk; the first one is the one that system/disk.yaml names.
add_disk()
{
    [ -f "$1" ] || die "run: there is no disk image '$1'" "make one: truncate -s 1G $1 && mkfs.ext4 $1"
    local id=disk$((${#disks[@]} / 4))
    disks+=(-drive "if=none,id=$id,file=${1//,/,,},format=raw,discard=unmap"
        -device "virtio-blk-pci,drive=$id,disable-legacy=on")
}

while [ $# -gt 0 ]; do
    case $1 in
    --small) memory=64M cpu=qemu64 ;;
    --system) system=${2:?run: --system needs a name, one of build/images} && shift ;;
    --disk) add_disk "${2:?run: --disk needs a file}" && shift ;;
    --) shift && break ;;
    *) die "run: '$1' is not an option of it" "./tessera run [--small] [--system NAME] [--disk IMAGE] [-- QEMU options]" ;;
    esac
    shift
done

build_system "$system"
image=$(image_of "$system")
accel=$(accelerator)
echo "Starting QEMU ($accel, $memory). Ctrl-A x leaves."
exec qemu-system-x86_64 -machine "q35,accel=$accel" -cpu "$cpu" -m "$memory" -nographic -no-reboot \
    -kernel "$BUILD/kernel.elf" -initrd "$image" "${disks[@]}" "$@"
