# SPDX-License-Identifier: BSD-2-Clause
# The kernel: every room below kernel/, and the common code.

KERNEL_ROOMS := common $(foreach room,$(ROOMS_ALL),$(if $(filter kernel/%,$(FOLDER_$(room))),$(room)))
KERNEL_OBJECTS := $(sort $(foreach room,$(KERNEL_ROOMS),$(call room_objects,$(room),kernel,$(ARCH))))
KERNEL_SCRIPT := kernel/arch/$(ARCH)/kernel.lds

$(foreach room,$(KERNEL_ROOMS),$(eval $(call room_rules,$(room),kernel,$(ARCH),)))

$(BUILD)/kernel.elf: $(KERNEL_OBJECTS) $(KERNEL_SCRIPT)
	$(call SAY,link $@)
	$(Q)$(LD) -nostdlib -static --build-id=none -z noexecstack -z max-page-size=0x1000 \
		--gc-sections --fatal-warnings -Map=$(BUILD)/kernel.map \
		-T $(KERNEL_SCRIPT) -o $@ $(KERNEL_OBJECTS)
	$(Q)$(PYTHON) $(ROOMS_PY) link $(foreach room,$(KERNEL_ROOMS),$(addsuffix =$(room),$(call room_objects,$(room),kernel,$(ARCH))))

kernel: $(BUILD)/kernel.elf

# The kernel with page-table isolation besides, for the tests.
.PHONY: pti-kernel
pti-kernel:
	$(Q)$(MAKE) --no-print-directory BUILD=$(BUILD)/pti PTI=1 kernel
ifneq ($(wildcard $(KERNEL_SCRIPT)),)
all: kernel
endif
-include $(KERNEL_OBJECTS:.o=.d)
