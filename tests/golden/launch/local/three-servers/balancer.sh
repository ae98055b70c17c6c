#!/bin/sh
set -eu
mkdir -p nginx
exec nginx -p "$PWD" -e stderr -c nginx.conf -g 'daemon off;'
