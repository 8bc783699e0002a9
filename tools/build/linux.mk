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
CASE_OBJECTS := $(CASES:tests/linux/%.c=$(LINUX_FILES)/cases.d/%.o)
$(LINUX_FILES)/cases: $(CASE_OBJECTS)
	$(call SAY,link $@)
	$(Q)$(HOSTCC) -static -pthread -o $@ $^ -lrt
$(CASE_OBJECTS): $(LINUX_FILES)/cases.d/%.o: tests/linux/%.c $(wildcard tests/linux/*.h)
	$(call SAY,cc   $<)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -std=gnu11 -O1 -Wall -Wextra -Werror -Wno-stringop-overread \
		-Wno-stringop-overflow -Wno-nonnull -Wno-array-bounds -Wno-format-truncation -D_GNU_SOURCE \
		-pthread -c -o $@ $<
$(LINUX_FILES)/neighbour: tests/linux/neighbour/neighbour.c
	$(Q)$(HOSTCC) -std=gnu11 -O1 -Wall -Wextra -Werror -D_GNU_SOURCE -static -o $@ $<
$(LINUX_FILES)/storm: tests/linux/storm/storm.c
	$(Q)$(HOSTCC) -std=gnu11 -O1 -Wall -Wextra -Werror -D_GNU_SOURCE -static -pthread -o $@ $<
$(LINUX_FILES)/toil: tests/linux/toil/toil.c
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -std=gnu11 -O1 -Wall -Wextra -Werror -D_GNU_SOURCE -static -o $@ $<
all: $(LINUX_FILES)/toil
$(LINUX_FILES)/tests.cpio: $(BUSYBOX) $(NEWC) $(LINUX_FILES)/cases $(LINUX_FILES)/storm $(LINUX_FILES)/neighbour tools/build/linux.mk
	$(Q)$(NEWC) $@ bin/ bin/busybox=$(BUSYBOX) bin/sh:=busybox bin/cases=$(LINUX_FILES)/cases \
		bin/storm=$(LINUX_FILES)/storm bin/neighbour=$(LINUX_FILES)/neighbour

# Programs whose system calls are counted, beside Linux (./tessera bench). Away from where components
# are linked, so that an address says whose it is.
COSTS := $(wildcard tests/linux/bench/*.c)
$(LINUX_FILES)/bench: $(filter-out %/static.c,$(COSTS)) tests/linux/bench/bench.h bench/mark.h bench/paths.h
	$(call SAY,cc   $@)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -std=gnu11 -O2 -g -Wall -Wextra -Werror -D_GNU_SOURCE -Ibench -static -pthread \
		-Wl,-Ttext-segment=0x10000000 -o $@ $(filter %.c,$^)
$(LINUX_FILES)/static: tests/linux/bench/static.c
	$(Q)$(HOSTCC) -O2 -static -s -Wl,-Ttext-segment=0x10000000 -o $@ $<
$(LINUX_FILES)/tiny: tests/linux/bench/tiny.S
	$(Q)$(HOSTCC) -nostdlib -static -s -Wl,--build-id=none -Wl,-Ttext-segment=0x10000000 -o $@ $<
COST_FILES := bench tiny static
$(LINUX_FILES)/bench.cpio: $(BUSYBOX) $(NEWC) $(addprefix $(LINUX_FILES)/,$(COST_FILES)) tools/build/linux.mk
	$(Q)$(NEWC) $@ bin/ tmp/ bin/busybox=$(BUSYBOX) bin/sh:=busybox \
		dev/ dev/bench=$(LINUX_FILES)/bench $(foreach f,$(COST_FILES),bin/$f=$(LINUX_FILES)/$f)
# The same files for Debian's kernel: the first program is the one that counts.
$(LINUX_FILES)/rival.cpio: $(LINUX_FILES)/bench.cpio
	$(Q)$(NEWC) $@ bin/ tmp/ init=$(LINUX_FILES)/bench $(foreach f,$(COST_FILES),bin/$f=$(LINUX_FILES)/$f)

# The personality with other programs: build/bin/linux-$1 has build/linux/$1.cpio.
LINUX_OBJECTS := $(filter-out %/programs.S.o,$(call room_objects,linux,user,$(ARCH)))
define linux_with
$(BUILD)/user/linux/programs-$1.S.o: linux/programs.S $(LINUX_FILES)/$1.cpio | $(BUILD)/rooms.mk
	$(Q)$(CC) $$(FLAGS_user) -DPROGRAMS='"$(LINUX_FILES)/$1.cpio"' -c $$< -o $$@
$(BUILD)/bin/linux-$1: $(LINUX_OBJECTS) $(BUILD)/user/linux/programs-$1.S.o $(call archives,linux)
	$$(call SAY,link $$@)
	$(Q)$(CC) $(LINK_USER) -o $$@ $$(filter %.o,$$^) -Wl,--start-group $(call archives,linux) -Wl,--end-group
endef
$(eval $(call linux_with,tests))
$(eval $(call linux_with,bench))
LINUX_PARTS := $(wildcard system/*.yaml) $(addprefix $(BUILD)/bin/,root uart console log) $(MANIFEST)
$(BUILD)/tests/qemu/linux.img: tests/linux/system.yaml $(BUILD)/bin/linux-tests $(LINUX_PARTS)
	$(pack)
$(patsubst %,$(BUILD)/tests/qemu/%.img,linux_bench linux_prompt linux_prompt_disk): $(BUILD)/bin/linux-bench
test-images: $(BUILD)/tests/qemu/linux.img
$(BUILD)/tests/qemu/sandboxes.img: $(BUILD)/bin/linux-tests
$(BUILD)/tests/qemu/trace.img: $(BUILD)/bin/linux-tests
$(BUILD)/tests/qemu/policy.img: $(BUILD)/bin/linux-tests
