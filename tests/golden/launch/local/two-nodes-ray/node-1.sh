#!/bin/sh
set -eu
exec ray start --address HEAD_ADDRESS:6379
