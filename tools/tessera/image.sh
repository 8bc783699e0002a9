# SPDX-License-Identifier: BSD-2-Clause
#: ./tessera image                make a CD/USB image that boots by BIOS and by UEFI
#: needs build image

build all iso
echo "$BUILD/tessera.iso boots by BIOS and by UEFI. To a USB stick: dd if=$BUILD/tessera.iso of=/dev/STICK bs=4M"
