/* SPDX-License-Identifier: ISC */

#include "script.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *name;
	size_t at;
} names[] = {
	{ "@TOKEN@", offsetof(struct known, token) },
	{ "@ACCESS@", offsetof(struct known, access) },
	{ "@CODE@", offsetof(struct known, code) },
	{ "@PATH@", offsetof(struct known, path) },
	{ "@COOKIES@", offsetof(struct known, cookies) },
};
enum { NAMES = sizeof(names) / sizeof(names[0]) };

/* ---- requests ---- */

/* Which name is here, or NAMES. */
static size_t
name_at(const char *p)
{
	size_t i;

	for (i = 0; i < NAMES; i++)
		if (strncmp(p, names[i].name, strlen(names[i].name)) == 0)
			break;
	return i;
}

void
step_read(struct step *s, const char *path)
{
	FILE *f = fopen(path, "rb");
	char *end, *p;
	size_t len;

	if (f == NULL)
		err(2, "%s", path);
	len = fread(s->head, 1, sizeof(s->head) - 1, f);
	(void)fclose(f);
	s->head[len] = '\0';
	for (p = s->head; (p = strchr(p, '@')) != NULL; p++)
		if (name_at(p) < NAMES)
			s->names = true;
	if ((end = strstr(s->head, "\r\n\r\n")) == NULL)
		errx(2, "%s: no end of the head", path);
	strcpy(s->body, end + 4);
	end[2] = '\0';
}

/* Append a text with its names replaced; the new end, or NULL. */
static char *
expand(char *out, const char *end, const char *p, const struct known *k)
{
	const char *value;
	size_t i, len;

	while (*p != '\0') {
		if (*p == '@' && (i = name_at(p)) < NAMES) {
			value = (const char *)k + names[i].at;
			len = strlen(value);
			p += strlen(names[i].name);
			if (len == 0)
				return NULL;
		} else {
			value = p;
			len = 1 + strcspn(p + 1, "@");
			p += len;
		}
		if ((size_t)(end - out) <= len)
			errx(2, "the request is too long");
		memcpy(out, value, len);
		out += len;
	}
	*out = '\0';
	return out;
}

size_t
step_print(
    const struct step *s, const struct known *k, char out[static REQUEST])
{
	char body[REQUEST];
	char *end, *body_end;

	end = expand(out, out + REQUEST, s->head, k);
	body_end = expand(body, body + sizeof(body), s->body, k);
	if (end == NULL || body_end == NULL)
		return 0;
	if (out + REQUEST - end < body_end - body + 64)
		errx(2, "the request is too long");
	if (body_end == body)
		end = stpcpy(end, "\r\n");
	else
		end += sprintf(end, "Content-Length: %td\r\n\r\n%s",
		    body_end - body, body);
	return (size_t)(end - out);
}

/* ---- answers ---- */

/* Whether what has come ends as an answer in chunks does. */
static bool
chunks_end(const char *in, size_t got)
{
	static const char last[] = "0\r\n\r\n";
	const size_t len = sizeof(last) - 1;

	return got > len && memcmp(in + got - len, last, len) == 0;
}

bool
answer_read(struct answer *a, const char *in, size_t got)
{
	const char *end = strstr(in, "\r\n\r\n"), *p = in;
	bool all = true;

	if (end == NULL)
		return false;
	if (sscanf(in, "HTTP/1.%*d %d", &a->status) != 1)
		return true;
	a->body = end + 4;
	while (p < end && (p = strstr(p, "\r\n")) != NULL) {
		p += 2;
		if (strncasecmp(p, "Content-Length:", 15) == 0) {
			a->length =
			    (size_t)(a->body - in) + strtoul(p + 15, NULL, 10);
			all = a->length <= got;
		} else if (strncasecmp(p, "Transfer-Encoding: c", 20) == 0) {
			a->length = got;
			all = chunks_end(in, got);
		} else if (strncasecmp(p, "Connection: close", 17) == 0)
			a->closing = true;
	}
	return all;
}

/* Copy up to one of these characters; false when it does not fit. */
static bool
text_take(char out[static TEXT], const char *from, const char *stop)
{
	size_t len = strcspn(from, stop);

	if (len >= TEXT)
		return false;
	memcpy(out, from, len);
	out[len] = '\0';
	return true;
}

static bool
member_take(char out[static TEXT], const char *body, const char *name)
{
	const char *p = strstr(body, name);

	return p != NULL && text_take(out, p + strlen(name), "\"");
}

/* A cookie of the same name goes; an empty value only does that. */
static void
cookie_take(char all[static TEXT], const char *set)
{
	size_t name = strcspn(set, "=") + 1, len = strcspn(set, ";\r");
	char *p = all, *end;

	while (*p != '\0') {
		end = p + strcspn(p, ";");
		end += strspn(end, "; ");
		if (strncmp(p, set, name) == 0)
			memmove(p, end, strlen(end) + 1);
		else
			p = end;
	}
	if (len <= name || strlen(all) + len + 3 > TEXT)
		return;
	if (*all != '\0' && p[-1] != ' ')
		strcat(all, "; ");
	strncat(all, set, len);
}

static void
location_take(struct known *k, const char *to)
{
	const char *p = strstr(to, "://"), *end = to + strcspn(to, "\r");

	if (p != NULL && p < end)
		to = p + 3 + strcspn(p + 3, "/?\r");
	k->code[0] = '\0';
	(void)text_take(k->path, to, "\r");
	for (p = to; p < end; p++)
		if ((*p == '?' || *p == '&') && strncmp(p + 1, "code=", 5) == 0)
			(void)text_take(k->code, p + 6, "&#\r");
}

bool
known_take(struct known *k, const char *head, const char *body)
{
	const char *p = head;

	while (p < body && (p = strstr(p, "\r\n")) != NULL) {
		p += 2;
		if (strncasecmp(p, "Set-Cookie: ", 12) == 0)
			cookie_take(k->cookies, p + 12);
		else if (strncasecmp(p, "Location: ", 10) == 0)
			location_take(k, p + 10);
	}
	(void)member_take(k->access, body, "\"access_token\":\"");
	return member_take(k->token, body, "\"refresh_token\":\"");
}
