# Unit tests: one for each file of the library, in TAP by cmocka.
UNIT_TESTS = \
	tests/unit/test_authorization \
	tests/unit/test_base64 \
	tests/unit/test_basic \
	tests/unit/test_bearer \
	tests/unit/test_handle \
	tests/unit/test_jwk \
	tests/unit/test_jwks \
	tests/unit/test_jws \
	tests/unit/test_kek \
	tests/unit/test_mcpheader \
	tests/unit/test_pkce \
	tests/unit/test_redirect \
	tests/unit/test_refreshmac \
	tests/unit/test_resource \
	tests/unit/test_rule \
	tests/unit/test_scope \
	tests/unit/test_seal \
	tests/unit/test_sig \
	tests/unit/test_uri

if HAVE_CMOCKA
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
check_LIBRARIES = tests/unit/libunit.a
tests_unit_libunit_a_SOURCES = tests/unit/vectors.c tests/unit/vectors.h \
	tests/unit/jose.h
UNIT_LIBS = tests/unit/libunit.a $(GATEPOST_LIBS) $(CMOCKA_LIBS)
endif
tests_unit_test_authorization_LDADD = $(UNIT_LIBS)
tests_unit_test_base64_LDADD = $(UNIT_LIBS)
tests_unit_test_basic_LDADD = $(UNIT_LIBS)
tests_unit_test_bearer_LDADD = $(UNIT_LIBS)
tests_unit_test_handle_LDADD = $(UNIT_LIBS)
tests_unit_test_jwk_LDADD = $(UNIT_LIBS)
tests_unit_test_jwks_LDADD = $(UNIT_LIBS)
tests_unit_test_jws_LDADD = $(UNIT_LIBS)
tests_unit_test_kek_LDADD = $(UNIT_LIBS)
tests_unit_test_mcpheader_LDADD = $(UNIT_LIBS)
tests_unit_test_pkce_LDADD = $(UNIT_LIBS)
tests_unit_test_redirect_LDADD = $(UNIT_LIBS)
tests_unit_test_refreshmac_LDADD = $(UNIT_LIBS)
tests_unit_test_resource_LDADD = $(UNIT_LIBS)
tests_unit_test_rule_LDADD = $(UNIT_LIBS)
tests_unit_test_scope_LDADD = $(UNIT_LIBS)
tests_unit_test_seal_LDADD = $(UNIT_LIBS)
tests_unit_test_sig_LDADD = $(UNIT_LIBS)
tests_unit_test_uri_LDADD = $(UNIT_LIBS)
