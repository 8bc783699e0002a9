# SPDX-License-Identifier: BSD-2-Clause
#: ./tessera clean                remove what the build made

make --no-print-directory BUILD="$BUILD" clean
