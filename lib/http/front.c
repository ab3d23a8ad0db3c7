/* SPDX-License-Identifier: ISC */
#include "http/front.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "http/response.h"

/*
 * What goes no further.  GATEPOST_DSN is the authorizer's own; all others of
 * that name are what it tells, so none may be left of another origin.  Of a
 * header Proxy many libraries make the proxy of their own requests.
 */
static const char *const ours[] = { "GATEPOST_", "HTTP_X_GATEPOST_",
	"FCGI_ROLE=", "HTTP_PROXY=" };

static bool
is_ours(const char *variable)
{
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (strncmp(variable, ours[i], strlen(ours[i])) == 0)
			return true;
	return false;
}

static size_t
count(char *const *envp)
{
	size_t n = 0;

	while (envp[n] != NULL)
		n++;
	return n;
}

char **
front_asked(struct arena *a, char *const *envp)
{
	size_t n = count(envp);
	char **asked = arena_alloc(a, (n + 2) * sizeof(*asked));

	memcpy(asked, envp, n * sizeof(*asked));
	asked[n] = arena_strdup(a, "FCGI_ROLE=AUTHORIZER");
	return asked;
}

/* "Variable-NAME: value" as "NAME=value"; NULL for another header. */
static char *
variable(struct arena *a, const char *line, size_t len)
{
	static const char prefix[] = "Variable-";
	const char *name = line + sizeof(prefix) - 1;
	const char *colon = memchr(line, ':', len);

	if (strncmp(line, prefix, sizeof(prefix) - 1) != 0 || colon == NULL)
		return NULL;
	return arena_printf(a, "%.*s=%.*s", (int)(colon - name), name,
	    (int)(line + len - colon - 2), colon + 2);
}

char **
front_told(struct request *r, char *const *envp)
{
	const char *line = r->response.headers.data;
	size_t len, most = count(envp) + r->response.headers.len / 2, n = 0;
	char **told = arena_alloc(r->arena, (most + 1) * sizeof(*told));

	for (; *envp != NULL; envp++)
		if (!is_ours(*envp))
			told[n++] = *envp;
	for (; *line != '\0'; line += len + strspn(line + len, "\r\n")) {
		len = strcspn(line, "\r\n");
		if ((told[n] = variable(r->arena, line, len)) != NULL)
			n++;
	}
	return told;
}

/*
 * The connection to the database is closed by that, and signals that are
 * handled are no longer; those that are ignored would stay so.
 */
void
front_pass(struct request *r, char *const *argv, char *const *envp)
{
	char **told = front_told(r, envp);

	(void)signal(SIGPIPE, SIG_DFL);
	(void)execve(argv[0], argv, told);
	log_event(LOG_ERROR, "not_run", "program", argv[0], "why",
	    strerror(errno), NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	response_error(r, &OERR_FAULT);
}
