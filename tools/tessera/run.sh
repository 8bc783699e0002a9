# SPDX-License-Identifier: BSD-2-Clause
#: ./tessera run [--full | --small | --native | --system NAME] [-- COMMAND...]
#:                                boot Debian in QEMU (full: with compilers; small: busybox, no disk;
#:                                native: our own shell), or run one command there; --trace FILE: its
#:                                system calls; --learn FILE: a manifest of its needs, for --manifest
#: needs build run

usage='./tessera run [--full | --small | --native | --system NAME] [--fresh] [--disk IMAGE] [--memory SIZE] [--cpu NAME] [--qemu OPTIONS] [--trace FILE] [--learn FILE] [-- COMMAND...]
./tessera run --manifest FILE'
memory=512M cpu='' system=debian set=base fresh='' disk='' trace='' learn='' manifest='' options=() command=()

while [ $# -gt 0 ]; do
    case $1 in
    --full) set=full ;;
    --small) system=small ;;
    --native) system=default ;;
    --fresh) fresh=yes ;;
    --system | --disk | --memory | --cpu | --qemu | --trace | --learn | --manifest)
        [ $# -gt 1 ] || die "run: $1 needs a value" "$usage"
        case $1 in
        --system) system=$2 ;;
        --disk) disk=$2 ;;
        --memory) memory=$2 ;;
        --cpu) cpu=$2 ;;
        --trace) trace=$2 ;;
        --learn) learn=$2 ;;
        --manifest) manifest=$2 ;;
        --qemu) read -r -a options <<<"$2" ;;
        esac
        shift
        ;;
    --) shift && command=("$@") && break ;;
    *) die "run: '$1' is not an option of it" "$usage" ;;
    esac
    shift
done

# own_disk: a disk of this build folder's own with Debian on it. What the guest writes stays there.
own_disk()
{
    local image
    need disk
    image=$(tools/rootfs/rootfs.sh path "$set")
    tools/rootfs/rootfs.sh build "$set" || die "there is no disk to run from" "./tessera run --small needs none"
    mkdir -p "$BUILD"
    disk=$BUILD/debian.ext4
    [ "$set" = base ] || disk=$BUILD/debian-$set.ext4
    if [ -n "$fresh" ] || [ ! -f "$disk" ] || [ "$image" -nt "$disk" ]; then
        cp --sparse=always --reflink=auto "$image" "$disk.new" && mv "$disk.new" "$disk"
    fi
}

# command_system: the same system, but its first program is the command, and its end the machine's.
command_system()
{
    mkdir -p "$BUILD/run"
    /usr/bin/python3 tools/tessera/command.py ${trace:+--trace} ${learn:+--learn} "system/$system.yaml" "$BUILD/run/command.yaml" "${command[@]}" ||
        die "run: the system '$system' runs no commands" "without --system, or with --small"
    build components "$BUILD/tools/manifest" >&2
    image=$BUILD/run/command.img
    "$BUILD/tools/manifest" --images "$BUILD/bin" --output "$image" "$BUILD/run/command.yaml"
}

# terminal_system: the same system, told the size of the terminal, now and when it changes.
terminal_system()
{
    local terminal=tools/tessera/terminal.py
    [ -f "system/$system.yaml" ] || return 0
    mkdir -p "$BUILD/run"
    build "$BUILD/tools/manifest" >&2
    /usr/bin/python3 "$terminal" size "system/$system.yaml" "$BUILD/run/terminal.yaml"
    image=$BUILD/run/terminal.img
    "$BUILD/tools/manifest" --images "$BUILD/bin" --output "$image" "$BUILD/run/terminal.yaml"
    through=(/usr/bin/python3 "$terminal" run)
}

# manifest_system: a manifest that --learn wrote.
manifest_system()
{
    mkdir -p "$BUILD/run"
    build components "$BUILD/tools/manifest" >&2
    image=$BUILD/run/command.img
    "$BUILD/tools/manifest" --images "$BUILD/bin" --output "$image" "$manifest"
}

if [ -n "$manifest" ]; then
    [ -f "$manifest" ] || die "run: there is no manifest '$manifest'" "./tessera run --learn FILE -- COMMAND makes one"
    grep -q ext4 "$manifest" || system=small
    command=("by its manifest")
fi
[ "$system" != debian ] || [ -n "$disk" ] || own_disk
[ -z "$disk" ] || [ -f "$disk" ] || die "run: there is no disk image '$disk'" \
    "make one: truncate -s 1G $disk && mkfs.ext4 $disk"
[ -z "$disk" ] || [ "$system" != default ] || system=with_disk
[ -z "$disk" ] || options+=(-drive "if=none,id=disk0,file=${disk//,/,,},format=raw,discard=unmap"
    -device virtio-blk-pci,drive=disk0,disable-legacy=on)
accel=$(accelerator)
cpu=${cpu:-max}
qemu=(qemu-system-x86_64 -machine "q35,accel=$accel" -cpu "$cpu" -m "$memory" -no-reboot
    -kernel "$BUILD/kernel.elf")
if [ ${#command[@]} = 0 ]; then
    [ -z "$trace$learn" ] || die "run: --trace and --learn go with a command" \
        "at the shell: /dev/trace.sh COMMAND, or /dev/trace.sh PID"
    build_system "$system"
    image=$(image_of "$system")
    through=()
    if [ -t 0 ] && [ -t 1 ]; then terminal_system; fi
    echo "Starting QEMU ($accel, $memory). Ctrl-A x leaves."
    exec "${through[@]}" "${qemu[@]}" -nographic -initrd "$image" "${options[@]}"
fi

# The system talks on the first serial line, the command on the second.
build kernel >&2
if [ -n "$manifest" ]; then manifest_system; else command_system; fi
status=$BUILD/run/status
"${qemu[@]}" -display none -monitor none -serial "file:$BUILD/run/log" -serial stdio \
    -initrd "$image" "${options[@]}" -chardev "file,id=status,path=$status" \
    -device isa-debugcon,iobase=0xe9,chardev=status -device isa-debug-exit,iobase=0xf4,iosize=1 |
    tr -d '\r' || true
# What the linux component says of each call is in the log, behind the time and its name.
[ -z "$trace" ] || tr -d '\r' <"$BUILD/run/log" | sed -n 's/^\[.*\] linux: warning: \(\[ *[0-9]*\] \)/\1/p' >"$trace"
[ -z "$learn" ] || /usr/bin/python3 tools/tessera/learn.py "$BUILD/run/log" "$BUILD/run/command.yaml" "$learn"
[ -s "$status" ] || die "run: the machine ended before the command did" "see $BUILD/run/log"
exit "$(od -An -tu1 "$status" | tr -d ' ')"
