#!/usr/bin/env bash
# Whether the node of this container takes work: exit code 0 when GET /healthz/ready says so. In bash alone, since images have no curl,
# and a .NET process every few seconds would take a part of the cores that compute. Its argument is the port of the HTTP interface.
exec 3<>"/dev/tcp/127.0.0.1/${1:-8080}" || exit 1
printf 'GET /healthz/ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' >&3
read -r _ status _ <&3
[ "$status" = 200 ]
