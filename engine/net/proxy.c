#include "net/proxy.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* ---- no_proxy ---------------------------------------------------------------------------------------------------- */

/* An address as 16 bytes, IPv4 as IPv6 maps it. */
static bool read_address(span text, unsigned char address[16], unsigned *bits)
{
	static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
	char copy[INET6_ADDRSTRLEN];
	if (text.len > 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']')
		text = (span){text.ptr + 1, text.len - 2};
	if (text.len >= sizeof copy)
		return false;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	*bits = 128;
	if (inet_pton(AF_INET6, copy, address) == 1)
		return true;
	memcpy(address, mapped, sizeof mapped);
	*bits = 32;
	return inet_pton(AF_INET, copy, address + 12) == 1;
}

static bool shares_bits(const unsigned char *a, const unsigned char *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;
	return memcmp(a, b, whole) == 0 && (!rest || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

/* "10.0.0.0/8", "fd00::/8" */
static bool is_in_network(span host, span network, span length)
{
	unsigned char address[16], range[16];
	unsigned host_bits, most;
	uint64_t bits;
	if (!read_address(host, address, &host_bits) || !read_address(network, range, &most) || !span_number(length, &bits))
		return false;
	return bits <= most && host_bits == most && shares_bits(address, range, (unsigned)bits + (most == 32 ? 96 : 0));
}

static bool is_address(span text)
{
	unsigned char address[16];
	unsigned bits;
	return read_address(text, address, &bits);
}

static bool is_same_address(span a, span b)
{
	unsigned char one[16], other[16];
	unsigned bits;
	return read_address(a, one, &bits) && read_address(b, other, &bits) && memcmp(one, other, sizeof one) == 0;
}

/* "example.com" and ".example.com" both match www.example.com and example.com, as in curl. */
static bool is_named(span host, span entry)
{
	if (span_starts(entry, "*."))
		entry = span_from(entry, 1);
	if (span_starts(entry, "."))
		entry = span_from(entry, 1);
	if (!entry.len || host.len < entry.len || !host_equal(span_from(host, host.len - entry.len), entry))
		return false;
	return host.len == entry.len || host.ptr[host.len - entry.len - 1] == '.';
}

/* Removes ":port" from the end of an entry and returns the port, 0 if there is none. An IPv6 address has a port only after
 * brackets. */
static unsigned take_port(span *entry)
{
	ptrdiff_t colon = span_find_last(*entry, ':');
	uint64_t port;
	if (colon <= 0 || (span_find(*entry, ':') != colon && entry->ptr[colon - 1] != ']'))
		return 0;
	if (!span_number(span_from(*entry, (size_t)colon + 1), &port) || port == 0 || port > UINT16_MAX)
		return 0;
	entry->len = (size_t)colon;
	return (unsigned)port;
}

static bool matches(span host, unsigned port, span entry)
{
	span network, length;
	if (span_is(entry, "*"))
		return true;
	if (span_cut(entry, '/', &network, &length))
		return is_in_network(host, network, length);
	unsigned wanted = take_port(&entry);
	return (!wanted || wanted == port) && (is_address(host) ? is_same_address(host, entry) : is_named(host, entry));
}

bool proxy_is_bypassed(span host, unsigned port, const char *no_proxy)
{
	if (host.len && host.ptr[host.len - 1] == '.')
		host.len--;
	if (host_is_loopback(host))
		return true;
	for (const char *at = no_proxy; *at;) {
		span entry = {at, strcspn(at, ", \t")};
		if (entry.len && matches(host, port, entry))
			return true;
		at += entry.len + strspn(at + entry.len, ", \t");
	}
	return false;
}

/* ---- the environment --------------------------------------------------------------------------------------------- */

static const char *variable(const char *name)
{
	const char *value = getenv(name);
	return value && *value ? value : NULL;
}

static const char *first_of(const char *name, const char *other)
{
	const char *value = variable(name);
	return value ? value : variable(other);
}

const char *proxy_for(const struct url *url)
{
	bool https = span_is_nocase(url->scheme, "https");
	const char *proxy = https ? first_of("https_proxy", "HTTPS_PROXY") : variable("http_proxy");
	const char *no_proxy = first_of("no_proxy", "NO_PROXY");
	if (!proxy)
		proxy = first_of("all_proxy", "ALL_PROXY");
	return proxy && !proxy_is_bypassed(url->host, url->port, no_proxy ? no_proxy : "") ? proxy : NULL;
}
