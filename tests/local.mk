# Unit tests: one for each file of the library, in TAP by cmocka.
UNIT_TESTS = \
	tests/unit/test_accesstoken tests/unit/test_arena \
	tests/unit/test_authorization tests/unit/test_b64url \
	tests/unit/test_base64 tests/unit/test_basic tests/unit/test_bearer \
	tests/unit/test_buf tests/unit/test_clientauth \
	tests/unit/test_clientmeta tests/unit/test_digest \
	tests/unit/test_direction tests/unit/test_envelope \
	tests/unit/test_finance tests/unit/test_form tests/unit/test_handle \
	tests/unit/test_journal tests/unit/test_json tests/unit/test_judge \
	tests/unit/test_jwk tests/unit/test_jwks tests/unit/test_jws \
	tests/unit/test_kek tests/unit/test_known tests/unit/test_lexicon \
	tests/unit/test_log tests/unit/test_mcp tests/unit/test_mcpheader \
	tests/unit/test_media tests/unit/test_methods tests/unit/test_oerr \
	tests/unit/test_page tests/unit/test_patience tests/unit/test_pkce \
	tests/unit/test_redirect tests/unit/test_refreshmac \
	tests/unit/test_request tests/unit/test_resource \
	tests/unit/test_response tests/unit/test_revoked tests/unit/test_rpc \
	tests/unit/test_rule tests/unit/test_scope tests/unit/test_seal \
	tests/unit/test_sentiment tests/unit/test_session tests/unit/test_sig \
	tests/unit/test_site tests/unit/test_tokencache tests/unit/test_uri \
	tests/unit/test_utf8 tests/unit/test_verdict tests/unit/test_words

if HAVE_CMOCKA
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
check_LIBRARIES = tests/unit/libunit.a
tests_unit_libunit_a_SOURCES = tests/unit/exchange.c \
	tests/unit/exchange.h \
	tests/unit/jose.h \
	tests/unit/toyserver.c \
	tests/unit/toyserver.h \
	tests/unit/vectors.c \
	tests/unit/vectors.h
UNIT_LIBS = tests/unit/libunit.a $(GATEPOST_LIBS) $(CMOCKA_LIBS)
endif
tests_unit_test_accesstoken_LDADD = $(UNIT_LIBS)
tests_unit_test_arena_LDADD = $(UNIT_LIBS)
tests_unit_test_authorization_LDADD = $(UNIT_LIBS)
tests_unit_test_b64url_LDADD = $(UNIT_LIBS)
tests_unit_test_base64_LDADD = $(UNIT_LIBS)
tests_unit_test_basic_LDADD = $(UNIT_LIBS)
tests_unit_test_bearer_LDADD = $(UNIT_LIBS)
tests_unit_test_buf_LDADD = $(UNIT_LIBS)
tests_unit_test_clientauth_LDADD = $(UNIT_LIBS)
tests_unit_test_clientmeta_LDADD = $(UNIT_LIBS)
tests_unit_test_digest_LDADD = $(UNIT_LIBS)
tests_unit_test_direction_LDADD = $(UNIT_LIBS)
tests_unit_test_envelope_LDADD = $(UNIT_LIBS)
tests_unit_test_finance_LDADD = $(UNIT_LIBS)
tests_unit_test_form_LDADD = $(UNIT_LIBS)
tests_unit_test_handle_LDADD = $(UNIT_LIBS)
tests_unit_test_journal_LDADD = $(UNIT_LIBS)
tests_unit_test_json_LDADD = $(UNIT_LIBS)
tests_unit_test_judge_LDADD = $(UNIT_LIBS)
tests_unit_test_jwk_LDADD = $(UNIT_LIBS)
tests_unit_test_jwks_LDADD = $(UNIT_LIBS)
tests_unit_test_jws_LDADD = $(UNIT_LIBS)
tests_unit_test_kek_LDADD = $(UNIT_LIBS)
tests_unit_test_known_LDADD = $(UNIT_LIBS)
tests_unit_test_lexicon_LDADD = $(UNIT_LIBS)
tests_unit_test_log_LDADD = $(UNIT_LIBS)
tests_unit_test_mcp_LDADD = $(UNIT_LIBS)
tests_unit_test_mcpheader_LDADD = $(UNIT_LIBS)
tests_unit_test_media_LDADD = $(UNIT_LIBS)
tests_unit_test_methods_LDADD = $(UNIT_LIBS)
tests_unit_test_oerr_LDADD = $(UNIT_LIBS)
tests_unit_test_page_LDADD = $(UNIT_LIBS)
tests_unit_test_patience_LDADD = $(UNIT_LIBS)
tests_unit_test_pkce_LDADD = $(UNIT_LIBS)
tests_unit_test_redirect_LDADD = $(UNIT_LIBS)
tests_unit_test_refreshmac_LDADD = $(UNIT_LIBS)
tests_unit_test_request_LDADD = $(UNIT_LIBS)
tests_unit_test_resource_LDADD = $(UNIT_LIBS)
tests_unit_test_response_LDADD = $(UNIT_LIBS)
tests_unit_test_revoked_LDADD = $(UNIT_LIBS)
tests_unit_test_rpc_LDADD = $(UNIT_LIBS)
tests_unit_test_rule_LDADD = $(UNIT_LIBS)
tests_unit_test_scope_LDADD = $(UNIT_LIBS)
tests_unit_test_seal_LDADD = $(UNIT_LIBS)
tests_unit_test_sentiment_LDADD = $(UNIT_LIBS)
tests_unit_test_session_LDADD = $(UNIT_LIBS)
tests_unit_test_sig_LDADD = $(UNIT_LIBS)
tests_unit_test_site_LDADD = $(UNIT_LIBS)
tests_unit_test_tokencache_LDADD = $(UNIT_LIBS)
tests_unit_test_uri_LDADD = $(UNIT_LIBS)
tests_unit_test_utf8_LDADD = $(UNIT_LIBS)
tests_unit_test_verdict_LDADD = $(UNIT_LIBS)
tests_unit_test_words_LDADD = $(UNIT_LIBS)
tests_unit_test_page_SOURCES = tests/unit/test_page.c lib/http/page.c
tests_unit_test_page_CPPFLAGS = $(AM_CPPFLAGS) -UPAGES_DIR \
	-DPAGES_DIR='"pages"'

EXTRA_DIST += tests/unit/vectors
