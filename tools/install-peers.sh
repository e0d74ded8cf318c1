#!/bin/sh
# Installs the wire peers of the tests (tests/peers/package.json) with npm. Without Node the tests that need them
# skip and say so; where CI=true nothing may be missing.
set -eu
. tools/node.sh
have_node "The tests against wire peers (tests/peers) need it." "those tests are skipped." || exit 0
install_locked tests/peers "the wire peers of the tests with npm"
