# SPDX-License-Identifier: BSD-2-Clause
# What is made before anything is compiled: headers from the definitions, and the rooms' folders.
# The stamps are included as makefiles: make brings them up to date first, then starts again, so the
# rules that follow see the generated files.

GEN := $(BUILD)/gen
VIEW := $(BUILD)/rooms
ROOMS_PY := tools/rooms/rooms.py

# $1: name; $2: the script; $3: the definition; $4: what the script is given besides
define generator
ifneq ($(wildcard $2 $3),)
STAMPS += $(GEN)/$1.stamp.mk
$(GEN)/$1.stamp.mk: $3 $(wildcard $(dir $2)*.py)
	$$(call SAY,gen  $3)
	$(Q)mkdir -p $(GEN) && $(PYTHON) $2 $3 $(GEN)
	$(Q)echo '# made from $3' >$$@
endif
endef
$(eval $(call generator,abi,tools/gen/abi.py,abi/abi.yaml))
$(eval $(call generator,objects,tools/gen/objects.py,kernel/model/objects.yaml))

# Protocols: tools/idl has its own makefile because it needs flex and bison.
IDL := $(sort $(wildcard idl/*.idl))
ifneq ($(wildcard tools/idl/Makefile),)
ifneq ($(IDL),)
ifneq ($(MAKECMDGOALS),kernel) # which needs no protocol
IDL_TOOL := $(BUILD)/tools/idl
STAMPS += $(GEN)/proto.stamp.mk
$(IDL_TOOL): $(wildcard tools/idl/*)
	$(call SAY,tool idl)
	$(Q)mkdir -p $(BUILD)/tools && $(MAKE) -s -C tools/idl BUILD=$(abspath $(BUILD)) CC=$(HOSTCC)
$(GEN)/proto.stamp.mk: $(IDL) $(IDL_TOOL)
	$(call SAY,gen  idl/*.idl)
	$(Q)mkdir -p $(GEN)/proto && set -e; for file in $(IDL); do $(IDL_TOOL) -o $(GEN)/proto $$file; done
	$(Q)echo '# made from idl/*.idl' >$@
endif
endif
endif

# The list of headers is a file that changes only when the list does: a new header, or one that
# went away, makes the rooms' folders anew.
HEADERS := $(shell find abi common kernel lib idl servers drivers apps examples tests tools \
	-name '*.h' -print 2>/dev/null | sort)
FOLDERS := $(wildcard servers/* drivers/* apps/* examples/* tests/* tests/*/* tools/*)
$(shell mkdir -p $(BUILD); printf '%s\n' $(HEADERS) $(FOLDERS) | cmp -s - $(BUILD)/headers || \
	printf '%s\n' $(HEADERS) $(FOLDERS) >$(BUILD)/headers)

$(BUILD)/rooms.mk: ROOMS $(ROOMS_PY) $(BUILD)/headers $(STAMPS)
	$(call SAY,rooms)
	$(Q)$(PYTHON) $(ROOMS_PY) view $(VIEW)/$(ARCH) $(GEN) $(ARCH)
	$(Q)$(PYTHON) $(ROOMS_PY) view $(VIEW)/host $(GEN) host
	$(Q)$(PYTHON) $(ROOMS_PY) make >$@

ifneq ($(GENERATE),)
include $(STAMPS) $(BUILD)/rooms.mk
endif
