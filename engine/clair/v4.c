/* Clair v4's API: the indexer reads the image, the matcher reports its vulnerabilities */
#include "clair/v4.h"

#include <stdlib.h>
#include <string.h>

/*
 *	POST /indexer/api/v1/index_report {"hash", "layers":[{"hash", "uri", "headers"}]}    201 and the index report
 *	GET  /matcher/api/v1/vulnerability_report/HASH       200; 202: its database has no vulnerabilities yet
 *
 * The request for an index report is sent without If-None-Match: Clair compares that header only with the state of its
 * scanners, and would answer 412 for images that it has never seen. Clair returns the existing report of a known image
 * and fetches nothing. After a 412 the matcher shows whether there is a report.
 */

/* An image that no Clair has. */
static const char no_image[] =
	"/matcher/api/v1/vulnerability_report/sha256:0000000000000000000000000000000000000000000000000000000000000000";

/* ---- the manifest ------------------------------------------------------------------------------------------------ */

/* The name of the image on both servers. An index report that is deleted at the end of the scan has a random name,
 * because another scan of the same image may still use its own. A report that is kept has the manifest's digest. An
 * archive without a manifest gets a digest computed from its layers. */
static int make_hash(const struct v4 *v4, struct digest *hash, struct tarsier_error *error)
{
	struct buffer text;
	char nonce[2 * CLAIR_NONCE_BYTES + 1];
	const struct clair_image *image = v4->image;
	const char *known = image->image->about.digest;
	int code = clair_make_nonce(v4->clair->config, nonce, error);
	if (code < 0)
		return code;
	if (!*nonce && *known)
		return digest_parse(span_of(known), hash, error);
	buffer_init(&text, NULL);
	bool ok = buffer_add(&text, "tarsier", 7) && buffer_add(&text, nonce, strlen(nonce));
	for (size_t i = 0; i < image->count && ok; i++)
		ok = buffer_add(&text, "\n", 1) &&
		     buffer_add(&text, image->layers[i].digest->text, strlen(image->layers[i].digest->text));
	code = ok ? digest_of(buffer_span(&text), hash, error) : error_memory(error);
	buffer_free(&text);
	return code;
}

static json_t *layer_json(const struct clair_layer *layer)
{
	json_t *headers = layer->header_count ? json_object() : NULL;
	for (size_t i = 0; headers && i < layer->header_count; i++)
		json_object_set_new(headers, layer->headers[i].key, json_pack("[s]", layer->headers[i].value));
	return json_pack("{s:s, s:s, s:o*}", "hash", layer->digest->text, "uri", layer->url, "headers", headers);
}

static char *make_manifest(const struct clair_image *image, const struct digest *hash)
{
	json_t *layers = json_array(), *json;
	for (size_t i = 0; layers && i < image->count; i++)
		if (json_array_append_new(layers, layer_json(&image->layers[i])) < 0) {
			json_decref(layers);
			return NULL;
		}
	json = json_pack("{s:s, s:o}", "hash", hash->text, "layers", layers);
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	return text;
}

/* ---- indexing ---------------------------------------------------------------------------------------------------- */

static int check_hash(const json_t *json, const struct digest *hash, const char *what, struct tarsier_error *error)
{
	const char *found = json_text(json, "manifest_hash");
	if (strcmp(found, hash->text) == 0)
		return TARSIER_OK;
	return error_set(error, TARSIER_BACKEND, "Clair's %s is about another image: manifest_hash is \"%.160s\", not %s",
	                 what, found, hash->text);
}

static int check_index(const struct clair_call *call, const struct http_response *response, const struct digest *hash,
                       struct tarsier_error *error)
{
	json_t *json;
	int code = clair_json(call, response, &json, error);
	if (code >= 0)
		code = check_hash(json, hash, "index report", error);
	if (code >= 0 && (!json_is_true(json_object_get(json, "success")) ||
	              strcmp(json_text(json, "state"), "IndexFinished") != 0))
		code = error_set(error, TARSIER_BACKEND,
		                 "Clair could not index the image: it stopped in the state \"%.60s\"%s%.300s",
		                 json_text(json, "state"), *json_text(json, "err") ? ": " : "", json_text(json, "err"));
	json_decref(json);
	return code;
}

/* Returns the layer that Clair's message names, or the first. */
static size_t layer_in(const struct clair_image *image, const char *words)
{
	for (size_t i = 0; i < image->count; i++)
		if (strstr(words, image->layers[i].digest->text))
			return i;
	return 0;
}

static int judge_index(const struct v4 *v4, const struct clair_call *call, const struct http_response *response,
                       struct tarsier_error *error)
{
	if (response->status == 412)
		return TARSIER_OK;
	if (response->status == 201)
		return check_index(call, response, &v4->hash, error);
	const char *words = clair_error_text(v4->clair->arena, response);
	if (response->status == 500 && strstr(words, "fetch"))
		return clair_layer_unreachable(v4->clair, v4->image, layer_in(v4->image, words), words, error);
	if (response->status == 400 && strstr(words, "failed to start scan"))
		return error_set(error, TARSIER_FORMAT, "Clair cannot read the layers: %s", words);
	if (response->status == 404)
		return error_set(error, TARSIER_BACKEND, "there is no indexer of Clair v4 at %s (404 for POST %s)",
		                 v4->clair->shown, call->path);
	return clair_refused(v4->clair, call, response, error);
}

/* Clair quotes the registry: "failed to fetch layers: … unexpected status code: 401 Unauthorized". */
static bool is_token_expired(const struct v4 *v4, const struct http_response *response)
{
	if (v4->image->server || response->status != 500)
		return false;
	const char *words = clair_error_text(v4->clair->arena, response);
	return strstr(words, "fetch") && (strstr(words, "401 ") || strstr(words, "403 "));
}

