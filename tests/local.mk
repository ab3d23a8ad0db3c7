# Unit tests: one for each file of the library (but see check/wired.sh), in
# TAP by cmocka.
UNIT_TESTS = \
	tests/unit/test_accesstoken tests/unit/test_address \
	tests/unit/test_app tests/unit/test_arena \
	tests/unit/test_arg tests/unit/test_assertion \
	tests/unit/test_audience tests/unit/test_authorization \
	tests/unit/test_authresponse tests/unit/test_b64url \
	tests/unit/test_base64 tests/unit/test_basic tests/unit/test_bearer \
	tests/unit/test_buf tests/unit/test_carry tests/unit/test_catalog \
	tests/unit/test_challenge \
	tests/unit/test_clientauth tests/unit/test_clientkeys \
	tests/unit/test_clientmeta \
	tests/unit/test_clock tests/unit/test_db tests/unit/test_digest \
	tests/unit/test_direction tests/unit/test_download \
	tests/unit/test_envelope \
	tests/unit/test_finance tests/unit/test_form tests/unit/test_front \
	tests/unit/test_group tests/unit/test_handle tests/unit/test_hosts \
	tests/unit/test_journal \
	tests/unit/test_json tests/unit/test_judge tests/unit/test_jwk \
	tests/unit/test_jwks tests/unit/test_jws tests/unit/test_kek \
	tests/unit/test_known tests/unit/test_language tests/unit/test_lexicon tests/unit/test_log \
	tests/unit/test_mcp tests/unit/test_mcpheader tests/unit/test_media \
	tests/unit/test_methods tests/unit/test_oerr tests/unit/test_page \
	tests/unit/test_password tests/unit/test_patience \
	tests/unit/test_pkce tests/unit/test_publickeys tests/unit/test_query \
	tests/unit/test_redirect tests/unit/test_refreshmac \
	tests/unit/test_request tests/unit/test_resource \
	tests/unit/test_response tests/unit/test_revoked tests/unit/test_row \
	tests/unit/test_room tests/unit/test_rows \
	tests/unit/test_rpc tests/unit/test_rule tests/unit/test_scope \
	tests/unit/test_seal tests/unit/test_sentiment \
	tests/unit/test_servermeta \
	tests/unit/test_session tests/unit/test_sig tests/unit/test_signing \
	tests/unit/test_site tests/unit/test_statement \
	tests/unit/test_templates tests/unit/test_tokencache \
	tests/unit/test_uri \
	tests/unit/test_utf8 tests/unit/test_uuid tests/unit/test_verdict \
	tests/unit/test_words tests/unit/test_workers

if HAVE_CMOCKA
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
check_LIBRARIES = tests/unit/libunit.a
tests_unit_libunit_a_SOURCES = tests/unit/exchange.c \
	tests/unit/exchange.h \
	tests/unit/fakeserver.c \
	tests/unit/fakeserver.h \
	tests/unit/jose.h \
	tests/unit/toyserver.c \
	tests/unit/toyserver.h \
	tests/unit/vectors.c \
	tests/unit/vectors.h \
	tests/unit/witharena.h
UNIT_LIBS = tests/unit/libunit.a $(GATEPOST_LIBS) $(CRYPT_LIBS) \
	$(CURL_LIBS) $(CMOCKA_LIBS)
endif
LDADD = $(UNIT_LIBS)

# Not in the archive: who calls db_call would be given this one's.
FAKEDB = tests/unit/fakedb.c tests/unit/fakedb.h
tests_unit_test_app_SOURCES = tests/unit/test_app.c $(FAKEDB)
tests_unit_test_clientauth_SOURCES = tests/unit/test_clientauth.c $(FAKEDB)
tests_unit_test_clientkeys_SOURCES = tests/unit/test_clientkeys.c $(FAKEDB)
tests_unit_test_known_SOURCES = tests/unit/test_known.c $(FAKEDB)
tests_unit_test_publickeys_SOURCES = tests/unit/test_publickeys.c $(FAKEDB)
tests_unit_test_statement_SOURCES = tests/unit/test_statement.c $(FAKEDB)
tests_unit_test_row_SOURCES = tests/unit/test_row.c $(FAKEDB)
tests_unit_test_signing_SOURCES = tests/unit/test_signing.c $(FAKEDB)

