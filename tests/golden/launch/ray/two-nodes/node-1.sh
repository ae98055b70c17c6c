#!/bin/sh
set -eu
: "${HEAD_ADDRESS:?is the address of node 0, as the other nodes reach it}"
export NCCL_SOCKET_IFNAME=eth0
exec ray start --address "$HEAD_ADDRESS":6379 --block