/* The indexer reports a lost database only when it has to delete something: for GET it answers 404. So this deletes an
 * index report that does not exist, by a random name. Returns NULL if memory ran out. */
static char *make_health(const struct v4 *v4)
{
	struct digest name;
	if (digest_of(span_of(v4->hash.text), &name, NULL) < 0)
		return NULL;
	return arena_format(v4->clair->arena, "/indexer/api/v1/index_report/%s", name.text);
}

static int post_manifest(struct v4 *v4, bool *stale, struct tarsier_error *error)
{
	struct http_response response;
	int code = clair_locate_layers(v4->clair, v4->image, 0, v4->image->count, error);
	if (code < 0)
		return code;
	char *body = make_manifest(v4->image, &v4->hash);
	if (!body)
		return error_memory(error);
	char *health = make_health(v4);
	const struct clair_call call = {.method = "POST", .base = v4->clair->indexer,
	                                .path = "/indexer/api/v1/index_report", .health_method = "DELETE",
	                                .health = health,
	                                .body = span_of(body), .retry = true, .seconds = clair_seconds(v4->clair)};
	for (size_t i = 0; i < v4->image->count && !v4->image->server; i++)
		clair_layer_begins(v4->clair, i, v4->image->layers[i].digest->text);
	v4->posted = true;
	code = clair_send(v4->clair, &call, &response, error);
	*stale = code >= 0 && is_token_expired(v4, &response);
	if (code >= 0)
		code = judge_index(v4, &call, &response, error);
	http_response_free(&response);
	free(body);
	return code;
}

/* The work may take longer than a registry's token is valid. Then the manifest is sent again with a new one. */
static int index_image(struct v4 *v4, struct tarsier_error *error)
{
	bool stale = false;
	int code = post_manifest(v4, &stale, error);
	return stale ? post_manifest(v4, &stale, error) : code;
}

/* ---- matching ---------------------------------------------------------------------------------------------------- */

static int judge_report(const struct v4 *v4, const struct clair_call *call, const struct http_response *response,
                        struct tarsier_error *error)
{
	const char *shown = url_printable(v4->clair->arena, v4->clair->matcher);
	if (!shown)
		return error_memory(error);
	if (response->status == 202)
		return error_set(error, TARSIER_BACKEND,
		                 "the vulnerability database of Clair's matcher at %s was never filled (202): wait until "
		                 "its updaters have run (`tarsier clair wait`)", shown);
	if (response->status == 404)
		return error_set(error, TARSIER_BACKEND,
		                 "Clair's matcher at %s has no finished index report of %s (404): it and the indexer "
		                 "at %s use different databases, or the report was deleted", shown, v4->hash.text,
		                 v4->clair->shown);
	return response->status == 200 ? TARSIER_OK : clair_refused(v4->clair, call, response, error);
}

static int get_report(struct v4 *v4, struct clair_result *result, struct tarsier_error *error)
{
	struct http_response response;
	struct v4_report report = {.v4 = v4};
	char *path = arena_format(v4->clair->arena, "/matcher/api/v1/vulnerability_report/%s", v4->hash.text);
	if (!path)
		return error_memory(error);
	const struct clair_call call = {.method = "GET", .base = v4->clair->matcher, .path = path,
	                                .health_method = "GET", .health = no_image,
	                                .begin = v4_report_begin, .take = v4_report_take, .user = &report, .retry = true,
	                                .seconds = clair_seconds(v4->clair)};
	int code = clair_send(v4->clair, &call, &response, error);
	if (code >= 0)
		code = judge_report(v4, &call, &response, error);
	http_response_free(&response);
	if (code >= 0)
		code = v4_report_finish(&report, result, error);
	v4_report_free(&report);
	return code;
}

static void clean_up(const struct v4 *v4)
{
	const struct clair *clair = v4->clair;
	if (clair->config->keep || !v4->posted)
		return;
	char *path = arena_format(clair->arena, "/indexer/api/v1/index_report/%s", v4->hash.text);
	if (path)
		clair_clean_up(clair, v4->image, path, "the image's index report stays");
}

int clair_v4_scan(struct clair *clair, struct clair_image *image, struct clair_result *result,
                  struct tarsier_error *error)
{
	struct v4 v4 = {.clair = clair, .image = image};
	int code = make_hash(&v4, &v4.hash, error);
	if (code >= 0)
		code = index_image(&v4, error);
	if (code >= 0 && clair_cancelled(clair))
		code = error_set(error, TARSIER_CANCELLED, "cancelled");
	if (code >= 0)
		code = get_report(&v4, result, error);
	clean_up(&v4);
	return code;
}

/* The matcher checks whether it has any vulnerabilities before it looks for the image, so 404 for an image that does
 * not exist means yes. */
int clair_v4_ready(const struct clair *clair, bool *ready, struct tarsier_error *error)
{
	const struct clair_call call = {
		.method = "GET", .base = clair->matcher, .path = no_image};
	struct http_response response;
	int code = clair_send(clair, &call, &response, error);
	json_t *json = NULL;
	if (code >= 0 && response.status == 404) /* Clair's own 404, not that of another server */
		clair_json(&call, &response, &json, NULL);
	*ready = code >= 0 && (response.status == 200 || strcmp(json_text(json, "code"), "not-found") == 0);
	if (code >= 0 && !*ready && response.status != 202)
		code = clair_refused(clair, &call, &response, error);
	json_decref(json);
	http_response_free(&response);
	return code;
}
