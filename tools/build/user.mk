# SPDX-License-Identifier: BSD-2-Clause
# Everything that runs in user mode: libraries (lib/*, common, the protocols' stubs) become archives,
# each folder of servers/, drivers/, apps/, examples/ and tests/guest/ one static executable
# build/bin/NAME. A component is linked with the archives of the rooms it may use, no others; or of
# those that a file LINK in its folder names: `first` for a program in the place of root.

COMPONENT_FOLDERS := servers drivers apps examples tests/guest
is_component = $(filter bench linux $(COMPONENT_FOLDERS),$(FOLDER_$1) $(patsubst %/,%,$(dir $(FOLDER_$1))))
linked = $(strip $(foreach f,$(wildcard $1/LINK),$(shell sed 's/\#.*//' $f)))
links = $(or $(call linked,$(FOLDER_$1)),$(USES_$1))
USER_FLAGS := -DTESSERA_COMPONENT

COMPONENT_ROOMS := $(foreach r,$(ROOMS_ALL),$(if $(call is_component,$r),$(if $(call room_sources,$r,$(ARCH)),$r)))
LIB_ROOMS := $(foreach r,$(ROOMS_ALL),$(if $(filter lib/%,$(FOLDER_$r)),$(if $(call room_sources,$r,$(ARCH)),$r)))
LIB_ROOMS += $(if $(call room_sources,common,$(ARCH)),common)

image_name = $(notdir $(FOLDER_$1))
COMPONENTS := $(foreach r,$(COMPONENT_ROOMS),$(BUILD)/bin/$(call image_name,$r))
TWICE := $(strip $(foreach c,$(sort $(COMPONENTS)),$(if $(word 2,$(filter $c,$(COMPONENTS))),$(notdir $c))))
ifneq ($(TWICE),)
$(error two components are called $(TWICE): image names must differ, so rename one of the folders)
endif

# The C library, kept outside the build folder under a name that says what it was made from.
ifneq ($(COMPONENTS)$(filter posix,$(LIB_ROOMS)),)
MUSL := $(shell tools/musl/musl.sh path)
LIBC := $(MUSL)/lib/libc.a
$(LIBC):
	$(call SAY,musl $(MUSL))
	$(Q)tools/musl/musl.sh build
endif

# libext2fs, kept in the same way; only the room ext4 sees its headers.
EXT2FS := $(shell tools/ext2fs/ext2fs.sh path)
EXT2FS_USER := $(EXT2FS)/user/libext2fs.a
EXT2FS_HOST := $(EXT2FS)/host/libext2fs.a
SYSTEM_ext4 := -isystem $(EXT2FS)/include
$(EXT2FS_USER) $(EXT2FS_HOST) &: | $(LIBC)
	$(call SAY,libext2fs $(EXT2FS))
	$(Q)tools/ext2fs/ext2fs.sh build $(MUSL)
$(foreach w,user,$(call room_objects,ext4,$w,$(ARCH))): | $(EXT2FS_USER)
$(foreach w,host tool,$(call room_objects,ext4,$w,host)): | $(EXT2FS_HOST)

# Mbed TLS, in the same way; only the room hash sees its headers.
MBEDTLS := $(shell tools/mbedtls/mbedtls.sh path)
MBEDTLS_USER := $(MBEDTLS)/libmbedtls.a
SYSTEM_hash := -isystem $(MBEDTLS)/include
$(MBEDTLS_USER): | $(LIBC)
	$(call SAY,mbedtls $(MBEDTLS))
	$(Q)tools/mbedtls/mbedtls.sh build $(MUSL)
$(call room_objects,hash,user,$(ARCH)): | $(MBEDTLS_USER)

$(foreach r,$(LIB_ROOMS) $(COMPONENT_ROOMS),$(eval \
	$(call room_rules,$r,user,$(ARCH),$$(call user_libc,$r) $(USER_FLAGS))))

# Rooms that may use the C library wait for its headers.
hosted_rooms = $(foreach r,$(LIB_ROOMS) $(COMPONENT_ROOMS),$(if $(filter posix,$r $(call links,$r)),$r))
$(foreach r,$(hosted_rooms),$(call room_objects,$r,user,$(ARCH))): | $(LIBC)

# Stubs that are not inline, if the IDL compiler makes any.
PROTO_OBJECTS := $(patsubst $(GEN)/proto/%.c,$(BUILD)/user/proto/%.c.o,$(wildcard $(GEN)/proto/*.c))
$(BUILD)/user/proto/%.c.o: $(GEN)/proto/%.c $(BUILD)/flags.user | $(BUILD)/rooms.mk
	$(call compile,user,$(call include_flags,proto,$(ARCH)) $(FREESTANDING) $(USER_FLAGS))

define archive
$(call SAY,ar   $@)
@mkdir -p $(@D)
$(Q)rm -f $@ && $(AR) rcsD $@ $(filter %.o,$^)
endef
define library
$(BUILD)/lib/lib$1.a: $(call room_objects,$1,user,$(ARCH))
	$$(archive)
endef
$(foreach r,$(LIB_ROOMS),$(eval $(call library,$r)))
$(BUILD)/lib/libproto.a: $(PROTO_OBJECTS)
	$(archive)

# Rooms that a room can reach through those it may use, as archives. The C library comes last.
archives = $(foreach r,$(filter $(LIB_ROOMS) $(if $(PROTO_OBJECTS),proto),$(call links,$1)),$(BUILD)/lib/lib$r.a) \
	$(if $(filter ext4,$(call links,$1)),$(EXT2FS_USER)) \
	$(if $(filter hash,$(call links,$1)),$(MBEDTLS_USER))
LINK_USER := -static -nostdlib -Wl,--build-id=none -Wl,-z,noexecstack \
	-Wl,-z,max-page-size=0x1000 -Wl,-z,separate-code -Wl,-Ttext-segment=0x400000 \
	-Wl,--gc-sections -Wl,-u,_start -Wl,--fatal-warnings

# $1: room
define component
$(BUILD)/bin/$(call image_name,$1): $(call room_objects,$1,user,$(ARCH)) $(call archives,$1) \
		$(if $(filter posix,$(call links,$1)),$(LIBC))
	$$(call SAY,link $$@)
	@mkdir -p $$(@D)
	$(Q)$(CC) $(LINK_USER) -o $$@ $(call room_objects,$1,user,$(ARCH)) \
		-Wl,--start-group $(call archives,$1) $(if $(filter posix,$(call links,$1)),$(LIBC)) -Wl,--end-group
endef
$(foreach r,$(COMPONENT_ROOMS),$(eval $(call component,$r)))

USER_OBJECTS := $(foreach r,$(LIB_ROOMS) $(COMPONENT_ROOMS),$(call room_objects,$r,user,$(ARCH))) $(PROTO_OBJECTS)
.PHONY: components user-link libraries
libraries: $(foreach r,$(LIB_ROOMS),$(BUILD)/lib/lib$r.a)
components: $(COMPONENTS)
all: components
# What each room's objects need, against ROOMS: part of ./tessera check.
user-link: $(USER_OBJECTS)
	$(Q)$(PYTHON) $(ROOMS_PY) link $(foreach r,$(LIB_ROOMS) $(COMPONENT_ROOMS),$(addsuffix =$r,$(call room_objects,$r,user,$(ARCH))))
-include $(USER_OBJECTS:.o=.d)
