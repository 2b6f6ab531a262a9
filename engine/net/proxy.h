/* which proxy a request goes through, as the environment says */
#ifndef TARSIER_NET_PROXY_H
#define TARSIER_NET_PROXY_H

#include "format/url.h"

/*	http_proxy                     for http; only in lower case, since a web server gives HTTP_PROXY to CGI programs
 *	https_proxy, HTTPS_PROXY       for https
 *	all_proxy, ALL_PROXY           for both, if the other is not set
 *	no_proxy, NO_PROXY             hosts to reach directly, separated by commas or spaces:
 *
 *	entry = "*"  |  host [":" port]  |  ["*"] "." domain  |  address "/" bits
 *
 * A host also matches every name that ends in "." and that host. Loopback hosts are always reached directly, as with Go's
 * clients. Returns the proxy for this URL, or NULL for none; borrowed from the environment. */
const char *proxy_for(const struct url *url);
/* The same rules for one host, with `no_proxy` as given. */
bool proxy_is_bypassed(span host, unsigned port, const char *no_proxy);

#endif