# What is loaded lies in a folder of their own.
OWN_PAGES = tests/unit/pages.c tests/unit/pages.h lib/http/templates.c
OWN_PAGES_CPPFLAGS = $(AM_CPPFLAGS) -UPAGES_DIR -DPAGES_DIR='"pages"'
tests_unit_test_page_SOURCES = tests/unit/test_page.c $(OWN_PAGES)
tests_unit_test_page_CPPFLAGS = $(OWN_PAGES_CPPFLAGS)
tests_unit_test_templates_SOURCES = tests/unit/test_templates.c $(OWN_PAGES)
tests_unit_test_templates_CPPFLAGS = $(OWN_PAGES_CPPFLAGS)
tests_unit_test_rows_SOURCES = tests/unit/test_rows.c $(OWN_PAGES)
tests_unit_test_rows_CPPFLAGS = $(OWN_PAGES_CPPFLAGS)

EXTRA_DIST += tests/unit/vectors
# a directory, no program of vectors.c, also where that is the newer one
tests/unit/vectors:

# Fuzz targets: each replays its corpus.  With clang and -fsanitize=fuzzer they
# are what tests/fuzz/run starts: libFuzzer's main then comes before replay.c's.
FUZZ_TARGETS = \
	tests/fuzz/fuzz_address tests/fuzz/fuzz_assertion \
	tests/fuzz/fuzz_b64url tests/fuzz/fuzz_basic tests/fuzz/fuzz_bearer \
	tests/fuzz/fuzz_claims tests/fuzz/fuzz_clientmeta \
	tests/fuzz/fuzz_cookie tests/fuzz/fuzz_document tests/fuzz/fuzz_form \
	tests/fuzz/fuzz_handle tests/fuzz/fuzz_json tests/fuzz/fuzz_jwks \
	tests/fuzz/fuzz_jws tests/fuzz/fuzz_mcp tests/fuzz/fuzz_media \
	tests/fuzz/fuzz_page tests/fuzz/fuzz_redirect \
	tests/fuzz/fuzz_request tests/fuzz/fuzz_resource \
	tests/fuzz/fuzz_rule tests/fuzz/fuzz_scope tests/fuzz/fuzz_uri \
	tests/fuzz/fuzz_utf8
check_PROGRAMS += $(FUZZ_TARGETS)
TESTS += $(FUZZ_TARGETS)
noinst_LIBRARIES += tests/fuzz/libfuzz.a
tests_fuzz_libfuzz_a_SOURCES = tests/fuzz/fuzz.c tests/fuzz/fuzz.h \
	tests/fuzz/replay.c
FUZZ_LIBS = tests/fuzz/libfuzz.a $(GATEPOST_LIBS) $(CURL_LIBS)
tests_fuzz_fuzz_address_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_assertion_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_b64url_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_basic_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_bearer_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_claims_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_clientmeta_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_cookie_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_document_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_form_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_handle_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_json_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_jwks_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_jws_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_mcp_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_media_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_page_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_redirect_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_request_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_resource_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_rule_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_scope_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_uri_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_utf8_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_jws_SOURCES = tests/fuzz/fuzz_jws.c tests/fuzz/keys.def
tests_fuzz_fuzz_page_SOURCES = tests/fuzz/fuzz_page.c lib/http/templates.c
tests_fuzz_fuzz_page_CPPFLAGS = $(OWN_PAGES_CPPFLAGS) \
	-DPAGES_SOURCE='"$(abs_top_srcdir)/conf/pages"' \
	-DPAGES_BUILT='"$(abs_top_builddir)/po"'
