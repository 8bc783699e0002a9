# SPDX-License-Identifier: BSD-2-Clause
#: ./tessera bench [OPTIONS]      count instructions of every path, beside seL4 and Linux; see --help
#: needs build run

case " $* " in
*" --linux "*)
    kernel=$(tools/debian/kernel.sh path)
    tools/debian/kernel.sh build
    build "$BUILD/linux/rival.cpio" "$BUILD/tools/bench" >&2
    exec /usr/bin/python3 tools/bench/run.py "$BUILD" "${@/#--linux/--linux=$kernel}"
    ;;
esac

systems=$(grep -l '^#: bench ' tests/qemu/*.yaml | sed "s|\(.*\)\.yaml|$BUILD/\1.img|")
build "$BUILD/kernel.elf" "$BUILD/images/bench.img" "$BUILD/tools/bench" $systems >&2
exec /usr/bin/python3 tools/bench/run.py "$BUILD" "$@"
