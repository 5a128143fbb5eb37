#!/bin/sh
# What building HiGHS from the crate `highs-sys` needs on Debian or Ubuntu.
set -eu
apt-get update
apt-get install -y cmake g++ clang libclang-dev