EXTRA_tests_fuzz_fuzz_page_DEPENDENCIES = $(CATALOGS)
# Property tests; tests/sql/run runs them.
check_PROGRAMS += tests/fuzz/agree tests/fuzz/chain tests/fuzz/jose
tests_fuzz_agree_LDADD = $(GATEPOST_LIBS)
tests_fuzz_chain_LDADD = $(PQ_LIBS)
tests_fuzz_jose_LDADD = $(GATEPOST_LIBS)
EXTRA_DIST += tests/fuzz/agree.sh tests/fuzz/chain.sh tests/fuzz/corpus \
	tests/fuzz/jose.mjs tests/fuzz/run tests/fuzz/words.dict

# Checks of the project itself; what they share is no test.
CHECKS = \
	tests/check/includes.sh tests/check/languages.sh \
	tests/check/manual.sh tests/check/public.sh tests/check/secrets.sh \
	tests/check/settings.sh tests/check/style.sh tests/check/wired.sh
TESTS += $(CHECKS) tests/sql/run tests/install/run tests/e2e/run
# in a short form
TESTS += tests/bench/run tests/coverage/run tests/faults/run tests/fuzz/run \
	tests/sanitize/run tests/servers/run tests/static/run
EXTRA_DIST += \
	$(CHECKS) tests/check/logged.c tests/check/tap.sh tests/report.sh \
	tests/run
EXTRA_DIST += \
	tests/install/deb tests/install/deb-site.sh tests/install/deb.sh \
	tests/install/files.sh tests/install/run tests/install/trespass.sh \
	tests/install/units.sh tests/install/users.sh
EXTRA_DIST += \
	tests/sql/account.sql tests/sql/admin.sql tests/sql/assertion.sql tests/sql/audit.sql \
	tests/sql/authorize.sql tests/sql/consent.sql \
	tests/sql/credentials.sql tests/sql/fetch.sql tests/sql/guard.sql \
	tests/sql/installs.sh tests/sql/login.psql tests/sql/login.sql \
	tests/sql/races.sh tests/sql/redeem.sql tests/sql/refresh.sql \
	tests/sql/register.sql tests/sql/registration.sql \
	tests/sql/revoke.sql tests/sql/rights.sql tests/sql/rules.sql \
	tests/sql/run tests/sql/settings.sql tests/sql/setup.psql \
	tests/sql/several.sql tests/sql/sweep.sql
EXTRA_DIST += \
	tests/e2e/.npmrc tests/e2e/account.test.mjs tests/e2e/apache.test.mjs \
	tests/e2e/assertion.test.mjs tests/e2e/audit.test.mjs \
	tests/e2e/authorize.test.mjs tests/e2e/browser.test.mjs \
	tests/e2e/carry.test.mjs \
	tests/e2e/cgi.test.mjs tests/e2e/clientauth.test.mjs \
	tests/e2e/clients.test.mjs \
	tests/e2e/consent.test.mjs tests/e2e/dbaway.test.mjs \
	tests/e2e/fastcgi.test.mjs tests/e2e/fetch.test.mjs tests/e2e/files.test.mjs \
	tests/e2e/finance.test.mjs tests/e2e/guard.test.mjs \
	tests/e2e/hostile.test.mjs \
	tests/e2e/installation.test.mjs tests/e2e/introspect.test.mjs \
	tests/e2e/jwks.test.mjs tests/e2e/languages.test.mjs tests/e2e/login.test.mjs \
	tests/e2e/mcp-proxy.test.mjs tests/e2e/mcp-v1.test.mjs \
	tests/e2e/mcp-v2.test.mjs tests/e2e/metadata.test.mjs \
	tests/e2e/openid-client.test.mjs tests/e2e/package-lock.json \
	tests/e2e/package.json tests/e2e/proxy.test.mjs \
	tests/e2e/redirect.test.mjs tests/e2e/refresh.test.mjs \
	tests/e2e/register.test.mjs tests/e2e/revoke.test.mjs tests/e2e/run \
	tests/e2e/server.test.mjs tests/e2e/session.test.mjs \
	tests/e2e/settings.test.mjs tests/e2e/spawn.test.mjs \
	tests/e2e/tenants.test.mjs tests/e2e/token.test.mjs
