# One program an endpoint.  All are linked alike; --as-needed leaves out what
# a program does not use.
programs_PROGRAMS += \
	cgi-bin/account cgi-bin/authorize cgi-bin/consent cgi-bin/fetch \
	cgi-bin/finance cgi-bin/guard cgi-bin/introspect cgi-bin/jwks \
	cgi-bin/login \
	cgi-bin/metadata cgi-bin/register cgi-bin/revoke cgi-bin/token

cgi_bin_account_LDADD = $(GATEPOST_LIBS) $(CRYPT_LIBS)
cgi_bin_authorize_LDADD = $(GATEPOST_LIBS)
cgi_bin_consent_LDADD = $(GATEPOST_LIBS)
cgi_bin_fetch_LDADD = $(GATEPOST_LIBS) $(CURL_LIBS)
cgi_bin_finance_LDADD = $(GATEPOST_LIBS)
cgi_bin_guard_LDADD = $(GATEPOST_LIBS)
cgi_bin_introspect_LDADD = $(GATEPOST_LIBS)
cgi_bin_jwks_LDADD = $(GATEPOST_LIBS)
cgi_bin_login_LDADD = $(GATEPOST_LIBS) $(CRYPT_LIBS)
cgi_bin_metadata_LDADD = $(GATEPOST_LIBS)
cgi_bin_register_LDADD = $(GATEPOST_LIBS)
cgi_bin_revoke_LDADD = $(GATEPOST_LIBS)
cgi_bin_token_LDADD = $(GATEPOST_LIBS)

dist_man_MANS += \
	cgi-bin/gatepost-account.8 \
	cgi-bin/gatepost-authorize.8 cgi-bin/gatepost-consent.8 \
	cgi-bin/gatepost-fetch.8 cgi-bin/gatepost-finance.8 \
	cgi-bin/gatepost-guard.8 \
	cgi-bin/gatepost-introspect.8 cgi-bin/gatepost-jwks.8 \
	cgi-bin/gatepost-login.8 cgi-bin/gatepost-metadata.8 \
	cgi-bin/gatepost-register.8 cgi-bin/gatepost-revoke.8 \
	cgi-bin/gatepost-token.8
