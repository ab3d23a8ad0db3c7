/* SPDX-License-Identifier: ISC */
#ifndef FETCH_ADDRESS_H
#define FETCH_ADDRESS_H

#include <stdbool.h>

#include <sys/socket.h>

/*
 * Where a connection may go.  What is judged is the address that is about to
 * be connected to, not how it was written, nor the name that led there.
 *
 * An IPv4 address inside an IPv6 one (mapped, ::ffff:0:0/96; or behind a
 * NAT64, 64:ff9b::/96) is judged as the IPv4 address that it stands for.
 */

/*
 * Whether it is a unicast address of the public Internet: none of the IANA
 * registries of special-purpose addresses (RFC 6890) but those that are
 * globally reachable, nothing that tunnels to another address (6to4, Teredo),
 * no multicast.
 */
bool address_public(const struct sockaddr *sa);

/* Whether it is in a network, e.g. "127.0.0.0/8" or "::1/128"; false when
 * that is none. */
bool address_within(const struct sockaddr *sa, const char *network);

#endif
