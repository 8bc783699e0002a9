# SPDX-License-Identifier: BSD-2-Clause
#: ./tessera prove [FILE...]      prove the kernel's C (--smoke, --mutants: doubt the proofs)
#: needs build prove

files=() options=()
for word in "$@"; do
    case $word in -*) options+=("$word") ;; *) files+=("$word") ;; esac
done
exec /usr/bin/python3 tools/prove/prove.py "${options[@]}" "$BUILD" "${files[@]}"
