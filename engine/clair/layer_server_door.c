/* admits connections to the layer server that send the token in the first line of a request */
#include "clair/layer_server_internal.h"
#include "base/clock.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/*
 * A connection waits at the door until its first bytes are "GET /TOKEN/" or "HEAD /TOKEN/". Until then it costs one
 * file descriptor and times out after a few seconds. If too many wait, the oldest is closed, so strangers cannot lock
 * Clair out. libmicrohttpd gives each admitted connection a thread. If too many are admitted, further ones wait without
 * a limit and are not reset. Clair opens one for each of its processors, at most one for each layer of the image.
 */
enum {
	ADMITTED = 256, /* at a time; each takes two of the 1024 descriptors of a process, one for the layer's file */
	WAITING = 256,  /* connections without a token, and those that wait for admission */
	EVENTS = 64,    /* taken from the kernel in one call */
	LINE = 5 + 1 + TOKEN_LENGTH + 1, /* "HEAD /TOKEN/" */
	DRAIN = 4096,
	PAUSE = 20,     /* milliseconds, if the process has no free descriptor */
};

enum visitor_state {
	VISITOR_SILENT,  /* has not sent the whole token */
	VISITOR_KNOWN,   /* has sent the token, and waits for admission */
	VISITOR_REFUSED, /* was answered 404, and must close */
};

struct visitor {
	int fd;
	enum visitor_state state;
	int64_t since; /* milliseconds */
	struct sockaddr_storage address;
	socklen_t length;
};

struct door {
	struct door_options options;
	int sockets[2], events, wake;
	unsigned socket_count;
	struct visitor visitors[WAITING]; /* in order of arrival */
	size_t count;
	atomic_uint admitted;
	atomic_bool closing;
	pthread_t thread;
};

/* ---- visitors ---------------------------------------------------------------------------------------------------- */

static void door_forget(struct door *door, size_t index)
{
	door->count--;
	memmove(&door->visitors[index], &door->visitors[index + 1], (door->count - index) * sizeof *door->visitors);
}

static void door_dismiss(struct door *door, size_t index)
{
	close(door->visitors[index].fd); /* this also removes it from epoll */
	door_forget(door, index);
}

/* Closes the visitor that has been silent for longest. Returns false if all of them wait for admission. */
static bool door_make_room(struct door *door)
{
	for (size_t i = 0; i < door->count; i++)
		if (door->visitors[i].state != VISITOR_KNOWN) {
			door_dismiss(door, i);
			return true;
		}
	return false;
}

static void door_admit(struct door *door, size_t index)
{
	struct visitor visitor = door->visitors[index];
	int one = 1;
	epoll_ctl(door->events, EPOLL_CTL_DEL, visitor.fd, NULL);
	setsockopt(visitor.fd, SOL_SOCKET, SO_RCVLOWAT, &one, sizeof one);
	door_forget(door, index);
	atomic_fetch_add(&door->admitted, 1);
	door->options.admit(door->options.user, visitor.fd, (struct sockaddr *)&visitor.address, visitor.length);
}

static void door_admit_known(struct door *door)
{
	for (size_t i = 0; i < door->count && atomic_load(&door->admitted) < ADMITTED;)
		if (door->visitors[i].state == VISITOR_KNOWN)
			door_admit(door, i);
		else
			i++;
}

