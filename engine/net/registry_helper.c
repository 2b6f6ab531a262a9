#include "net/registry_helper.h"

#include "base/clock.h"
#include "format/json.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	NAME_LIMIT = 128,       /* bytes; "secretservice", "ecr-login" */
	ADDRESS_LIMIT = 1024,   /* bytes, far less than a pipe takes at once: see give_address */
	ANSWER_LIMIT = 1 << 17, /* bytes: the longest tokens, those of cloud providers, have some 10 KiB */
	GLANCE = 50,            /* milliseconds between checks whether a silent helper has ended */
	STATUS_UNKNOWN = -1,    /* the host ignores SIGCHLD, or waited for our child itself */
};

struct helper {
	const char *program; /* "docker-credential-NAME" */
	pid_t pid;
	int output;
	int status;
	bool has_ended;
	int64_t deadline; /* milliseconds of the monotonic clock */
	struct buffer answer;
};

/* ---- starting it ------------------------------------------------------------------------------------------------- */

static void close_pipe(const int ends[2])
{
	for (int i = 0; i < 2; i++)
		if (ends[i] >= 0)
			close(ends[i]);
}

/* Both ends must be above the three standard descriptors, which the host may have closed: the child sets those one
 * after the other, and the first must not overwrite the second. */
static bool open_pipe(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC) < 0)
		return ends[0] = ends[1] = -1, false;
	for (int i = 0; i < 2; i++) {
		int low = ends[i];
		if (low > STDERR_FILENO)
			continue;
		ends[i] = fcntl(low, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		int number = errno;
		close(low);
		errno = number;
	}
	return ends[0] >= 0 && ends[1] >= 0;
}

/* We write the whole address while we hold both ends of the pipe. So the write can neither block nor raise SIGPIPE,
 * whatever the helper does with its input. */
static bool give_address(int ends[2], const char *address)
{
	size_t length = strlen(address);
	bool is_given = write(ends[1], address, length) == (ssize_t)length;
	int number = errno;
	close(ends[1]);
	ends[1] = -1;
	errno = number;
	return is_given;
}

static bool is_no_memory(int number)
{
	return number == EAGAIN || number == ENOMEM || number == EMFILE || number == ENFILE;
}

static int fail_to_start(const struct helper *helper, int number, struct tarsier_error *error)
{
	if (is_no_memory(number))
		return error_errno(error, number, "start %s", helper->program);
	const char *reason = number == ENOENT ? "is not on PATH" : "cannot be run on this machine";
	return error_set(error, TARSIER_UNSUPPORTED,
	                 "the credentials are kept by the program %s, which %s: install it, or log in without credsStore and "
	                 "credHelpers, or give --registry-user and --registry-password-file, or send no credentials with "
	                 "REGISTRY_AUTH_FILE=/dev/null",
	                 helper->program, reason);
}

/* The helper gets the signal settings of a program that a shell starts, without the host's mask and its ignored
 * SIGPIPE. */
static int spawn_with(struct helper *helper, posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, int in,
                      int out)
{
	sigset_t none, pipe;
	sigemptyset(&none);
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	char *arguments[] = {(char *)helper->program, (char *)"get", NULL};
	int number = posix_spawn_file_actions_adddup2(actions, in, STDIN_FILENO);
	if (number == 0)
		number = posix_spawn_file_actions_adddup2(actions, out, STDOUT_FILENO);
	if (number == 0)
		number = posix_spawnattr_setsigmask(attributes, &none);
	if (number == 0)
		number = posix_spawnattr_setsigdefault(attributes, &pipe);
	if (number == 0)
		number = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	return number ? number : posix_spawnp(&helper->pid, helper->program, actions, attributes, arguments, environ);
}

static int spawn(struct helper *helper, int in, int out)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int number = posix_spawn_file_actions_init(&actions);
	if (number)
		return number;
	number = posix_spawnattr_init(&attributes);
	if (number == 0) {
		number = spawn_with(helper, &actions, &attributes, in, out);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&actions);
	return number;
}

static int start(struct helper *helper, const char *address, struct tarsier_error *error)
{
	int input[2] = {-1, -1}, output[2] = {-1, -1}, number = 0;
	if (!open_pipe(input) || !give_address(input, address) || !open_pipe(output) ||
	    fcntl(output[0], F_SETFL, O_NONBLOCK) < 0)
		number = errno;
	int code = number ? error_errno(error, number, "a pipe to %s", helper->program) : TARSIER_OK;
	if (code >= 0)
		number = spawn(helper, input[0], output[1]);
	if (code >= 0 && number)
		code = fail_to_start(helper, number, error);
	if (code >= 0) {
		helper->output = output[0];
		output[0] = -1;
	}
	close_pipe(input);
	close_pipe(output);
	return code;
}

/* ---- listening to it --------------------------------------------------------------------------------------------- */

static bool has_ended(struct helper *helper)
{
	if (helper->has_ended)
		return true;
	pid_t pid;
	do
		pid = waitpid(helper->pid, &helper->status, WNOHANG);
	while (pid < 0 && errno == EINTR);
	if (pid < 0)
		helper->status = STATUS_UNKNOWN;
	return helper->has_ended = pid != 0;
}

