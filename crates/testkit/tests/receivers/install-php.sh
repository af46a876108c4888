#!/bin/sh
# Installs what receiver.php needs, on Debian and Ubuntu. Without it that receiver is skipped.
set -eu
command -v php >/dev/null || apt-get install --yes --no-install-recommends php-cli
