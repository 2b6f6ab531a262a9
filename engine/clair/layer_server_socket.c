/* opens the sockets of the layer server */
#include "clair/layer_server_internal.h"
#include "format/url.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HOST_LIMIT = 255 };

static bool is_host(span host)
{
	size_t colons = 0;
	for (size_t i = 0; i < host.len; i++) {
		char c = host.ptr[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!letter && !memchr(".-_:[]%", c, 7))
			return false;
		colons += c == ':';
	}
	bool enclosed = host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']';
	bool bracket = memchr(host.ptr, '[', host.len) || memchr(host.ptr, ']', host.len);
	return host.len && host.len <= HOST_LIMIT && colons != 1 && bracket == enclosed;
}

int layer_server_check_host(const char *host, struct tarsier_error *error)
{
	if (is_host(span_of(host)))
		return TARSIER_OK;
	return error_set(error, TARSIER_USAGE, "\"%s\" is not a host for the layer server: give only a name or an address "
	                 "(--layer-port sets the port)", host);
}

enum reach { LOOPBACK_4, LOOPBACK_6, LOOPBACK_BOTH, ANYWHERE };

/* Sets *address to the given IPv4 loopback address: there are many. */
static enum reach reach_of(const char *host, uint32_t *address)
{
	char text[INET6_ADDRSTRLEN];
	struct in_addr four;
	struct in6_addr six;
	bool enclosed = *host == '[';
	*address = INADDR_LOOPBACK;
	if (!host_is_loopback(span_of(host)))
		return ANYWHERE;
	snprintf(text, sizeof text, "%.*s", (int)strlen(host) - 2 * enclosed, host + enclosed);
	if (inet_pton(AF_INET, text, &four) != 1) {
		if (inet_pton(AF_INET6, text, &six) != 1)
			return LOOPBACK_BOTH; /* by name */
		if (!IN6_IS_ADDR_V4MAPPED(&six))
			return LOOPBACK_6;
		memcpy(&four, &six.s6_addr[12], sizeof four);
	}
	*address = ntohl(four.s_addr);
	return LOOPBACK_4;
}

/* Returns the socket, or -1 with errno. */
static int listen_on(const struct sockaddr *address, socklen_t length, int only_6)
{
	int one = 1, fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (address->sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only_6, sizeof only_6);
	if (bind(fd, address, length) == 0 && listen(fd, SOMAXCONN) == 0)
		return fd;
	int number = errno;
	close(fd);
	errno = number;
	return -1;
}

static int listen_4(uint32_t host, unsigned port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
	                              .sin_addr.s_addr = htonl(host)};
	return listen_on((struct sockaddr *)&address, sizeof address, 0);
}

static int listen_6(const struct in6_addr *host, unsigned port, bool only_6)
{
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port), .sin6_addr = *host};
	return listen_on((struct sockaddr *)&address, sizeof address, only_6);
}

static unsigned port_of(int fd)
{
	union { struct sockaddr any; struct sockaddr_in v4; struct sockaddr_in6 v6; } address;
	socklen_t length = sizeof address;
	if (getsockname(fd, &address.any, &length) < 0)
		return 0;
	return ntohs(address.any.sa_family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
}

/* A name that may belong to both families is resolved in each. If a machine has no IPv6, or another process has that
 * port there, IPv4 is enough. */
int layer_server_listen(const char *host, unsigned port, int sockets[2], unsigned *count, unsigned *bound,
                        struct tarsier_error *error)
{
	uint32_t address;
	enum reach reach = reach_of(host, &address);
	*count = 0;
	if (reach == LOOPBACK_6)
		sockets[0] = listen_6(&in6addr_loopback, port, true);
	else if (reach == ANYWHERE)
		sockets[0] = listen_6(&in6addr_any, port, false);
	else
		sockets[0] = listen_4(address, port);
	if (sockets[0] < 0 && reach == ANYWHERE && errno != EADDRINUSE && errno != EACCES)
		sockets[0] = listen_4(INADDR_ANY, port);
	if (sockets[0] < 0)
		return error_set(error, TARSIER_BACKEND,
		                 "the layer server cannot listen on port %u (omit --layer-port to use any free port): %s",
		                 port, strerrordesc_np(errno));
	*count = 1;
	*bound = port_of(sockets[0]);
	if (reach == LOOPBACK_BOTH && (sockets[1] = listen_6(&in6addr_loopback, *bound, true)) >= 0)
		*count = 2;
	return TARSIER_OK;
}