static void end(struct helper *helper)
{
	if (!has_ended(helper)) {
		kill(helper->pid, SIGKILL);
		while (waitpid(helper->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	close(helper->output);
	buffer_free(&helper->answer);
}

/* Waits briefly for output. */
static int wait_a_little(struct helper *helper, struct tarsier_error *error)
{
	int64_t left = helper->deadline - clock_milliseconds();
	if (left <= 0)
		return error_set(error, TARSIER_IO, "%s does not come to an end; it was killed", helper->program);
	struct pollfd output = {.fd = helper->output, .events = POLLIN};
	poll(&output, 1, left < GLANCE ? (int)left : GLANCE);
	return TARSIER_OK;
}

static int take(struct helper *helper, const char *bytes, size_t length, struct tarsier_error *error)
{
	if (helper->answer.length + length > ANSWER_LIMIT)
		return error_set(error, TARSIER_LIMIT, "%s answers more than the limit of %d bytes", helper->program,
		                 ANSWER_LIMIT);
	return buffer_add(&helper->answer, bytes, length) ? TARSIER_OK : error_memory(error);
}

/* Reads to the end of output, or until the helper has ended: a daemon that it started may keep the pipe open for
 * ever. */
static int listen_to(struct helper *helper, struct tarsier_error *error)
{
	int code = TARSIER_OK;
	while (code >= 0) {
		char bytes[4096];
		bool was_all = has_ended(helper);
		ssize_t got = read(helper->output, bytes, sizeof bytes);
		if (got > 0)
			code = take(helper, bytes, (size_t)got, error);
		else if (got == 0 || (errno == EAGAIN && was_all))
			break;
		else if (errno == EAGAIN)
			code = wait_a_little(helper, error);
		else if (errno != EINTR)
			code = error_errno(error, errno, "read from %s", helper->program);
	}
	return code;
}

/* It closed its output, so it should end soon. */
static int await_end(struct helper *helper, struct tarsier_error *error)
{
	while (!has_ended(helper)) {
		if (clock_milliseconds() >= helper->deadline)
			return error_set(error, TARSIER_IO, "%s does not come to an end; it was killed", helper->program);
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	return TARSIER_OK;
}

/* ---- its answer -------------------------------------------------------------------------------------------------- */

/*	answer = {"ServerURL": …, "Username": user, "Secret": password}		(docker-credential-helpers) */
static int read_answer(struct arena *arena, struct helper *helper, struct registry_login *login,
                       struct tarsier_error *error)
{
	json_t *json;
	int code = json_parse_secret(buffer_span(&helper->answer), ANSWER_LIMIT, helper->program, &json, error);
	if (code < 0)
		return code;
	const char *user = json_string_value(json_object_get(json, "Username"));
	const char *secret = json_string_value(json_object_get(json, "Secret"));
	if (!user || !secret || (!*user && *secret)) {
		code = error_set(error, TARSIER_FORMAT, "%s answers without a Username and a Secret", helper->program);
	} else {
		login->user = arena_string(arena, user);
		login->password = arena_string(arena, secret);
		code = login->user && login->password ? TARSIER_OK : error_memory(error);
	}
	json_decref(json);
	return code;
}

static int judge(struct arena *arena, struct helper *helper, struct registry_login *login, struct tarsier_error *error)
{
	int status = helper->status;
	if (status != 0 && span_contains(buffer_span(&helper->answer), "credentials not found"))
		return TARSIER_OK; /* not logged in: "credentials not found in native keychain", and status 1 */
	if (status == 0 || status == STATUS_UNKNOWN)
		return read_answer(arena, helper, login, error);
	if (WIFSIGNALED(status))
		return error_set(error, TARSIER_IO, "%s was ended by signal %d", helper->program, WTERMSIG(status));
	if (WEXITSTATUS(status) == 127) /* the status for a missing program, from a shell and from posix_spawn */
		return fail_to_start(helper, ENOENT, error);
	return error_set(error, TARSIER_IO, "%s fails with status %d; what it says, `%s get` shows, with the registry's "
	                 "address on its standard input", helper->program, WEXITSTATUS(status), helper->program);
}

static bool is_name(const char *name)
{
	size_t length = strlen(name);
	bool is_plain = length > 0 && length <= NAME_LIMIT;
	for (const unsigned char *c = (const unsigned char *)name; *c; c++)
		is_plain = is_plain && *c > ' ' && *c != 0x7f && *c != '/';
	return is_plain;
}

int registry_helper_ask(struct arena *arena, const char *name, const char *address, unsigned timeout,
                        struct registry_login *login, struct tarsier_error *error)
{
	*login = (struct registry_login){"", "", "", ""};
	if (!is_name(name))
		return error_set(error, TARSIER_FORMAT, "\"%.100s\" is not a valid name of a credential helper", name);
	if (strlen(address) > ADDRESS_LIMIT)
		return error_set(error, TARSIER_LIMIT, "a registry's address of more than %d bytes", ADDRESS_LIMIT);
	struct helper helper = {.program = arena_format(arena, "docker-credential-%s", name), .deadline = clock_milliseconds() + timeout};
	if (!helper.program)
		return error_memory(error);
	buffer_init(&helper.answer, &arena->allocator);
	int code = start(&helper, address, error);
	if (code < 0)
		return code;
	code = listen_to(&helper, error);
	if (code >= 0)
		code = await_end(&helper, error);
	if (code >= 0)
		code = judge(arena, &helper, login, error);
	end(&helper);
	return code;
}
