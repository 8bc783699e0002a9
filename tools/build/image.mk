# SPDX-License-Identifier: BSD-2-Clause
# Boot images: system/NAME.yaml becomes build/images/NAME.img, tests/qemu/NAME.yaml becomes
# build/tests/qemu/NAME.img; build/boot.img is that of system/default.yaml.
#
# tools/manifest reads a system manifest, checks it, and packs it with the executables it names:
#   manifest --images FOLDER --output IMAGE MANIFEST.yaml

MANIFEST := $(BUILD)/tools/manifest
# A manifest with a line `#: part` is only there to be included by others.
SYSTEMS := $(patsubst system/%.yaml,$(BUILD)/images/%.img,$(shell grep -L '^\#: part' system/*.yaml 2>/dev/null))
TEST_SYSTEMS := $(patsubst tests/qemu/%.yaml,$(BUILD)/tests/qemu/%.img,$(wildcard tests/qemu/*.yaml))

# Programs in the place of root: build/images/NAME.img, and a test in QEMU if in tests/guest.
FIRST := $(foreach r,$(COMPONENT_ROOMS),$(if $(filter first,$(call linked,$(FOLDER_$r))),$(call image_name,$r)))
SYSTEM_COMPONENTS := $(filter-out $(addprefix $(BUILD)/bin/,$(FIRST)),$(COMPONENTS))

define pack
$(call SAY,pack $@)
@mkdir -p $(@D)
$(Q)$(MANIFEST) --images $(BUILD)/bin --output $@ $<
endef
ifneq ($(wildcard tools/manifest/*),)
# A manifest may build on others: those below system/ are watched for all of them.
GUESTS := $(foreach r,$(filter guest.%,$(COMPONENT_ROOMS)),$(BUILD)/bin/$(call image_name,$r))
$(BUILD)/images/%.img: system/%.yaml $(wildcard system/*.yaml) \
		$(filter-out $(GUESTS),$(SYSTEM_COMPONENTS)) $(MANIFEST)
	$(pack)
$(BUILD)/tests/qemu/%.img: tests/qemu/%.yaml $(wildcard system/*.yaml) $(SYSTEM_COMPONENTS) $(MANIFEST)
	$(pack)
$(BUILD)/boot.img: $(BUILD)/images/default.img
	$(Q)cp $< $@

all: $(SYSTEMS) $(if $(wildcard system/default.yaml),$(BUILD)/boot.img)
test-images: $(TEST_SYSTEMS)
else
test-images:
endif

$(patsubst %,$(BUILD)/images/%.img,$(FIRST)): $(BUILD)/images/%.img: $(BUILD)/bin/% tools/image/pack.py
	$(call SAY,pack $@)
	@mkdir -p $(@D)
	$(Q)$(PYTHON) tools/image/pack.py $< $@
all test-images: $(patsubst %,$(BUILD)/images/%.img,$(FIRST))

# A CD image that starts by BIOS and by UEFI. Without a boot image the kernel says what is missing.
ISO_IMAGE := $(if $(wildcard system/default.yaml),$(BUILD)/boot.img)
$(BUILD)/tessera.iso: tools/image/iso.sh $(BUILD)/kernel.elf $(ISO_IMAGE)
	$(call SAY,iso  $@)
	$(Q)tools/image/iso.sh $@ $(BUILD)/kernel.elf $(ISO_IMAGE)
.PHONY: iso test-images
iso: $(BUILD)/tessera.iso

# For editors: what each file was compiled with. Only the usual build folder writes it here.
all: $(if $(filter build,$(BUILD)),compile_commands.json)
compile_commands.json: $(BUILD)/compile_commands.json
	$(Q)cp $< $@
$(BUILD)/compile_commands.json: $(BUILD)/kernel.elf $(COMPONENTS)
	$(Q)(echo '['; cat $(patsubst %.o,%.json,$(KERNEL_OBJECTS) $(USER_OBJECTS)) 2>/dev/null | sed '$$!s/$$/,/'; \
		echo ']') >$@