static void door_refuse(struct visitor *visitor)
{
	static const char answer[] = "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
	if (send(visitor->fd, answer, sizeof answer - 1, MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
		shutdown(visitor->fd, SHUT_WR);
	visitor->state = VISITOR_REFUSED;
}

/*
 *	("GET" | "HEAD") " /" TOKEN "/" …
 *
 * The token is compared only when all of it has arrived, or the line has ended. Otherwise the time of the answer would
 * show how much of a guess is right.
 */
static enum visitor_state door_judge(const struct door *door, span line)
{
	size_t method = span_starts(line, "GET /") ? 5 : span_starts(line, "HEAD /") ? 6 : 0;
	bool ended = memchr(line.ptr, '\n', line.len) != NULL;
	if (!method && !ended && line.len < 6)
		return VISITOR_SILENT;
	if (!method)
		return VISITOR_REFUSED;
	if (line.len <= method + TOKEN_LENGTH)
		return ended ? VISITOR_REFUSED : VISITOR_SILENT;
	bool same = CRYPTO_memcmp(line.ptr + method, door->options.token, TOKEN_LENGTH) == 0;
	return same && line.ptr[method + TOKEN_LENGTH] == '/' ? VISITOR_KNOWN : VISITOR_REFUSED;
}

/* What recv() returned, with errno: nothing has come, and the visitor is still there. */
static bool is_quiet(ssize_t got)
{
	return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

static bool visitor_has_left(int fd)
{
	char rest[DRAIN];
	ssize_t got;
	while ((got = recv(fd, rest, sizeof rest, MSG_DONTWAIT)) > 0)
		;
	return !is_quiet(got);
}

/* Peeks at the bytes without consuming them: libmicrohttpd reads them again. Returns false if the visitor has left. */
static bool door_listen(const struct door *door, struct visitor *visitor)
{
	char line[LINE];
	if (visitor->state == VISITOR_SILENT) {
		ssize_t got = recv(visitor->fd, line, sizeof line, MSG_PEEK | MSG_DONTWAIT);
		if (got <= 0)
			return is_quiet(got);
		visitor->state = door_judge(door, (span){line, (size_t)got});
		if (visitor->state == VISITOR_REFUSED)
			door_refuse(visitor);
	}
	return visitor->state != VISITOR_REFUSED || !visitor_has_left(visitor->fd);
}

static void door_hear(struct door *door, size_t index)
{
	if (!door_listen(door, &door->visitors[index]))
		door_dismiss(door, index);
}

static void door_hear_from(struct door *door, int fd)
{
	for (size_t i = 0; i < door->count; i++)
		if (door->visitors[i].fd == fd) {
			door_hear(door, i);
			return;
		}
}

/* ---- the thread -------------------------------------------------------------------------------------------------- */

static void door_accept(struct door *door, int socket)
{
	const struct timespec pause = {.tv_nsec = PAUSE * 1000000L};
	struct visitor visitor = {.state = VISITOR_SILENT, .since = clock_milliseconds(),
	                          .length = sizeof visitor.address};
	if (door->count == WAITING && !door_make_room(door)) {
		nanosleep(&pause, NULL); /* meanwhile the kernel queues connections */
		return;
	}
	visitor.fd = accept4(socket, (struct sockaddr *)&visitor.address, &visitor.length, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (visitor.fd < 0) {
		if ((errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) && !door_make_room(door))
			nanosleep(&pause, NULL);
		return;
	}
	/* Edge-triggered: otherwise an incomplete line would be reported repeatedly. */
	struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.fd = visitor.fd};
	if (epoll_ctl(door->events, EPOLL_CTL_ADD, visitor.fd, &event) < 0)
		close(visitor.fd);
	else
		door->visitors[door->count++] = visitor;
}

/* On a busy machine it may be this thread that is late, and what it waited for is there. */
static bool door_is_late(const struct door *door, struct visitor *visitor, int64_t before)
{
	if (visitor->state == VISITOR_KNOWN || visitor->since > before)
		return false;
	return !door_listen(door, visitor) || visitor->state != VISITOR_KNOWN;
}

static void door_dismiss_late(struct door *door)
{
	int64_t before = clock_milliseconds() - door->options.silence;
	for (size_t i = 0; i < door->count;)
		if (door_is_late(door, &door->visitors[i], before))
			door_dismiss(door, i);
		else
			i++;
}

/* Milliseconds until the first visitor times out; -1 if there are none. */
static int door_wait(const struct door *door)
{
	for (size_t i = 0; i < door->count; i++)
		if (door->visitors[i].state != VISITOR_KNOWN) {
			int64_t left = door->visitors[i].since + door->options.silence - clock_milliseconds();
			return left > 0 ? (int)left + 1 : 0;
		}
	return -1;
}

static void door_attend(struct door *door, int fd)
{
	uint64_t count;
	if (fd == door->wake) {
		if (read(fd, &count, sizeof count) < 0)
			return; /* the wake-up was already read */
	} else if (fd == door->sockets[0] || (door->socket_count == 2 && fd == door->sockets[1])) {
		door_accept(door, fd);
	} else {
		door_hear_from(door, fd);
	}
}

static void *door_run(void *user)
{
	struct door *door = user;
	struct epoll_event events[EVENTS];
	while (!atomic_load(&door->closing)) {
		int count = epoll_wait(door->events, events, EVENTS, door_wait(door));
		for (int i = 0; i < count; i++)
			door_attend(door, events[i].data.fd);
		door_dismiss_late(door);
		door_admit_known(door);
	}
	return NULL;
}

/* ---- opening and closing ----------------------------------------------------------------------------------------- */

static void door_wake(const struct door *door)
{
	const uint64_t one = 1;
	if (write(door->wake, &one, sizeof one) < 0)
		return; /* the counter is full, so it is awake */
}

void door_leave(struct door *door)
{
	atomic_fetch_sub(&door->admitted, 1);
	door_wake(door);
}

void door_free(struct door *door)
{
	if (!door)
		return;
	while (door->count)
		door_dismiss(door, door->count - 1);
	for (unsigned i = 0; i < door->socket_count; i++)
		close(door->sockets[i]);
	if (door->events >= 0)
		close(door->events);
	if (door->wake >= 0)
		close(door->wake);
	memory_resize(door->options.allocator, door, sizeof *door, 0);
}

void door_stop(struct door *door)
{
	if (!door)
		return;
	atomic_store(&door->closing, true);
	door_wake(door);
	pthread_join(door->thread, NULL);
}

static bool door_watch(const struct door *door, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
	return fd >= 0 && epoll_ctl(door->events, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool door_start(struct door *door)
{
	door->events = epoll_create1(EPOLL_CLOEXEC);
	door->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	bool ok = door->events >= 0 && door_watch(door, door->wake);
	for (unsigned i = 0; i < door->socket_count && ok; i++)
		ok = door_watch(door, door->sockets[i]);
	return ok && pthread_create(&door->thread, NULL, door_run, door) == 0;
}

int door_open(const struct door_options *options, const int *sockets, unsigned count, struct door **result,
              struct tarsier_error *error)
{
	struct door *door = memory_resize(options->allocator, NULL, 0, sizeof *door);
	*result = NULL;
	if (!door) {
		for (unsigned i = 0; i < count; i++)
			close(sockets[i]);
		return error_memory(error);
	}
	memset(door, 0, sizeof *door);
	door->options = *options;
	door->socket_count = count;
	memcpy(door->sockets, sockets, count * sizeof *sockets);
	*result = door; /* before the thread starts: it may run at once */
	if (!door_start(door)) {
		*result = NULL;
		door_free(door);
		return error_set(error, TARSIER_IO, "the layer server cannot start: "
		                 "out of threads, memory or file descriptors");
	}
	return TARSIER_OK;
}
