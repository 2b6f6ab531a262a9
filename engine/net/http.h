/* one HTTP request and its answer, by libcurl, which is loaded when first needed */
#ifndef TARSIER_NET_HTTP_H
#define TARSIER_NET_HTTP_H

#include "base/error.h"
#include "format/url.h"

#include <stdatomic.h>
#include <stdbool.h>

/* libcurl loads TLS, HTTP/2, IDN and Kerberos with it, which takes 18 ms and more. A scan without a network must not pay
 * that. */

/* Connections that stay open from one request to the next, which may come from several threads. The pool lies in the
 * arena; NULL: no memory. No request may be under way when it is freed; NULL is fine. */
struct http_pool;
struct http_pool *http_pool_new(struct arena *arena);
void http_pool_free(struct http_pool *pool);

struct http_request {
	const char *method;                 /* "GET", "HEAD", "POST", "PUT", "DELETE" */
	const char *url;                    /* http or https; redirects are followed, five at most, only to those, and by no request
	                                     * that has a body */
	const char *unix_socket;            /* connects here instead of to the URL's host; or NULL */
	const char *const *headers;         /* "Name: value", NULL-terminated; or NULL. Authorization is not sent on to other hosts */
	span body;                          /* sent where ptr is not NULL */
	unsigned connect_seconds;           /* 0: 10 */
	unsigned seconds;                   /* for all of it; 0: 60 */
	bool blob;                          /* a body that may be long: it comes as it is stored, not as a Content-Encoding unpacks
	                                     * it, and `seconds` is how long it may stand still, but for the sink's own time */
	size_t limit;                       /* bytes the answer's body may have; 0: 16 MiB. More is LIMIT */
	const char *ca_file;                /* certificate authorities, PEM; NULL: the system's */
	span ca_pem;                        /* instead of ca_file, the PEM text itself; may be empty */
	bool unverified;                    /* any certificate will do, and no authorities are read, which takes 40 ms: for what tells
	                                     * the server no secret, and believes nothing of its answer */
	const char *certificate, *key;      /* files of the client's own, PEM; or NULL */
	bool direct;                        /* never through a proxy: the host is beside this machine */
	const atomic_bool *cancelled;       /* or NULL */
	const atomic_bool *abandoned;       /* the same, where the caller has two reasons to cancel; or NULL */
	struct http_pool *pool;             /* or NULL: the connection ends with the request */
	/* Takes a 2xx answer's body piece by piece, in place of response->body and without its limit; false gives up, as IO.
	 * Other answers' bodies are errors to be read, and kept. The response has its status by then. */
	bool (*sink)(void *user, span piece);
	void *user;
};

enum http_trouble {
	HTTP_NO_TROUBLE,
	HTTP_TIMED_OUT,                     /* it took longer than `seconds` or `connect_seconds` */
	HTTP_NO_CONNECTION,                 /* the host is unknown, or does not accept connections */
	HTTP_UNTRUSTED,                     /* no trusted authority signed the certificate */
	HTTP_OTHER_HOST,                    /* the certificate is for another host */
	HTTP_NO_TLS,                        /* an https URL, but the server does not speak TLS */
	HTTP_NO_AUTHORITIES,                /* ca_file cannot be read */
	HTTP_BAD_REDIRECT,                  /* too many redirects, or one to another protocol than http and https */
};

struct http_response {
	long status;                        /* 0 if there was no answer */
	enum http_trouble trouble;          /* … and why, if callers treat that reason differently */
	struct buffer headers;              /* the last answer's header lines, unchanged */
	struct buffer body;
	bool elsewhere;                     /* a redirect led to another origin, which was sent no Authorization */
	char through[160];                  /* for messages: "", or " (through the proxy http://proxy:3128)" */
};

/* A proxy is chosen for each URL, redirects included, as proxy.h says. Any status is a success: the caller knows what it
 * asked for. Fails with IO if no complete answer came: the message names the URL (without its user and password), libcurl's
 * reason, and the proxy if there was one. The response must be freed by the caller, on failure too. */
int http_send(const struct http_request *request, struct http_response *response, struct tarsier_error *error);
void http_response_free(struct http_response *response);

/* Returns a header's value, or an empty span if the header is absent. Names are compared case-insensitively. Borrowed from
 * the response. */
span http_header(const struct http_response *response, const char *name);

#endif
