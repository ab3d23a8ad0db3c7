/* SPDX-License-Identifier: ISC */
#include "fetch/download.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>
#include <json-c/json.h>

#include "base/json.h"
#include "base/log.h"
#include "fetch/address.h"

enum { HEADERS_MAX = 16 * 1024, CONNECT_MS = 3000 };

/* One download while it is under way. */
struct transfer {
	struct download *d;
	struct json_object *addresses;
	CURL *curl;
	char *body; /* d->max bytes */
	size_t headers;
	bool refused; /* an address was not to be connected to */
	bool too_large;
};

int
download_init(void)
{
	if (curl_global_init(CURL_GLOBAL_ALL) == CURLE_OK)
		return 0;
	log_event(LOG_ERROR, "curl_failed", NULL);
	return -1;
}

static bool
address_allowed(const struct transfer *t, const struct sockaddr *sa)
{
	size_t i, n = t->addresses != NULL
			  ? json_object_array_length(t->addresses)
			  : 0;

	for (i = 0; i < n; i++) {
		if (address_within(
			sa, json_object_get_string(
				json_object_array_get_idx(t->addresses, i))))
			return true;
	}
	return address_public(sa);
}

/*
 * The address here is the one that is connected to next: a name that resolves
 * to another a moment later (DNS rebinding) gains nothing.
 */
static curl_socket_t
open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfer *t = ctx;

	if (purpose != CURLSOCKTYPE_IPCXN ||
	    !address_allowed(t, &address->addr)) {
		t->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC,
	    address->protocol);
}

/* Anything but `len` ends the transfer. */
static size_t
take_body(char *data, size_t size, size_t n, void *ctx)
{
	struct transfer *t = ctx;
	size_t len = size * n;

	if (len > t->d->max - t->d->len) {
		t->too_large = true;
		return 0;
	}
	memcpy(t->body + t->d->len, data, len);
	t->d->len += len;
	return len;
}

/*
 * The max-age of a Cache-Control in lower case; no-store and no-cache are 0
 * (RFC 9111, 5.2.2).  A lenient reading only costs freshness: who stores the
 * document has bounds.
 */
static long
max_age(const char *line)
{
	const char *found;

	if (strstr(line, "no-store") != NULL ||
	    strstr(line, "no-cache") != NULL)
		return 0;
	found = strstr(line, "max-age=");
	return found != NULL ? strtol(found + strlen("max-age="), NULL, 10)
			     : -1;
}

static size_t
take_header(char *data, size_t size, size_t n, void *ctx)
{
	static const char name[] = "cache-control:";
	struct transfer *t = ctx;
	size_t len = size * n, i;
	char line[256];

	t->headers += len;
	if (t->headers > HEADERS_MAX) {
		t->too_large = true;
		return 0;
	}
	for (i = 0; i < len && i < sizeof(line) - 1; i++)
		line[i] =
		    (char)(data[i] >= 'A' && data[i] <= 'Z' ? data[i] | 0x20
							    : data[i]);
	line[i] = '\0';
	if (strncmp(line, name, sizeof(name) - 1) == 0)
		t->d->max_age = max_age(line);
	return len;
}

