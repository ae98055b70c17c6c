#!/bin/sh
set -eu
: "${HEAD_ADDRESS:?is not set}"
exec ray start --address "$HEAD_ADDRESS":6379 --block
