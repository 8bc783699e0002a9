# SPDX-License-Identifier: BSD-2-Clause
#: ./tessera prove [FILE...]      prove the kernel's C (--open, --mutants, --equivalence)
#: needs build prove

files=() options=()
while (($#)); do
    case $1 in
    --function | --part | --jobs) options+=("$1=$2"); shift ;;
    --equivalence)
        build "$BUILD/kernel.elf" >&2
        exec /usr/bin/python3 tools/prove/equiv.py "$BUILD" "${@:2}"
        ;;
    -*) options+=("$1") ;;
    *) files+=("$1") ;;
    esac
    shift
done
exec /usr/bin/python3 tools/prove/prove.py "${options[@]}" "$BUILD" "${files[@]}"