#define SET(option, value) \
	(curl_easy_setopt(t->curl, CURLOPT_##option, value) == CURLE_OK)

/* What a server gets to see, and what it may do. */
static bool
set_limits(struct transfer *t, struct curl_slist *headers)
{
	return SET(URL, t->d->url) && SET(PATH_AS_IS, 1L) &&
	       SET(PROTOCOLS_STR, "https") && SET(FOLLOWLOCATION, 0L) &&
	       SET(PROXY, "") && SET(NETRC, (long)CURL_NETRC_IGNORED) &&
	       SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
	       SET(HTTPHEADER, headers) && SET(USERAGENT, "gatepost") &&
	       SET(NOSIGNAL, 1L) && SET(QUICK_EXIT, 1L) &&
	       SET(TIMEOUT_MS, (long)DOWNLOAD_MS) &&
	       SET(CONNECTTIMEOUT_MS, (long)CONNECT_MS) &&
	       SET(MAXFILESIZE, (long)t->d->max) &&
	       SET(SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
}

static bool
set_callbacks(struct transfer *t)
{
	return SET(OPENSOCKETFUNCTION, open_socket) && SET(OPENSOCKETDATA, t) &&
	       SET(WRITEFUNCTION, take_body) && SET(WRITEDATA, t) &&
	       SET(HEADERFUNCTION, take_header) && SET(HEADERDATA, t);
}

static bool
set_trust(struct transfer *t)
{
	struct curl_blob ca = { .flags = CURL_BLOB_COPY };

	if (t->d->ca == NULL)
		return true;
	ca.data = (char *)(uintptr_t)t->d->ca;
	ca.len = strlen(t->d->ca);
	return SET(CAPATH, NULL) && SET(CAINFO_BLOB, &ca);
}

/* application/json or application/…+json, with any parameters. */
static bool
type_is_json(const char *type)
{
	static const char prefix[] = "application/", suffix[] = "+json";
	size_t len;

	if (type == NULL || strncasecmp(type, prefix, sizeof(prefix) - 1) != 0)
		return false;
	type += sizeof(prefix) - 1;
	len = strcspn(type, "; \t");
	if (len == 4 && strncasecmp(type, "json", 4) == 0)
		return true;
	return len > sizeof(suffix) - 1 &&
	       strncasecmp(type + len - (sizeof(suffix) - 1), suffix,
		   sizeof(suffix) - 1) == 0;
}

static const char *
failed(const struct transfer *t, CURLcode code)
{
	if (t->too_large)
		return "size";
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return "name";
	case CURLE_COULDNT_CONNECT:
		return t->refused ? "address" : "connection";
	case CURLE_OPERATION_TIMEDOUT:
		return "timeout";
	case CURLE_FILESIZE_EXCEEDED:
		return "size";
	case CURLE_PEER_FAILED_VERIFICATION:
		return "certificate";
	case CURLE_OUT_OF_MEMORY:
	case CURLE_SSL_CACERT_BADFILE:
		return "fault";
	default:
		return "connection";
	}
}

static const char *
answered(struct transfer *t)
{
	char *type = NULL;
	long status = 0;

	if (curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status) !=
		CURLE_OK ||
	    curl_easy_getinfo(t->curl, CURLINFO_CONTENT_TYPE, &type) !=
		CURLE_OK)
		return "fault";
	if (status != 200)
		return "status";
	return type_is_json(type) ? NULL : "type";
}

static void
release_curl(void *curl)
{
	curl_easy_cleanup(curl);
}

static void
release_list(void *list)
{
	curl_slist_free_all(list);
}

const char *
download_get(struct arena *a, struct download *d)
{
	struct transfer *t = arena_alloc(a, sizeof(*t));
	struct curl_slist *headers;
	const char *why;
	CURLcode code;

	d->len = 0;
	d->max_age = -1;
	*t = (struct transfer){ .d = d, .body = arena_alloc(a, d->max + 1) };
	d->body = t->body;
	if (d->addresses != NULL)
		t->addresses = json_read(a, d->addresses, strlen(d->addresses));
	headers = curl_slist_append(NULL, "Accept: application/json");
	if (headers == NULL)
		return "fault";
	arena_defer(a, release_list, headers);
	if ((t->curl = curl_easy_init()) == NULL)
		return "fault";
	arena_defer(a, release_curl, t->curl);
	if (!set_limits(t, headers) || !set_callbacks(t) || !set_trust(t))
		return "fault";
	code = curl_easy_perform(t->curl);
	why = code == CURLE_OK ? answered(t) : failed(t, code);
	t->body[d->len] = '\0';
	return why;
}
