# SPDX-License-Identifier: BSD-2-Clause
# Files that the Linux personality brings along, in its image: build/bin/linux has Debian's busybox;
# build/bin/linux-tests has the test programs (tests/linux) too.

BUSYBOX := $(shell tools/debian/busybox.sh path)
$(BUSYBOX):
	$(call SAY,deb  $(BUSYBOX))
	$(Q)tools/debian/busybox.sh build

LINUX_FILES := $(BUILD)/linux
NEWC := tools/image/newc.py
$(LINUX_FILES)/small.cpio: $(BUSYBOX) $(NEWC) tools/build/linux.mk
	@mkdir -p $(@D)
	$(Q)$(NEWC) $@ bin/ bin/busybox=$(BUSYBOX) bin/sh:=busybox

$(BUILD)/user/linux/programs.S.o: private FLAGS_user += -DPROGRAMS='"$(LINUX_FILES)/small.cpio"'
$(BUILD)/user/linux/programs.S.o: $(LINUX_FILES)/small.cpio

# Programs for Linux itself: they run on the machine that builds, too. They pass bad pointers on purpose.
CASES := $(wildcard tests/linux/*.c)
$(LINUX_FILES)/cases: $(CASES) $(wildcard tests/linux/*.h)
	$(call SAY,cc   $@)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -std=gnu11 -O1 -Wall -Wextra -Werror -Wno-stringop-overread \
		-Wno-stringop-overflow -Wno-nonnull -Wno-array-bounds -D_GNU_SOURCE -static -pthread -o $@ $(CASES) -lrt
$(LINUX_FILES)/neighbour: tests/linux/neighbour/neighbour.c
	$(Q)$(HOSTCC) -std=gnu11 -O1 -Wall -Wextra -Werror -D_GNU_SOURCE -static -o $@ $<
$(LINUX_FILES)/storm: tests/linux/storm/storm.c
	$(Q)$(HOSTCC) -std=gnu11 -O1 -Wall -Wextra -Werror -D_GNU_SOURCE -static -pthread -o $@ $<
$(LINUX_FILES)/tests.cpio: $(BUSYBOX) $(NEWC) $(LINUX_FILES)/cases $(LINUX_FILES)/storm $(LINUX_FILES)/neighbour tools/build/linux.mk
	$(Q)$(NEWC) $@ bin/ bin/busybox=$(BUSYBOX) bin/sh:=busybox bin/cases=$(LINUX_FILES)/cases \
		bin/storm=$(LINUX_FILES)/storm bin/neighbour=$(LINUX_FILES)/neighbour

$(BUILD)/user/linux/programs-tests.S.o: linux/programs.S $(LINUX_FILES)/tests.cpio | $(BUILD)/rooms.mk
	$(Q)$(CC) $(FLAGS_user) -DPROGRAMS='"$(LINUX_FILES)/tests.cpio"' -c $< -o $@
LINUX_OBJECTS := $(filter-out %/programs.S.o,$(call room_objects,linux,user,$(ARCH)))
$(BUILD)/bin/linux-tests: $(LINUX_OBJECTS) $(BUILD)/user/linux/programs-tests.S.o $(call archives,linux)
	$(call SAY,link $@)
	$(Q)$(CC) $(LINK_USER) -o $@ $(filter %.o,$^) -Wl,--start-group $(call archives,linux) -Wl,--end-group
$(BUILD)/tests/qemu/linux.img: tests/linux/system.yaml $(wildcard system/*.yaml) $(BUILD)/bin/linux-tests \
		$(addprefix $(BUILD)/bin/,root uart console log) $(MANIFEST)
	$(pack)
test-images: $(BUILD)/tests/qemu/linux.img
$(BUILD)/tests/qemu/sandboxes.img: $(BUILD)/bin/linux-tests
$(BUILD)/tests/qemu/trace.img: $(BUILD)/bin/linux-tests
