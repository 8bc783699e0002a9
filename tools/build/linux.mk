# SPDX-License-Identifier: BSD-2-Clause
# What the Linux personality has in its image: Debian's busybox.

BUSYBOX := $(shell tools/debian/busybox.sh path)
$(BUSYBOX):
	$(call SAY,deb  $(BUSYBOX))
	$(Q)tools/debian/busybox.sh build
$(BUILD)/user/linux/programs.S.o: private FLAGS_user += -DBUSYBOX='"$(BUSYBOX)"'
$(BUILD)/user/linux/programs.S.o: $(BUSYBOX)
