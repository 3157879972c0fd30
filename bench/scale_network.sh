#!/bin/sh
# Two machines of their own on this one: network namespaces with a cable between them. Needs root.
#
#   scale_network.sh up RATE [DELAY]   makes them; RATE as tc(8) reads it ("100mbit"), DELAY as netem does
#   scale_network.sh run COMMAND ...   runs a command on the first of them
#   scale_network.sh down              removes them
#   scale_network.sh HOST COMMAND ...  runs a command on a host, for Open MPI in the place of ssh
set -eu
self=$0
case $1 in
  up)
    for i in 1 2; do ip netns add gradus$i; ip -n gradus$i link set lo up; done
    ip link add cable1 netns gradus1 type veth peer name cable2 netns gradus2
    for i in 1 2; do
      ip -n gradus$i addr add 10.77.0.$i/24 dev cable$i
      ip -n gradus$i link set cable$i up
      tc -n gradus$i qdisc add dev cable$i root handle 1: tbf rate "$2" burst 64kb latency 200ms
      # Not every kernel can delay packets.
      if [ $# -gt 2 ]; then
        tc -n gradus$i qdisc add dev cable$i parent 1:1 handle 2: netem delay "$3" limit 100000
      fi
    done
    ;;
  down)
    for i in 1 2; do ip netns del gradus$i 2>/dev/null || true; done
    ;;
  run)
    shift
    exec ip netns exec gradus1 unshare --uts sh -c 'hostname gradus1; exec "$@"' sh "$@"
    ;;
  10.77.0.*)
    name=gradus${1##*.}
    shift
    exec ip netns exec "$name" unshare --uts sh -c "hostname $name; $*"
    ;;
  *)
    sed -n '2,8p' "$self"
    exit 1
    ;;
esac
