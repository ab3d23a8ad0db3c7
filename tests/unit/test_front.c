/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "exchange.h"
#include "http/front.h"
#include "http/response.h"

static const struct program program = { .name = "front",
	.flags = PROGRAM_AUTHORIZER };

static int
setup(void **state)
{
	return (*state = arena_new(1024 * 1024)) != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	arena_free(*state);
	return 0;
}

static char **
environment(struct arena *a, const char *first, ...)
{
	char **envp = arena_alloc(a, 32 * sizeof(*envp));
	const char *one;
	va_list ap;
	int n = 0;

	va_start(ap, first);
	for (one = first; one != NULL; one = va_arg(ap, const char *))
		envp[n++] = arena_strdup(a, one);
	va_end(ap);
	return envp;
}

/* All of them in one line. */
static const char *
joined(struct arena *a, char *const *envp)
{
	const char *all = "";

	for (; *envp != NULL; envp++)
		all = arena_printf(a, "%s|%s", all, *envp);
	return all;
}

static struct request *
passed(struct arena *a)
{
	struct request *r =
	    exchange_request(a, &program, "REQUEST_METHOD=GET", NULL);

	response_start(r, 200, NULL);
	return r;
}

static void
asked(void **state)
{
	char **envp = environment(*state, "A=1", "HTTP_B=", NULL);

	assert_string_equal(joined(*state, front_asked(*state, envp)),
	    "|A=1|HTTP_B=|FCGI_ROLE=AUTHORIZER");
	assert_string_equal(joined(*state, envp), "|A=1|HTTP_B=");
}

static void
told(void **state)
{
	struct request *r = passed(*state);
	char **envp = environment(*state, "REQUEST_METHOD=POST",
	    "HTTP_AUTHORIZATION=Bearer x", "PATH=/bin", NULL);

	response_header(r, "Variable-GATEPOST_SUB", "alice: =1");
	response_header(r, "X-Other", "no");
	response_header(r, "Variable-GATEPOST_SCOPE", "");
	assert_string_equal(joined(*state, front_told(r, envp)),
	    "|REQUEST_METHOD=POST|HTTP_AUTHORIZATION=Bearer x|PATH=/bin"
	    "|GATEPOST_SUB=alice: =1|GATEPOST_SCOPE=");
}

/* Neither what is ours alone nor what was there under its name. */
static void
not_told(void **state)
{
	struct request *r = passed(*state);
	char **envp = environment(*state, "GATEPOST_DSN=password=x",
	    "GATEPOST_KEK=/k", "GATEPOST_RESOURCE=https://r/",
	    "GATEPOST_SCOPE=mcp:*", "HTTP_X_GATEPOST_SUB=root",
	    "HTTP_X_GATEPOST_=", "HTTP_PROXY=http://evil.example",
	    "FCGI_ROLE=RESPONDER", "HTTP_PROXY_X=1", "X_GATEPOST_SUB=1", NULL);

	response_header(r, "Variable-GATEPOST_SUB", "alice");
	assert_string_equal(joined(*state, front_told(r, envp)),
	    "|HTTP_PROXY_X=1|X_GATEPOST_SUB=1|GATEPOST_SUB=alice");
}

static void
nothing(void **state)
{
	char **envp = environment(*state, NULL);

	assert_string_equal(
	    joined(*state, front_told(passed(*state), envp)), "");
}

static int
run(void **state, const char *script)
{
	struct request *r = passed(*state);
	char **envp = environment(*state, "A=1", "GATEPOST_DSN=x", NULL);
	char **argv =
	    environment(*state, "/bin/sh", "-c", script, "name", "one", NULL);
	int status = -1;
	pid_t pid;

	response_header(r, "Variable-GATEPOST_SUB", "alice");
	if ((pid = fork()) == 0) {
		(void)signal(SIGPIPE, SIG_IGN);
		front_pass(r, argv, envp);
		_exit(99);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
becomes_the_program(void **state)
{
	assert_int_equal(
	    run(state, "[ \"$GATEPOST_SUB/$A/${GATEPOST_DSN-no}/$1\" = "
		       "alice/1/no/one ]"),
	    0);
	assert_int_not_equal(run(state, "exit 3"), 0);
}

/* What cannot write any more must end, as under any web server. */
static void
signals_are_as_usual(void **state)
{
	int status = run(state, "kill -PIPE $$; exit 0");

	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
}

/* A pass that leads nowhere is none. */
static void
not_run(void **state)
{
	static const char *const paths[] = { "/nowhere/at/all", "/dev/null",
		"/", "" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct request *r = passed(*state);

		response_header(r, "Variable-GATEPOST_SUB", "alice");
		front_pass(r, environment(*state, paths[i], NULL),
		    environment(*state, NULL));
		assert_int_equal(r->response.status, 500);
		assert_null(strstr(exchange_sent(r), "alice"));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(asked),
		TEST(told),
		TEST(not_told),
		TEST(nothing),
		TEST(becomes_the_program),
		TEST(signals_are_as_usual),
		TEST(not_run),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("front", tests, NULL, NULL);
}
