# SPDX-License-Identifier: BSD-2-Clause
#: ./tessera new NAME             write a component that builds, runs and is tested: apps/NAME

name=${1:-}
[[ $name =~ ^[a-z][a-z0-9_]{0,30}$ ]] || die "new: '$name' cannot be the name of a component" \
    "small letters, digits and _, 31 at most, a letter first: ./tessera new greeter"
for taken in {apps,servers,drivers,examples,tests/guest}/"$name" system/"$name".yaml tests/qemu/"$name".{yaml,py}; do
    [ ! -e "$taken" ] || die "new: $taken is there already" "choose another name"
done

mkdir -p "apps/$name" system tests/qemu
fill() { sed "s/@NAME@/$name/g" "tools/new/$1" >"$2" && echo "  $2   $3"; }
echo "Written:"
fill main.c.in "apps/$name/main.c" "the program"
fill system.yaml.in "system/$name.yaml" "the default system with it"
fill test.yaml.in "tests/qemu/$name.yaml" "its test"
echo "Next:"
echo "  ./tessera run --system $name"
echo "  ./tessera test $name"
