/* one file of a web server: fetched, continued where it broke, verified, and renamed into place */
#include "net/download.h"

#include "net/retry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIMIT_DEFAULT ((uint64_t)8 << 30) /* ten times the largest feed */
enum {
	TRIES = 5,
	BUSY_SECONDS = 60,  /* of 429s that are waited out */
	STALL_SECONDS = 60,
	RESTARTS = 2,       /* from the first byte: the file that was begun is no longer the server's */
	TAG_SIZE = 256,
	HEAD_SIZE = 64,     /* enough to tell a web page by */
};

struct fetching {
	struct tarsier_download *download;
	const struct tarsier_download_options *options;
	struct download_tally *tally;
	struct arena arena;
	char *part, *tag_path, *shown;  /* shown: the URL without secrets */
	int fd;
	uint64_t held, limit;           /* bytes in the part file */
	uint64_t counted;               /* of the tally's total, what is this file's */
	char tag[TAG_SIZE];             /* what the server calls the version of the part file; "": unknown */
	struct http_response response;
	bool begun;                     /* this answer's headers were read */
	bool stale;                     /* the part file is not of the server's file: begin again */
	struct tarsier_error failure;   /* what the sink found wrong; code 0: nothing */
};

/* ---- the part file ------------------------------------------------------------------------------------------------- */

static void read_tag(struct fetching *fetching)
{
	FILE *file = fopen(fetching->tag_path, "re");
	*fetching->tag = '\0';
	if (!file)
		return;
	if (!fgets(fetching->tag, sizeof fetching->tag, file))
		*fetching->tag = '\0';
	fetching->tag[strcspn(fetching->tag, "\r\n")] = '\0';
	fclose(file);
}

static void write_tag(struct fetching *fetching)
{
	FILE *file = fopen(fetching->tag_path, "we");
	if (!file)
		return; /* a later call begins from the start */
	fputs(fetching->tag, file);
	fclose(file);
}

