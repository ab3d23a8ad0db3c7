/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "base/json.h"
#include "oauth/servermeta.h"

static struct arena *a;

static int
setup(void **state)
{
	(void)state;
	a = arena_new(1024 * 1024);
	return a != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

/* The document, which must be one: no name twice, nothing malformed. */
static struct json_object *
server(bool registration, bool client_documents)
{
	const char *text =
	    servermeta_server(a, &(struct servermeta){
				     .issuer = "https://as.example/\"t\"",
				     .scopes = "[\"mcp:tools:weather\"]",
				     .registration = registration,
				     .client_documents = client_documents,
				 });
	struct json_object *o = json_read(a, text, strlen(text));

	assert_non_null(o);
	return o;
}

static void
endpoints_are_below_the_issuer(void **state)
{
	(void)state;
	assert_string_equal(json_str(server(true, true), "token_endpoint"),
	    "https://as.example/\"t\"/oauth2/token");
	assert_string_equal(
	    json_str(server(true, true), "registration_endpoint"),
	    "https://as.example/\"t\"/oauth2/register");
}

static void
what_is_off_is_not_named(void **state)
{
	(void)state;
	assert_null(json_str(server(false, true), "registration_endpoint"));
	assert_false(json_object_object_get_ex(server(true, false),
	    "client_id_metadata_document_supported", NULL));
	assert_true(json_object_object_get_ex(
	    server(true, true), "client_id_metadata_document_supported", NULL));
}

static void
languages_are_those_of_pages(void **state)
{
	struct json_object *list = json_member(
	    server(true, true), "ui_locales_supported", json_type_array);

	(void)state;
	assert_non_null(list);
	assert_string_equal(json_object_to_json_string_ext(
				list, JSON_C_TO_STRING_PLAIN),
	    "[\"en\",\"ar\",\"de\",\"es\",\"fr\",\"ja\"]");
}

static void
a_resource_names_its_server(void **state)
{
	static const char row[] =
	    "{\"uri\":\"https://rs.example/mcp\",\"name\":\"a \\\"b\\\"\","
	    "\"scopes\":[\"mcp:exec:workflows:*\"]}";
	struct json_object *resource = json_read(a, row, strlen(row));
	const char *text =
	    servermeta_resource(a, resource, "https://as.example");
	struct json_object *o = json_read(a, text, strlen(text));

	(void)state;
	assert_non_null(o);
	assert_string_equal(json_str(o, "resource"), "https://rs.example/mcp");
	assert_string_equal(json_str(o, "resource_name"), "a \"b\"");
	assert_non_null(
	    strstr(text, "\"authorization_servers\":[\"https://as.example\"]"));
	assert_non_null(
	    strstr(text, "\"scopes_supported\":[\"mcp:exec:workflows:*\"]"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    endpoints_are_below_the_issuer, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    what_is_off_is_not_named, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    languages_are_those_of_pages, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_resource_names_its_server, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
