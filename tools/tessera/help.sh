# SPDX-License-Identifier: BSD-2-Clause
#: ./tessera help                 this page

echo "Tessera: a capability microkernel and a self-healing system on it."
echo
sed -n 's/^#: \(\.\/tessera .*\|  .*\)/  \1/p' tools/tessera/{run,test,bench,inject,soak,debug,check,prove,bounds,fuzz,image,new,build,clean,doctor,help}.sh
echo
echo "BUILD=FOLDER in the environment builds elsewhere than in ./build. README.md says more."