/* A part without a tag could be of any version. */
static int open_part(struct fetching *fetching, struct tarsier_error *error)
{
	struct stat info;
	fetching->fd = open(fetching->part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (fetching->fd < 0 || fstat(fetching->fd, &info) < 0)
		return error_errno(error, errno, "making %s", fetching->part);
	read_tag(fetching);
	fetching->held = *fetching->tag && S_ISREG(info.st_mode) ? (uint64_t)info.st_size : 0;
	return TARSIER_OK;
}

static void drop_part(struct fetching *fetching)
{
	fetching->held = 0;
	*fetching->tag = '\0';
	unlink(fetching->tag_path);
	if (ftruncate(fetching->fd, 0) < 0)
		fetching->held = 0; /* is tried again before the first byte is written */
}

/* ---- the answer --------------------------------------------------------------------------------------------------- */

static bool refuse(struct fetching *fetching, int code, const char *what)
{
	error_set(&fetching->failure, code, "%s: %s", fetching->shown, what);
	return false;
}

static void copy_header(const struct http_response *response, const char *name, char *into, size_t size)
{
	span value = http_header(response, name);
	*into = '\0';
	if (value.len < size)
		snprintf(into, size, "%.*s", SPAN_WHOLE(value));
}

/* If-Range takes a strong ETag or a date (RFC 9110, 13.1.5). */
static void note_version(struct fetching *fetching)
{
	struct tarsier_download *download = fetching->download;
	copy_header(&fetching->response, "ETag", download->new_etag, sizeof download->new_etag);
	copy_header(&fetching->response, "Last-Modified", download->new_modified, sizeof download->new_modified);
	bool strong = *download->new_etag == '"';
	snprintf(fetching->tag, sizeof fetching->tag, "%s", strong ? download->new_etag : download->new_modified);
	write_tag(fetching);
}

/* "bytes 100-199/200": where it begins. */
static bool continues(struct fetching *fetching)
{
	unsigned long long first = 0;
	char range[96];
	copy_header(&fetching->response, "Content-Range", range, sizeof range);
	fetching->stale = sscanf(range, "bytes %llu-", &first) != 1 || first != fetching->held;
	return !fetching->stale || refuse(fetching, TARSIER_FORMAT, "the server sent another part of the file than it was asked for");
}

static void count_total(struct fetching *fetching)
{
	uint64_t length = 0;
	span_number(http_header(&fetching->response, "Content-Length"), &length);
	atomic_fetch_add(&fetching->tally->total, length);
	fetching->counted = length;
}

static bool begin(struct fetching *fetching)
{
	long status = fetching->response.status;
	span type = http_header(&fetching->response, "Content-Type");
	fetching->begun = true;
	if (span_starts(type, "text/html"))
		return refuse(fetching, TARSIER_FORMAT, "a web page came in place of the file");
	if (status == 206 && !continues(fetching))
		return false;
	if (status != 200 && status != 206)
		return refuse(fetching, TARSIER_FORMAT, "the server sent neither the file nor a part of it");
	if (status == 200) {
		fetching->held = 0;
		if (ftruncate(fetching->fd, 0) < 0)
			return error_errno(&fetching->failure, errno, "writing %s", fetching->part), false;
		note_version(fetching);
	}
	count_total(fetching);
	return true;
}

static bool is_page(span piece)
{
	static const char *const begins[] = {"<!doctype html", "<html"};
	piece = span_trim(span_starts(piece, "\xef\xbb\xbf") ? span_from(piece, 3) : piece);
	for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
		if (piece.len >= strlen(begins[i]) && strncasecmp(piece.ptr, begins[i], strlen(begins[i])) == 0)
			return true;
	return false;
}

static bool write_piece(struct fetching *fetching, span piece)
{
	while (piece.len) {
		ssize_t n = pwrite(fetching->fd, piece.ptr, piece.len, (off_t)fetching->held);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return error_errno(&fetching->failure, n < 0 ? errno : EIO, "writing %s", fetching->part), false;
		fetching->held += (uint64_t)n;
		piece = span_from(piece, (size_t)n);
	}
	return true;
}

static bool on_piece(void *user, span piece)
{
	struct fetching *fetching = user;
	if (!fetching->begun && !begin(fetching))
		return false;
	if (fetching->held == 0 && is_page((span){piece.ptr, piece.len < HEAD_SIZE ? piece.len : HEAD_SIZE}))
		return refuse(fetching, TARSIER_FORMAT, "a web page came in place of the file");
	if (piece.len > fetching->limit - fetching->held)
		return refuse(fetching, TARSIER_LIMIT, "the file is larger than its limit");
	fetching->download->received += piece.len;
	atomic_fetch_add(&fetching->tally->done, piece.len);
	return write_piece(fetching, piece);
}

/* ---- one request ---------------------------------------------------------------------------------------------------- */

static bool make_headers(struct fetching *fetching, const char **headers)
{
	const struct tarsier_download *download = fetching->download;
	struct arena *arena = &fetching->arena;
	size_t count = 0;
	bool ok = true;
	if (download->etag && *download->etag)
		ok = (headers[count++] = arena_format(arena, "If-None-Match: %s", download->etag)) && ok;
	if (download->modified && *download->modified)
		ok = (headers[count++] = arena_format(arena, "If-Modified-Since: %s", download->modified)) && ok;
	if (download->gzip)
		headers[count++] = "Accept-Encoding: gzip";
	if (fetching->held) {
		ok = (headers[count++] = arena_format(arena, "Range: bytes=%llu-", (unsigned long long)fetching->held)) && ok;
		ok = (headers[count++] = arena_format(arena, "If-Range: %s", fetching->tag)) && ok;
	}
	return ok;
}

static int request(struct fetching *fetching, struct http_pool *pool, struct tarsier_error *error)
{
	const char *headers[6] = {NULL};
	memset(&fetching->response, 0, sizeof fetching->response);
	fetching->begun = false;
	fetching->failure.code = 0;
	if (!make_headers(fetching, headers))
		return error_memory(error);
	const struct http_request request = {
		.method = "GET", .url = fetching->download->url, .headers = headers, .blob = true, .seconds = STALL_SECONDS,
		.connect_seconds = fetching->options->connect_seconds, .ca_file = fetching->options->ca_file, .pool = pool,
		.cancelled = &fetching->tally->cancelled, .sink = on_piece, .user = fetching};
	int code = http_send(&request, &fetching->response, error);
	if (!fetching->failure.code)
		return code;
	*error = fetching->failure;
	return error->code;
}

/* ---- how it ended --------------------------------------------------------------------------------------------------- */

/* Bytes of the whole file, as the answer says; 0 if it does not. */
static uint64_t promised(const struct http_response *response)
{
	uint64_t length = 0;
	span range = http_header(response, "Content-Range");
	ptrdiff_t slash = span_find_last(range, '/');
	span_number(response->status == 206 && slash >= 0 ? span_from(range, (size_t)slash + 1)
	            : http_header(response, "Content-Length"), &length);
	return length;
}

static int finish(struct fetching *fetching, struct tarsier_error *error)
{
	struct tarsier_download *download = fetching->download;
	uint64_t length = promised(&fetching->response);
	if (!fetching->begun && !begin(fetching)) { /* an empty body calls no sink */
		*error = fetching->failure;
		return error->code;
	}
	if (length && length != fetching->held)
		return error_set(error, TARSIER_IO, "%s: the answer ended after %llu of %llu bytes", fetching->shown,
		                 (unsigned long long)fetching->held, (unsigned long long)length);
	if (!fetching->held)
		return error_set(error, TARSIER_FORMAT, "%s: the file is empty", fetching->shown);
	int code = download_verify(fetching->fd, fetching->shown, &fetching->response, error);
	if (code < 0) {
		drop_part(fetching);
		return code;
	}
	if (fsync(fetching->fd) < 0 || rename(fetching->part, download->path) < 0)
		return error_errno(error, errno, "writing %s", download->path);
	unlink(fetching->tag_path);
	download->size = fetching->held;
	download->status = 200;
	return TARSIER_OK;
}

/* Neither the file nor "unchanged". */
static int refused(const struct fetching *fetching, struct tarsier_error *error)
{
	const struct http_response *response = &fetching->response;
	return error_set(error, response->status == 404 || response->status == 410 ? TARSIER_NOT_FOUND : TARSIER_IO,
	                 "%s: the server answered HTTP %ld%s%s", fetching->shown, response->status,
	                 response->status == 429 ? " (rate-limited)" : "", response->through);
}

static bool was_conditional(const struct tarsier_download *download)
{
	return (download->etag && *download->etag) || (download->modified && *download->modified);
}

static int judge(struct fetching *fetching, int code, struct tarsier_error *error)
{
	long status = fetching->download->status = fetching->response.status;
	if (code < 0)
		return code;
	if (status == 304 && was_conditional(fetching->download))
		return TARSIER_OK;
	fetching->stale = fetching->held && (status == 416 || status == 412);
	return status == 200 || status == 206 ? finish(fetching, error) : refused(fetching, error);
}

/* Takes this file's part of the total back: a retry counts it anew. */
static void uncount(struct fetching *fetching, uint64_t received)
{
	uint64_t came = fetching->download->received - received;
	if (fetching->counted > came)
		atomic_fetch_sub(&fetching->tally->total, fetching->counted - came);
	fetching->counted = 0;
}

static int fetch(struct fetching *fetching, struct http_pool *pool, struct tarsier_error *error)
{
	struct retry retry = {.tries = TRIES, .seconds = BUSY_SECONDS};
	for (unsigned restarts = 0;;) {
		uint64_t received = fetching->download->received;
		fetching->stale = false;
		int code = judge(fetching, request(fetching, pool, error), error);
		bool again = fetching->stale && restarts++ < RESTARTS;
		if (again)
			drop_part(fetching);
		uncount(fetching, received);
		bool ours = fetching->failure.code; /* a retry would find the same, or the disk is full */
		int64_t pause = code >= 0 || again || ours ? 0 : retry_pause(&retry, fetching->response.status && code == TARSIER_IO &&
			fetching->response.status != 200 && fetching->response.status != 206 ? TARSIER_OK : code, &fetching->response);
		http_response_free(&fetching->response);
		if (!again && (!pause || !retry_wait(pause, &fetching->tally->cancelled)))
			return code;
	}
}

static bool make_paths(struct fetching *fetching)
{
	const struct tarsier_download *download = fetching->download;
	fetching->part = arena_format(&fetching->arena, "%s.part", download->path);
	fetching->tag_path = arena_format(&fetching->arena, "%s.part.tag", download->path);
	fetching->shown = url_printable(&fetching->arena, download->url);
	return fetching->part && fetching->tag_path && fetching->shown;
}

/* A part that a later call can continue stays, unless the disk is full. */
static void leave(struct fetching *fetching, int code)
{
	bool useless = !fetching->held || !*fetching->tag || fetching->failure.code;
	if (code < 0 && useless) {
		unlink(fetching->part);
		unlink(fetching->tag_path);
	}
	if (code >= 0 && fetching->download->status == 304)
		unlink(fetching->part), unlink(fetching->tag_path);
	if (fetching->fd >= 0)
		close(fetching->fd);
}

void download_file(struct tarsier_download *download, const struct tarsier_download_options *options, struct http_pool *pool,
                   struct download_tally *tally)
{
	struct fetching fetching = {.download = download, .options = options, .tally = tally, .fd = -1,
	                            .limit = download->limit ? download->limit : LIMIT_DEFAULT};
	struct tarsier_error *error = &download->error;
	download->status = 0;
	download->size = download->received = 0;
	*download->new_etag = *download->new_modified = '\0';
	*error = (struct tarsier_error){0};
	arena_init(&fetching.arena, NULL);
	int code = make_paths(&fetching) ? open_part(&fetching, error) : error_memory(error);
	if (code >= 0) {
		code = fetch(&fetching, pool, error);
		leave(&fetching, code);
	}
	if (code >= 0)
		*error = (struct tarsier_error){0};
	arena_free(&fetching.arena);
}
