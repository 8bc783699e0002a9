# SPDX-License-Identifier: BSD-2-Clause
#: ./tessera soak WHAT [N]        long tests: powercut, hammer, hostile, contained, python
#: needs build run test

what=${1:-}
case $what in
powercut) count=${2:-2000} ;;
hostile | contained) count=${2:-10000} ;;
hammer | python) count=${2:-0} ;;
*) die "there is no long test '$what'" "./tessera soak powercut|hammer|hostile|contained|python" ;;
esac
case $count in *[!0-9]* | "") die "'$count' is no number" "./tessera soak $what 1000" ;; esac
case $what in
powercut)
    build "$BUILD/kernel.elf" "$BUILD/tests/qemu/powercut_files.img" >&2
    exec /usr/bin/python3 tests/qemu/powercut_files.py "$BUILD" "$count"
    ;;
hostile)
    build "$BUILD/tests/host/ext4" >&2
    exec "$BUILD/tests/host/ext4" hostile "$count"
    ;;
contained)
    build "$BUILD/kernel.elf" "$BUILD/tests/qemu/ext4_hostile.img" >&2
    exec /usr/bin/python3 tests/qemu/ext4_hostile.py "$BUILD" "$count"
    ;;
python) # its own tests of what stands on the system; an hour by emulation
    # shellcheck disable=SC2016  # the guest's shell expands it
    exec ./tessera run --full --memory 768M -- bash -c 'for m in mmap select signal threading os subprocess io; do
        python3 -m test -v test_$m </dev/null >/root/test_$m.log 2>&1; echo "test_$m: status $?"
        grep -E "^(FAIL|ERROR): |^Ran |^OK|^FAILED" /root/test_$m.log; done'
    ;;
hammer)
    build "$BUILD/kernel.elf" "$BUILD/tests/qemu/ext4_hammer.img" >&2
    exec /usr/bin/python3 tools/soak/hammer.py "$BUILD"
    ;;
esac