EXTRA_DIST += \
	tests/e2e/lib/answers.mjs tests/e2e/lib/apache.mjs \
	tests/e2e/lib/assertion.mjs tests/e2e/lib/browser.mjs \
	tests/e2e/lib/elsewhere.mjs \
	tests/e2e/lib/fcgi.mjs tests/e2e/lib/internet-inside.mjs \
	tests/e2e/lib/internet.mjs tests/e2e/lib/jwt.mjs \
	tests/e2e/lib/login.mjs \
	tests/e2e/lib/mcp.mjs tests/e2e/lib/oauth.mjs tests/e2e/lib/own.mjs \
	tests/e2e/lib/programs.mjs tests/e2e/lib/sdk.mjs \
	tests/e2e/lib/site.mjs tests/e2e/lib/tap.mjs tests/e2e/lib/web.mjs
EXTRA_DIST += tests/e2e/attacks.test.mjs
# what runs it: gatepost-check and the examples
EXTRA_DIST += \
	tests/e2e/check.test.mjs tests/e2e/lib/front.mjs \
	tests/e2e/operations.test.mjs tests/e2e/remote.test.mjs \
	tests/e2e/restore.test.mjs
EXTRA_DIST += \
	tests/bench/cgi.sh tests/bench/counts.sh tests/bench/empty.c \
	tests/bench/figures.sh tests/bench/first.c tests/bench/glewlwyd.sh \
	tests/bench/growth.sh tests/bench/growth.sql tests/bench/load.c \
	tests/bench/measure.sh tests/bench/median.awk tests/bench/peers.sh \
	tests/bench/least.c tests/bench/multiply.h tests/bench/plot.awk \
	tests/bench/profile.sh tests/bench/run tests/bench/script.c \
	tests/bench/script.h tests/bench/seed.sql tests/bench/sign.c \
	tests/bench/site.sh tests/bench/table.awk
EXTRA_DIST += \
	tests/bench/peers/.npmrc tests/bench/peers/adapter.mjs \
	tests/bench/peers/glewlwyd.sql tests/bench/peers/oidc-provider.mjs \
	tests/bench/peers/oidc-provider.sql \
	tests/bench/peers/package-lock.json tests/bench/peers/package.json \
	tests/bench/peers/targets
EXTRA_DIST += \
	tests/faults/cgi.mjs tests/faults/cluster.sh \
	tests/faults/database.sh tests/faults/fail.c \
	tests/faults/failover.sh tests/faults/faults.mjs \
	tests/faults/flood.mjs tests/faults/flood.sh tests/faults/hold.c \
	tests/faults/judge.mjs tests/faults/kinds.mjs tests/faults/load.mjs \
	tests/faults/memory.mjs tests/faults/memory.sh \
	tests/faults/pgbouncer.sh tests/faults/process.mjs \
	tests/faults/process.sh tests/faults/proxy.mjs tests/faults/race.mjs \
	tests/faults/race.sh tests/faults/reload.sh tests/faults/rotation.sh \
	tests/faults/run tests/faults/site.sh tests/faults/standby.mjs \
	tests/faults/standby.sh tests/faults/statement.mjs \
	tests/faults/statement.sh tests/faults/tally.mjs \
	tests/faults/upgrade.sh tests/faults/way.mjs tests/faults/whole.mjs
EXTRA_DIST += \
	tests/sanitize/growth.mjs tests/sanitize/load.mjs tests/sanitize/run \
	tests/sanitize/site.sh tests/sanitize/tools.sh tests/sanitize/wrong.c
EXTRA_DIST += tests/coverage/run tests/coverage/unreached tests/servers/run
EXTRA_DIST += \
	tests/static/clang-tidy.yaml tests/static/cppcheck.off \
	tests/static/known tests/static/run tests/static/wrong.c
